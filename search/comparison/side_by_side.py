"""The comparison of finished runs: what each is, what it reached, the differences."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from search.comparison.finished_run import FinishedRun
from search.comparison.paired import Paired
from search.reports.metric_texts import COMPARED
from search.study.space import largest_grid

Numbers = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Runs by name, each with its settings and metrics, and pairs of them.

    ``metrics`` are the names of those that are shown; ``pairs`` have all.
    """

    runs: Mapping[str, Numbers]
    metrics: Sequence[str]
    pairs: Sequence[Paired]

    def entry(self) -> dict[str, Any]:
        """Writes it as JSON has it."""
        return {
            "runs": dict(self.runs),
            "metrics": list(self.metrics),
            "pairs": [asdict(pair) for pair in self.pairs],
        }


def side_by_side(
    runs: Sequence[FinishedRun], heads: Sequence[str], pairs: Sequence[Paired]
) -> Comparison:
    """Sums runs up; ``heads`` are those that all have, ``pairs`` their differences."""
    shown = list(dict.fromkeys(_metrics(runs, heads)))
    return Comparison(
        runs={run.name: _run(run, shown) for run in runs}, metrics=shown, pairs=pairs
    )


def _metrics(runs: Sequence[FinishedRun], heads: Sequence[str]) -> Iterator[str]:
    """Names the primary metrics of the runs, then the main ones of each head."""
    named = [*heads, *(["votes"] if "emotion" in heads else [])]
    for run in runs:
        primary = str(run.report.get("primary", {}).get("metric", ""))
        if primary.partition(".")[0] in heads:
            yield primary
    for head in named:
        if all(head in run.report for run in runs):
            yield from (f"{head}.{metric}" for metric in COMPARED[head])


def _run(run: FinishedRun, shown: Sequence[str]) -> dict[str, Any]:
    """Writes what a run is, and what it reached."""
    report, study = run.report, run.study
    counts, choice = report.get("search") or {}, report.get("selection") or {}
    ends = ("completed", "pruned", "failed")
    return {
        "data": report.get("tested", {}).get("dataset", study.data.dataset),
        "synthetic": report["synthetic"],
        "targets": list(study.data.targets),
        "split": {"by": study.split.by, "folds": study.split.folds},
        "guarantee": report["guarantee"],
        "hold_out": {"subjects": report["subjects"], "images": report["images"]},
        "opened": report["opened"],
        "space": {
            "hyperparameters": len(study.space.parameters),
            # A continuous range has no number of values.
            "configurations": largest_grid(study.space) or None,
        },
        "trials": {"all": counts.get("trials"), **{n: counts.get(n) for n in ends}},
        "seconds": run.seconds,
        "parameters": report.get("tested", {}).get("parameters"),
        "value": run.tested.value,
        "corrected": choice.get("corrected"),
        "metrics": {name: _metric(report, name) for name in shown},
    }


def _metric(report: Numbers, name: str) -> Numbers | None:
    """Returns a metric with its interval, if the run has it."""
    head, _, metric = name.partition(".")
    found: Numbers | None = report.get(head, {}).get("metrics", {}).get(metric)
    return found
