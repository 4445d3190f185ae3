"""The predictions of all outer parts, scored at once.

Each row was predicted by the model of its own part, and each action unit decided at
that model's threshold.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from data_pipeline.system.errors import RunError
from data_pipeline.targets.targets import Targets
from models.evaluation.baseline import Constants
from models.evaluation.comparison import Candidate
from models.metrics.own.metric import AT_THRESHOLDS
from models.metrics.predictions import Predictions
from search.holdout.predictions_file import RecordedRows
from search.holdout.scores import ScoredRows, score_rows

HALF = 0.5
"""The threshold of decisions, which are 0 or 1."""

AT_THRESHOLD = "_at_threshold"
"""Ends the names of a unit's scores at its threshold."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pooled:
    """The rows of all parts, in the order of the parts.

    ``rows`` are as predicted; in ``decided`` the action units are decided at the
    thresholds of the row's part, 0.0 or 1.0. ``part`` is the number of each row's.
    """

    rows: ScoredRows
    decided: ScoredRows
    part: np.ndarray
    duplicates: np.ndarray

    def take(self, rows: np.ndarray) -> "Pooled":
        """Selects rows by position."""
        return Pooled(
            rows=self.rows.take(rows),
            decided=self.decided.take(rows),
            part=self.part[rows],
            duplicates=self.duplicates[rows],
        )


def pool(parts: Sequence[RecordedRows]) -> Pooled:
    """Joins the rows of all parts.

    Raises:
        RunError: the parts have other classes or units than the first.
    """
    names = {_names(part.rows.targets) for part in parts}
    if len(names) > 1:
        raise RunError(
            "the outer parts cannot be pooled: they have different classes, action "
            "units or heads; restore the tables of their predictions"
        )
    return Pooled(
        rows=_joined([part.rows for part in parts]),
        decided=_joined([_decided(part.rows) for part in parts]),
        part=np.repeat(
            np.arange(1, len(parts) + 1), [len(p.duplicates) for p in parts]
        ),
        duplicates=np.concatenate([part.duplicates for part in parts]),
    )


def score_pooled(
    pooled: Pooled, *, seed: int, own: Sequence[str] = ()
) -> dict[str, Any]:
    """Scores the model, the constants and the linear baselines on pooled rows.

    ``seed`` chooses groups for intervals, ``own`` names own metrics. Returns a part
    for each head, as in ``holdout.json``.
    """
    found, decided = (
        score_rows(rows, seed=seed, own=own) for rows in (pooled.rows, pooled.decided)
    )
    units, chosen = found.get("action_units"), decided.get("action_units")
    if units is None or chosen is None:
        return found
    _take(units["metrics"], chosen["metrics"], AT_THRESHOLDS)
    _take(units["baseline"], chosen["baseline"], AT_THRESHOLDS)
    for name, compared in units.get("baselines", {}).items():
        _take(compared, chosen["baselines"][name], AT_THRESHOLDS)
    for unit, row in units["per_au"].items():
        other = chosen["per_au"][unit]
        _take(row, other, AT_THRESHOLD)
        _take(row["intervals"], other["intervals"], AT_THRESHOLD)
        row["threshold"] = None  # each part has its own
    return found


def _take(into: dict[str, Any], of: Mapping[str, Any], ending: str) -> None:
    """Replaces the values whose names have the ending."""
    into.update({name: value for name, value in of.items() if name.endswith(ending)})


def _names(targets: Targets) -> tuple[tuple[str, ...], ...]:
    return (
        targets.emotions,
        targets.action_units,
        targets.intensities,
        targets.dimensions,
    )


def _decided(rows: ScoredRows) -> ScoredRows:
    """Decides the action units of a part at the thresholds of its model."""
    units = rows.targets.action_units
    return replace(
        rows,
        model=_decide(rows.model, units),
        baselines={name: _decide(each, units) for name, each in rows.baselines.items()},
    )


def _decide(candidate: Candidate, units: Sequence[str]) -> Candidate:
    """Decides each action unit at the candidate's threshold: 0.0 or 1.0."""
    output = candidate.predictions.action_units
    if output is None:
        return candidate
    least = np.array([candidate.thresholds.get(unit, HALF) for unit in units])
    made = (output.astype(np.float64) >= least).astype(np.float64)
    return replace(
        candidate, predictions=replace(candidate.predictions, action_units=made)
    )


def _joined(parts: Sequence[ScoredRows]) -> ScoredRows:
    """Joins rows; a baseline that a part lacks is left out."""
    names = [
        name
        for name in parts[0].baselines
        if all(name in part.baselines for part in parts)
    ]
    votes = [part.votes for part in parts if part.votes is not None]
    return ScoredRows(
        targets=_joined_targets([part.targets for part in parts]),
        votes=_joined_targets(votes) if votes else None,
        units=[unit for part in parts for unit in part.units],
        model=_candidate([part.model for part in parts]),
        constants=Constants(
            usual=Predictions.concatenate([part.constants.usual for part in parts]),
            least_error=Predictions.concatenate(
                [part.constants.least_error for part in parts]
            ),
        ),
        baselines={
            name: _candidate([part.baselines[name] for part in parts]) for name in names
        },
    )


def _candidate(parts: Sequence[Candidate]) -> Candidate:
    """Joins predictions; their thresholds differ from part to part."""
    joined = Predictions.concatenate([part.predictions for part in parts])
    return Candidate(predictions=joined, thresholds={})


def _joined_targets(parts: Sequence[Targets]) -> Targets:
    """Joins the rows of targets with the same names."""
    arrays: dict[str, Any] = {
        field.name: np.concatenate([getattr(part, field.name) for part in parts])
        for field in fields(Targets)
        if isinstance(getattr(parts[0], field.name), np.ndarray)
    }
    return replace(parts[0], **arrays)
