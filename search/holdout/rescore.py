"""The scores of a report, computed again from the table of its predictions alone."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from pydantic.dataclasses import dataclass as validated

from data_pipeline.system.errors import RunError
from models.metrics.own.metric import is_own_code
from models.metrics.predictions import HEADS
from search.final.kept_model import SEEDS
from search.holdout.objective import OBJECTIVE, describe_objective
from search.holdout.predictions_file import MODEL, RecordedRows, read_predictions
from search.holdout.scores import score_rows
from search.holdout.seed_scores import EACH, seed_heads
from search.run_files import (
    LOOSE,
    PREDICTED,
    REPORT,
    REPORT_AGAIN,
    Count,
    Number,
    checked,
    read_report,
)
from search.run_folder import RunFolder

TOLERANCE = 1e-9
"""Largest difference that counts as equal: other machines sum in another order."""

MOST = 20
"""Differences that are listed."""


@validated(config=LOOSE, frozen=True, slots=True, kw_only=True)
class _Unit:
    """An action unit of a report."""

    threshold: Number


@validated(config=LOOSE, frozen=True, slots=True, kw_only=True)
class _Units:
    """The action units of a report."""

    per_au: dict[str, _Unit] = field(default_factory=dict)


@validated(config=LOOSE, frozen=True, slots=True, kw_only=True)
class _Baseline:
    """A baseline of a report, with a threshold for each action unit."""

    thresholds: dict[str, Number] = field(default_factory=dict)


@validated(config=LOOSE, frozen=True, slots=True, kw_only=True)
class _Objective:
    """The metrics of a report's objective, with their weights."""

    metrics: dict[str, Number] = field(default_factory=dict)


@validated(config=LOOSE, frozen=True, slots=True, kw_only=True)
class _Intervals:
    """How a report's intervals were computed."""

    seed: Count = 0


@validated(config=LOOSE, frozen=True, slots=True, kw_only=True)
class _Needed:
    """What a report's scores are computed with, beside the table."""

    action_units: _Units = field(default_factory=_Units)
    baselines: dict[str, _Baseline] = field(default_factory=dict)
    objective: _Objective = field(default_factory=_Objective)
    intervals: _Intervals = field(default_factory=_Intervals)

    @property
    def thresholds(self) -> dict[str, Mapping[str, float]]:
        """The thresholds of action units, of the model and each baseline."""
        units = self.action_units.per_au
        own = {unit: row.threshold for unit, row in units.items()}
        return {MODEL: own, **{n: b.thresholds for n, b in self.baselines.items()}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescored:
    """The recomputed parts of a report, and where they differ from it.

    ``different`` has the place, the reported and the recomputed value.
    """

    folder: Path
    images: int
    parts: Mapping[str, Any]
    compared: int
    different: tuple[tuple[str, object, object], ...]

    @property
    def equal(self) -> bool:
        """Whether every value was repeated."""
        return not self.different

    def __str__(self) -> str:
        """Describes whether the report follows, as the command prints it."""
        count, begin = len(self.different), f"{PREDICTED}: {self.images} images"
        lines = [f"run: {self.folder}"]
        if self.equal:
            lines.append(f"{begin}; all {self.compared} values of {REPORT} follow")
        else:
            lines.append(
                f"{begin}; {count} of {self.compared} values of {REPORT} differ"
            )
        lines += [
            f"  {place}: reported {reported}, computed {value}"
            for place, reported, value in self.different[:MOST]
        ]
        return "\n".join([*lines, *([f"  and {count - MOST} more"] * (count > MOST))])


def rescore(folder: RunFolder) -> Rescored:
    """Computes the scores of a run's report again from its table of predictions.

    No label, image or model is read: every class, unit and interval, each baseline
    and the scores without duplicates follow from the table.

    Raises:
        RunError: the run was not tested, or its table is missing or damaged.
    """
    report = read_report(folder.file(REPORT))
    if report is None:
        raise RunError(f'{folder.path}: has no {REPORT}; run the study until "holdout"')
    needed = _needed(folder, report)
    recorded = _recorded(folder, needed)
    seed = needed.intervals.seed
    own = list(own_metrics(report))
    parts = score_rows(recorded.rows, seed=seed, own=own)
    if needed.objective.metrics:
        parts[OBJECTIVE] = describe_objective(
            recorded.rows, needed.objective.metrics, seed=seed
        )
    if recorded.rows.seeds:
        parts[SEEDS] = {"heads": seed_heads(recorded.rows, seed=seed, own=own)}
    others = np.flatnonzero(~recorded.duplicates)
    if 0 < len(others) < len(recorded.duplicates):
        apart = score_rows(recorded.rows.take(others), seed=seed, own=own)
        parts["duplicates"] = {"without": apart}
    values = list(_leaves(parts))
    found = ((place, _at(report, place), value) for place, value in values)
    return Rescored(
        folder=folder.path,
        images=len(recorded.duplicates),
        parts=parts,
        compared=len(values),
        different=tuple(
            (_place_text(place), reported, value)
            for place, reported, value in found
            if not _same(reported, value)
        ),
    )


def recorded_rows(folder: RunFolder, report: Mapping[str, Any]) -> RecordedRows:
    """Reads what was predicted for the rows of a report, with its thresholds.

    Raises:
        RunError: the table is missing, or it or the report is damaged.
    """
    return _recorded(folder, _needed(folder, report))


def _recorded(folder: RunFolder, needed: _Needed) -> RecordedRows:
    path = folder.file(PREDICTED)
    if not path.exists():
        raise RunError(
            f'{folder.path}: has no {PREDICTED}; run the study until "holdout"'
        )
    return read_predictions(path, needed.thresholds)


def _needed(folder: RunFolder, report: Mapping[str, Any]) -> _Needed:
    return checked(folder.file(REPORT), dict(report), _Needed, REPORT_AGAIN)


def own_metrics(report: Mapping[str, Any]) -> Iterator[str]:
    """Names the own metrics of a report, with their targets."""
    for head in HEADS:
        for name in report.get(head, {}).get("metrics", {}):
            if is_own_code(name):
                yield f"{head}.{name}"


def _leaves(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, Any]]:
    """Yields each number, text and ``None`` of nested tables and lists."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(inner, (*place, key))
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _leaves(inner, (*place, index))
    else:
        yield place, value


def _place_text(place: tuple[Any, ...]) -> str:
    """Writes a place of a report; seeds are numbered from 1, as everywhere.

    Example:
        >>> _place_text(("seeds", "heads", "emotion", "accuracy", "each", 0))
        'seeds heads emotion accuracy each seed 1'
    """
    before = (None, *place)
    return " ".join(
        f"seed {key + 1}" if parent == EACH else str(key)
        for parent, key in zip(before, place, strict=False)
    )


def _at(report: Any, place: tuple[Any, ...]) -> Any:
    """Returns the value at a place of a report, ``None`` where there is none."""
    for key in place:
        try:
            report = report[key]
        except (KeyError, IndexError, TypeError):
            return None
    return report


def _same(reported: Any, value: Any) -> bool:
    numbers = isinstance(value, float) and isinstance(reported, float)
    return abs(reported - value) <= TOLERANCE if numbers else bool(reported == value)
