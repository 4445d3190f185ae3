"""Differences of two models on the same rows, with intervals over the same people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from data_pipeline.split.receipt import Members
from data_pipeline.targets.targets import Targets
from models.evaluation.comparison import Candidate, compare, compare_votes
from models.metrics.predictions import HEADS
from search.comparison.finished_run import FinishedRun, no_receipt
from search.holdout.predictions_file import RecordedRows
from search.holdout.rescore import own_metrics, recorded_rows
from search.holdout.scores import ScoredRows

LABELS: Mapping[str, Sequence[str]] = {
    "emotion": ("emotions", "emotion", "emotion_mask"),
    "action_units": ("action_units", "action_unit", "action_unit_mask"),
    "action_unit_intensities": ("intensities", "intensity", "intensity_mask"),
    "valence_arousal": ("dimensions", "valence_arousal", "valence_arousal_mask"),
}
"""Head -> the attributes of its labels in ``Targets``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """How much higher one run's model scores than another's on the same rows.

    ``metrics`` has for each head by metric the ``value`` of ``against``, the
    ``difference`` and its interval; it is empty where ``why`` says that rows are not
    the same.
    """

    run: str
    against: str
    rows: str
    why: str = ""
    subjects: int = 0
    images: int = 0
    metrics: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)


def pair_hold_outs(run: FinishedRun, against: FinishedRun) -> Paired:
    """Compares what two models predicted for the images that both were tested on."""
    pair = Paired(run=run.name, against=against.name, rows="hold-out")
    why = _other_people(run, against)
    if why:
        return replace(pair, why=why)
    sides = [recorded_rows(one.folder, one.report) for one in (run, against)]
    mine, theirs = _aligned(*sides)
    heads = [
        head for head in LABELS if _same_labels(mine.targets, theirs.targets, head)
    ]
    if not heads:
        return replace(pair, why="the same images have other labels")
    return replace(
        pair,
        subjects=len(set(mine.units)),
        images=len(mine.units),
        metrics=_differences(run, mine, theirs, heads),
    )


def _other_people(run: FinishedRun, against: FinishedRun) -> str:
    """Says that two hold-outs are not the same people; empty where they are."""
    if run.people is None or against.people is None:
        return no_receipt(run if run.people is None else against)
    if _who(run.people) == _who(against.people):
        return ""
    both, of = run.people.count_in([against.people]), len(run.people)
    things = "subjects" if run.people.subjects else "images"
    return (
        f"not the same people: of {of} {things} and {len(against.people)}, {both} are "
        "in both hold-outs"
    )


def _who(people: Members) -> tuple[object, ...]:
    return people.data, frozenset(people.subjects), frozenset(people.pictures)


def _aligned(mine: RecordedRows, theirs: RecordedRows) -> tuple[ScoredRows, ScoredRows]:
    """Selects the rows of the images that both have, in the same order."""
    images = np.intersect1d(mine.images, theirs.images)
    return _ordered(mine, images), _ordered(theirs, images)


def _ordered(recorded: RecordedRows, images: np.ndarray) -> ScoredRows:
    """Selects the rows of some images, in the order of their names."""
    names = np.asarray(recorded.images)
    order = np.argsort(names)
    return recorded.rows.take(order[np.isin(names[order], images)])


def _same_labels(mine: Targets, theirs: Targets, head: str) -> bool:
    """Whether both have this head, with the same labels of the same rows."""
    names, values, mask = LABELS[head]
    return (
        bool(getattr(mine, names))
        and getattr(mine, names) == getattr(theirs, names)
        and np.array_equal(getattr(mine, mask), getattr(theirs, mask))
        and np.array_equal(getattr(mine, values), getattr(theirs, values))
    )


def _differences(
    run: FinishedRun, mine: ScoredRows, theirs: ScoredRows, heads: Sequence[str]
) -> dict[str, Any]:
    """Scores both sides, on the heads whose labels are the same."""
    given: dict[str, Any] = {
        "subjects": mine.units,
        "seed": int(run.report.get("intervals", {}).get("seed", 0)),
    }
    sides = [only(one.model, heads) for one in (mine, theirs)]
    own = list(own_metrics(run.report))
    found = compare(mine.targets, *sides, own=own, **given)
    if (
        mine.votes
        and theirs.votes
        and _same_labels(mine.votes, theirs.votes, "emotion")
    ):
        found |= compare_votes(mine.votes, *sides, **given)
    return found


def only(side: Candidate, heads: Sequence[str]) -> Candidate:
    """Keeps the predictions of some heads."""
    others = dict.fromkeys(set(HEADS) - set(heads))
    return replace(side, predictions=replace(side.predictions, **others))
