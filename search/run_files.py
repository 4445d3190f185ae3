"""Files of a run's own folder, read back as what they are.

A disk, a person or another program may have cut, emptied or replaced them. What is
not as a run has written it is one message with the file and the way out.
"""

import json
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from data_pipeline.system.errors import RunError, shorten
from models.config.hyperparameters import Value
from search.run_folder import DATABASE, TRIALS, RunFolder, read_json

LOOSE = ConfigDict(extra="ignore", strict=True)
"""A file may tell more than is needed here."""

REPORT = "holdout.json"
WEIGHT_CHECK = "starts.json"
WARM_START = "warm_start.json"
SUBJECTS = "subjects"

Count = Annotated[int, Field(ge=0)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Kind = TypeVar("Kind")


@dataclass(config=LOOSE, frozen=True, kw_only=True, slots=True)
class SavedTrial:
    """A trial of an earlier run."""

    number: Count
    values: dict[str, Value]


@dataclass(config=LOOSE, frozen=True, kw_only=True, slots=True)
class SavedTrials:
    """The best trials of an earlier run, and for which study and hold-out."""

    study: str
    hold_out: str
    trials: list[SavedTrial]


@dataclass(config=LOOSE, frozen=True, kw_only=True, slots=True)
class SavedWeightCheck:
    """What was tried of the starts of a study, and what it said."""

    asked: dict[str, Any]
    lines: list[str]


@dataclass(config=LOOSE, frozen=True, kw_only=True, slots=True)
class _Metric:
    """A metric with its interval; ``None`` where it is undefined."""

    value: Number | None
    low: Number | None
    high: Number | None


@dataclass(config=LOOSE, frozen=True, kw_only=True, slots=True)
class _Head:
    """What was measured of one head."""

    images: Count
    metrics: dict[str, _Metric]
    baseline: dict[str, Number | None]
    absent: list[str] = field(default_factory=list)
    if_calibrated: dict[str, Number | None] = field(default_factory=dict)


@dataclass(config=LOOSE, frozen=True, kw_only=True, slots=True)
class _Imbalance:
    """How far each part of a split is from the whole."""

    imbalance: dict[str, Number]

    def __post_init__(self) -> None:
        """Checks that the part that is told of is there."""
        if "hold-out" not in self.imbalance:
            raise ValueError("imbalance of the hold-out is missing")


@dataclass(config=LOOSE, frozen=True, kw_only=True, slots=True)
class _Rules:
    """By which rules votes became labels."""

    trained: str
    scored: str


@dataclass(config=LOOSE, frozen=True, kw_only=True, slots=True)
class _Start:
    """What a model began with."""

    weights: str
    loaded: Count
    skipped: Count
    unknown: bool = False


@dataclass(config=LOOSE, frozen=True, kw_only=True, slots=True)
class _Without:
    """The scores without duplicates."""

    images: Count


@dataclass(config=LOOSE, frozen=True, kw_only=True, slots=True)
class _Duplicates:
    """How many hold-out images are development images, and the rest."""

    images: Count
    without: _Without | None = None

    def __post_init__(self) -> None:
        """Checks that a report with duplicates has scores without them."""
        if self.images and self.without is None:
            raise ValueError("without is missing")


@dataclass(config=LOOSE, frozen=True, kw_only=True, slots=True)
class _Report:
    """The report of the one test, as far as a person is told of it."""

    trial: Count
    synthetic: bool
    guarantee: str
    subjects: Count | list[str] | None
    images: Count
    opened: Annotated[int, Field(ge=1)]
    part: str | None = None
    skipped: Count = 0
    tested_before: Count = 0
    model: str | None = None
    split: _Imbalance | None = None
    labels: _Rules | None = None
    without_face: dict[str, Count] | None = None
    start: _Start | None = None
    duplicates: _Duplicates | None = None
    emotion: _Head | None = None
    votes: _Head | None = None
    action_units: _Head | None = None
    valence_arousal: _Head | None = None

    def __post_init__(self) -> None:
        """Checks that something was measured, and what a rule is told of."""
        heads = (self.emotion, self.action_units, self.valence_arousal)
        if not any(heads):
            raise ValueError("no head was measured")
        if self.labels is not None and self.emotion is None:
            raise ValueError("labels are told of, but no emotion was measured")


def read_report(path: Path) -> Mapping[str, Any] | None:
    """Reads the report of a run's one test.

    Returns:
        All that the file holds; ``None`` where there is none.

    Raises:
        RunError: it is not such a report.
    """
    found = read_json(path, way_out=_REPORT_AGAIN)
    if found is None:
        return None
    _checked(path, found, _Report, _REPORT_AGAIN)
    # Nothing is told of a part that is none; nobody's names are told as such.
    return {k: told for k, told in found.items() if told is not None or k == SUBJECTS}


def read_saved(path: Path, kind: type[Kind]) -> Kind | None:
    """Reads what a run keeps for its next start.

    Args:
        path: of the file.
        kind: ``SavedTrials`` or ``SavedWeightCheck``.

    Returns:
        The content; ``None`` where there is no such file.

    Raises:
        RunError: it is not of this kind.
    """
    found = read_json(path, way_out=_KEPT_AGAIN)
    return None if found is None else _checked(path, found, kind, _KEPT_AGAIN)


def check_database(folder: RunFolder) -> None:
    """Refuses an emptied database of a run that has trials.

    SQLite takes an empty file for a new database, and the search would begin anew
    beside results of the old one. A kill right at the beginning leaves one too, before
    there is a table of trials.

    Raises:
        RunError: the database is empty, and the table of trials is there.
    """
    path, table = folder.file(DATABASE), folder.file(TRIALS)
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        return
    if size <= 1 and table.exists():  # SQLite takes a single byte for nothing, too
        raise RunError(
            f"{path}: the database of this run has lost its trials: it holds {size} "
            f"bytes, and {TRIALS} lists trials. Put back a copy, or move the folder "
            "away to search anew"
        )


_REPORT_AGAIN = (
    "put back a copy, or move it away: the same command then tests the same model "
    "again, and counts no new opening for it"
)
_KEPT_AGAIN = "put back a copy, or move it away: the same command writes it anew"


def _checked(path: Path, found: object, kind: type[Kind], way_out: str) -> Kind:
    try:
        return TypeAdapter(kind).validate_json(json.dumps(found))
    except ValidationError as error:
        raise RunError(f"{path}: {describe_errors(error)}; {way_out}") from None


def describe_errors(error: ValidationError, *, most: int = 3) -> str:
    """Says what is wrong with each key, its place first; of many, the first ones.

    Args:
        error: of a check.
        most: faults that are told.
    """
    faults = error.errors(include_url=False, include_context=False)
    told = []
    for fault in faults[:most]:
        place = ".".join(map(str, fault["loc"])) or "the whole"
        rule = fault["msg"].removeprefix("Value error, ")
        missing = fault["type"] in {"missing", "value_error"}
        found = "" if missing else f", found {fault['input']!r}"
        told.append(shorten(f"{place}: {rule}{found}", most=300))
    more = len(faults) - most
    return "; ".join(told) + (f"; and {more} more" if more > 0 else "")
