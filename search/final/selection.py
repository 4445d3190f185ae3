"""Who else could have won: trials that the best one is not significantly better than.

Everything is computed from the out-of-fold predictions that completed trials left; the
hold-out has no part in it. Written to ``selection.json`` before the retraining.
"""

from collections.abc import Container, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from data_pipeline.system.errors import RunError
from models.evaluation.jackknife import LEVEL, scale_of_mean
from models.evaluation.out_of_fold import read_predictions
from models.evaluation.selection import (
    RESAMPLES,
    CandidateValues,
    Estimate,
    corrected_value,
    gain_over_second,
    gains,
    selected_by,
    tied_with,
)
from models.metrics.predictions import HEADS, Predictions
from search.costs.limits import LATENCY
from search.final.candidate_values import score_candidates
from search.final.front import front_entry, trials_on_front
from search.final.selection_file import SELECTION, read_selection
from search.inputs.run import Run
from search.inputs.scoring_targets import clusters, units_of_intervals
from search.ledger.records import TrialRecord, rank_trials
from search.run_folder import RunFolder, write_json
from search.sampling.parameter_sets import FINETUNE_OF
from search.trial.messages import PREDICTIONS, Job

BEST, SMALLEST, FASTEST = "best", "smallest_tied", "fastest_tied"

_SOURCE = "Tsamardinos, Greasidou and Borboudakis 2018 (BBC-CV)"
_METHOD = "jackknife; selected by the value"
"""Changes with what is computed: a selection by another method is made again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A completed trial with its out-of-fold predictions."""

    record: TrialRecord
    predictions: Predictions

    @property
    def parameters(self) -> int:
        """Its number of weights."""
        return int(self.record.attributes["spent"]["parameters"])

    @property
    def latency(self) -> tuple[float, float]:
        """What the fastest is found by: a measured latency, or else ``seconds``."""
        return float(
            self.record.attributes["spent"].get("latency_ms") or 0
        ), self.seconds

    @property
    def seconds(self) -> float:
        """The time of a prediction of the validation rows of a fold, on average."""
        spent = self.record.attributes["spent"]
        return float(spent["validated"] / max(spent["epochs"], 1))


def select(
    run: Run, job: Job, records: Sequence[TrialRecord]
) -> tuple[TrialRecord, dict[str, Any]]:
    """Chooses the trial to retrain by ``final.choose``, and says who else could have.

    Returns it and the content of ``selection.json``, which is written. There is at
    least one completed trial.

    Raises:
        RunError: a tied trial is wanted, and the predictions of the best are lost.
    """
    ranked, choose = rank_trials(records), run.study.final.choose
    numbers = {record.number: record for record in ranked}
    candidates = _candidates(run, ranked)
    of = _identity(ranked, candidates, choose)
    entry = read_selection(run.folder)
    if entry is None or (entry.get("of"), entry.get("method")) != (of, _METHOD):
        run.print("comparing the completed trials by their out-of-fold predictions")
        entry = {"of": of, "method": _METHOD} | _compare(run, job, ranked, candidates)
        entry["value"] = numbers[int(entry["chosen"])].value
        write_json(run.folder.file(SELECTION), entry)
    return numbers[int(entry["chosen"])], entry


def chosen_trial(run: Run, records: Sequence[TrialRecord]) -> TrialRecord:
    """Returns the trial that ``select`` chose; the best if it was not called."""
    ranked = rank_trials(records)
    entry = read_selection(run.folder) or {"chosen": ranked[0].number}
    return next(r for r in ranked if r.number == int(entry["chosen"]))


def number_chosen(
    folder: RunFolder, records: Sequence[TrialRecord], *, choose: str
) -> int | None:
    """Returns the number that ``choose`` took among exactly these trials, if it did."""
    entry = read_selection(folder) or {"of": []}
    compared = [entry_of[0] for entry_of in entry["of"][1:]]
    current = [choose, *(record.number for record in rank_trials(records))]
    return int(entry["chosen"]) if [*entry["of"][:1], *compared] == current else None


def kept_predictions(run: Run, number: int) -> Predictions | None:
    """Reads the out-of-fold predictions of a trial that ``select`` compared."""
    of = (read_selection(run.folder) or {}).get("of", ())
    digest = dict(of[1:]).get(number)
    folder = run.folder.predictions(run.storage)
    return None if digest is None else read_predictions(folder, number, digest)


def summary(entry: dict[str, Any] | None) -> dict[str, Any] | None:
    """Sums a selection up for the report, which equal searches write alike.

    Without numbers of trials, which count lost ones too, and without times.
    """
    if entry is None:
        return None
    left_out = ("of", "method", "best", "chosen", "head", SMALLEST, FASTEST)
    kept = {name: value for name, value in entry.items() if name not in left_out}
    if "front" in entry:
        kept["front"] = [_comparable(row, entry["chosen"]) for row in entry["front"]]
    if "tied" in entry:
        scores = {row["trial"]: row["score"] for row in entry["tied"]}
        # The chosen one is among the tied.
        kept |= {"tied": len(entry["tied"]), "score": scores[entry["chosen"]]}
        shown = ("score", "behind", "low", "high")
        kept["known"] = [
            {name: row[name] for name in ("name", *shown)} for row in entry["known"]
        ]
        if entry.get("runner_up"):
            kept["runner_up"] = {name: entry["runner_up"][name] for name in shown}
        if entry.get("head"):
            names = (*shown, "tied")
            kept["head"] = {name: entry["head"][name] for name in names}
    return kept


def _comparable(row: dict[str, Any], chosen: int) -> dict[str, Any]:
    """Leaves out of a row of the front what differs between equal searches."""
    kept = {name: v for name, v in row.items() if name not in ("trial", LATENCY)}
    return kept | {"chosen": row["trial"] == chosen}


def _identity(
    ranked: Sequence[TrialRecord], candidates: Sequence[Candidate], choose: str
) -> list[Any]:
    """Lists what a selection depends on."""
    there = {candidate.record.number for candidate in candidates}
    trials = [
        [r.number, r.attributes[PREDICTIONS] if r.number in there else None]
        for r in ranked
    ]
    return [choose, *trials]


def _compare(
    run: Run,
    job: Job,
    ranked: Sequence[TrialRecord],
    candidates: Sequence[Candidate],
) -> dict[str, Any]:
    front = trials_on_front(ranked, run.study.goals)
    best, choose = front[0], run.study.final.choose
    entry: dict[str, Any] = {
        "completed": len(ranked),
        "compared": len(candidates),
        "best": best.number,
        "chosen": best.number,
        "choose": choose,
        **front_entry(ranked, run.study.goals),
    }
    places = [c.record.number for c in candidates]
    if best.number not in places:
        if choose != BEST:
            raise RunError(
                f'[final] choose = "{choose}": needs the out-of-fold predictions of '
                f"trial {best.number}, the best, in "
                f"{run.folder.predictions(run.storage)}, and they are missing; restore "
                'them, or set choose = "best"'
            )
        return entry
    rows = np.concatenate([fold.validation for fold in job.folds])
    table = run.data.split.development.take(rows)
    subjects = clusters(table, run.study.split.by)
    over = units_of_intervals(table, run.study.split.by)
    entry |= {over: len(set(subjects)), "level": LEVEL, "source": _SOURCE}
    entry["intervals"] = f"jackknife over {over}, around the corrected value"
    if len(set(subjects)) < 2:  # noqa: PLR2004 - nothing to resample
        return entry
    objective = dict(run.study.objective)
    scored = score_candidates(
        [candidate.predictions for candidate in candidates],
        job.scoring_targets.take(rows),
        objective=objective,
        subjects=subjects,
        groups=job.groups_of(rows),
        seed=run.study.search.seed,
    )
    by_value = [candidate.record.value for candidate in candidates]
    values = selected_by(scored, np.array(by_value, dtype=np.float64))
    entry["corrected"] = asdict(corrected_value(values, scale_of_mean(objective)))
    among = {record.number for record in front}
    return entry | _entry(candidates, values, places.index(best.number), choose, among)


def _candidates(run: Run, ranked: Sequence[TrialRecord]) -> list[Candidate]:
    """Reads the predictions that are there, of the heads that are scored."""
    folder = run.folder.predictions(run.storage)
    heads = {name.partition(".")[0] for name, _ in run.study.objective}
    found = []
    for record in ranked:
        digest = str(record.attributes.get(PREDICTIONS, ""))
        predictions = read_predictions(folder, record.number, digest)
        if predictions is not None:
            scored = {h: getattr(predictions, h) for h in HEADS if h in heads}
            found.append(
                Candidate(record=record, predictions=Predictions(**_empty() | scored))
            )
    return found


def _empty() -> dict[str, np.ndarray | None]:
    return dict.fromkeys(HEADS)


def _entry(
    candidates: Sequence[Candidate],
    values: CandidateValues,
    winner: int,
    choose: str,
    among: Container[int],
) -> dict[str, Any]:
    """Writes what is compared: tied trials, known configurations, the runner-up.

    The chosen trial is one of the numbers ``among`` which the winner is.
    """
    whole, apart = values.whole, gains(values, winner=winner)
    places = np.flatnonzero(tied_with(values, winner=winner)).tolist()
    possible = [p for p in places if candidates[p].record.number in among]
    smallest = min(possible, key=lambda p: (candidates[p].parameters, p))
    fastest = min(possible, key=lambda p: (candidates[p].latency, p))
    chosen = {BEST: winner, SMALLEST: smallest, FASTEST: fastest}
    second = next((p for p in range(len(candidates)) if p != winner), None)
    head = _head_of(candidates, winner)
    return {
        "resamples": RESAMPLES,
        "tied": [_row(candidates[p], whole[p], apart[p]) for p in places],
        SMALLEST: candidates[smallest].record.number,
        FASTEST: candidates[fastest].record.number,
        "runner_up": (
            None
            if second is None
            else _row(
                candidates[second],
                whole[second],
                gain_over_second(values, winner=winner),
            )
        ),
        "head": (
            None
            if head is None
            else _row(candidates[head], whole[head], apart[head])
            | {"tied": head in places}
        ),
        "known": [
            {"name": c.record.enqueued} | _row(c, whole[p], apart[p])
            for p, c in enumerate(candidates)
            if c.record.enqueued
        ],
        "chosen": candidates[chosen[choose]].record.number,
    }


def _head_of(candidates: Sequence[Candidate], winner: int) -> int | None:
    """Finds the place of the head trial that the winner fine-tunes, if it completed."""
    of = candidates[winner].record.attributes.get(FINETUNE_OF)
    numbers = [candidate.record.number for candidate in candidates]
    return numbers.index(of) if of in numbers else None


def _row(candidate: Candidate, value: float, behind: Estimate) -> dict[str, Any]:
    """Describes a trial, and how far it is behind the best one, corrected."""
    return {
        "trial": candidate.record.number,
        "value": candidate.record.value,
        "score": float(value),
        "behind": behind.value,
        "low": behind.low,
        "high": behind.high,
        "parameters": candidate.parameters,
        "seconds": candidate.seconds,
    }
