"""Out-of-fold scores of several seeds: kept for each, summarized at the end."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from statistics import fmean, stdev
from typing import Any

from search.final.exported_config import ExportedConfig
from search.inputs.run import Run
from search.run_files import SavedScores, read_saved
from search.run_folder import write_json
from search.trial.evaluator import SHOWN
from search.trial.messages import CrossValidated

SCORES = "scores.json"
"""Scores in the folder of a seed."""

SUMMARY = "seeds.json"
"""Scores of all seeds, in the folder above theirs."""

VALUE = "value"


def kept_scores(run: Run, text: str) -> SavedScores | None:
    """Reads the scores in a seed's folder; ``None`` where they are missing or foreign.

    ``text`` is the exported configuration. ``RunError`` is raised for a damaged file.
    """
    found = read_saved(run.folder.file(SCORES), SavedScores)
    return found if found is not None and found.of == _digest(run, text) else None


def keep_scores(run: Run, text: str, found: CrossValidated) -> SavedScores:
    """Writes the scores of a seed into its folder."""
    kept = SavedScores(
        of=_digest(run, text), value=found.value, scores=dict(found.scores)
    )
    write_json(run.folder.file(SCORES), asdict(kept))
    return kept


def summarize(
    run: Run, config: ExportedConfig, seeds: Sequence[SavedScores]
) -> dict[str, Any]:
    """Computes mean and standard deviation over at least two seeds, from 1.

    Metrics that a seed lacks, because they are undefined, have neither.
    """
    rows = [{VALUE: seed.value, **seed.scores} for seed in seeds]
    names = [name for name in rows[0] if all(name in row for row in rows)]
    columns = {name: [row[name] for row in rows] for name in names}
    return {
        "study": config.origin.study,
        "synthetic": run.data.synthetic,
        "trial": config.origin.trial,
        "epochs": config.origin.epoch,
        "folds": len(run.data.split.folds),
        "seeds": {
            str(number): {VALUE: seed.value, "scores": seed.scores}
            for number, seed in enumerate(seeds, start=1)
        },
        "mean": {name: fmean(column) for name, column in columns.items()},
        "deviation": {name: stdev(column) for name, column in columns.items()},
    }


def describe_summary(
    summary: dict[str, Any], objective: Sequence[str]
) -> Iterator[str]:
    """Lists the value and the main metrics: mean, deviation, lowest and highest.

    ``objective`` names the metrics of the value.
    """
    seeds = [
        {VALUE: seed[VALUE], **seed["scores"]} for seed in summary["seeds"].values()
    ]
    yield (
        f"{len(seeds)} seeds, scores of {_folds(summary['folds'])} (selected on them: "
        f"trial {summary['trial']}, not corrected)"
    )
    means, deviations = summary["mean"], summary["deviation"]
    names = [n for n in dict.fromkeys((VALUE, *objective, *SHOWN)) if n in means]
    width = max(map(len, names))
    yield f"  {'':{width}}   mean  deviation  lowest  highest"
    for name in names:
        found = [seed[name] for seed in seeds]
        yield (
            f"  {name:{width}}  {means[name]:5.3f}  {deviations[name]:9.3f}  "
            f"{min(found):6.3f}  {max(found):7.3f}"
        )


def _folds(count: int) -> str:
    """Names the validation rows that scores are of."""
    return "the validation part" if count == 1 else f"{count} folds pooled"


def _digest(run: Run, text: str) -> str:
    """Identifies a configuration and the data it is trained on."""
    parts = [text, run.data.fingerprint, run.data.split.hold_out.key]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
