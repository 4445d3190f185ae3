"""Reads and validates the files of a run's folder, which others may have damaged."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from data_pipeline.system.errors import RunError, shorten
from models.config.hyperparameters import Value
from search.run_folder import DATABASE, TRIALS, RunFolder, read_json

LOOSE = ConfigDict(extra="ignore", strict=True)
"""A file may have more keys than are read here."""

STUDY, NESTED_STUDY = "study.toml", "nested.toml"
REPORT, RESULTS, NESTED = "holdout.json", "results.md", "nested.json"
MODEL_CARD = "model_card.md"
PREDICTED, NESTED_ROWS = "holdout_predictions.csv", "nested_predictions.csv"
PAGE, PAGE_NUMBERS = "report.html", "report.json"
"""The report for people, and its numbers that no other file has."""

WEIGHT_CHECK = "starts.json"
WARM_START = "warm_start.json"
SUBJECTS, FINAL = "subjects", "final"

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
    """The best trials of an earlier run, with its study and hold-out."""

    study: str
    hold_out: str
    trials: list[SavedTrial]


@dataclass(config=LOOSE, frozen=True, kw_only=True, slots=True)
class SavedWeightCheck:
    """What was checked of a study's initial weights, and the lines printed."""

    request: dict[str, Any]
    lines: list[str]


@dataclass(config=LOOSE, frozen=True, kw_only=True, slots=True)
class SavedScores:
    """Out-of-fold scores of one seed.

    ``of`` is a digest of the configuration and the data that they belong to.
    """

    of: str
    value: Number
    scores: dict[str, Number]


@dataclass(config=LOOSE, frozen=True, kw_only=True, slots=True)
class _Metric:
    """A metric with its interval; ``None`` if undefined."""

    value: Number | None
    low: Number | None
    high: Number | None


@dataclass(config=LOOSE, frozen=True, kw_only=True, slots=True)
class _Compared:
    """A metric of a baseline, and how much higher the model's is."""

    value: Number | None
    difference: Number | None
    low: Number | None
    high: Number | None


@dataclass(config=LOOSE, frozen=True, kw_only=True, slots=True)
class _Head:
    """The metrics of one head, the constant's, and those of other baselines."""

    images: Count
    metrics: dict[str, _Metric]
    baseline: dict[str, Number | None]
    baselines: dict[str, dict[str, _Compared]] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)
    if_calibrated: dict[str, Number | None] = field(default_factory=dict)


@dataclass(config=LOOSE, frozen=True, kw_only=True, slots=True)
class _Imbalance:
    """The label imbalance of each part of a split."""

    imbalance: dict[str, Number]

    def __post_init__(self) -> None:
        """Requires the hold-out."""
        if "hold-out" not in self.imbalance:
            raise ValueError("imbalance of the hold-out is missing")


@dataclass(config=LOOSE, frozen=True, kw_only=True, slots=True)
class _Rules:
    """The rules that made labels from votes."""

    trained: str
    scored: str


@dataclass(config=LOOSE, frozen=True, kw_only=True, slots=True)
class _Start:
    """The initial weights of a model."""

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
class _Baseline:
    """How a baseline did on the validation rows; ``weights`` gave it its features."""

    value: Number
    weights: str | None = None


@dataclass(config=LOOSE, frozen=True, kw_only=True, slots=True)
class _Search:
    """How many trials the tested one was selected among, and why no more."""

    trials: Count
    ended: str | None = None


@dataclass(config=LOOSE, frozen=True, kw_only=True, slots=True)
class _Primary:
    """The metric that a claim may rest on."""

    metric: str


@dataclass(config=LOOSE, frozen=True, kw_only=True, slots=True)
class _SubjectSummary:
    """A metric of single subjects, summed up."""

    subjects: Count
    mean: Number | None = None
    worst_decile: Number | None = None
    lowest: Number | None = None


@dataclass(config=LOOSE, frozen=True, kw_only=True, slots=True)
class _BySubject:
    """Metrics of single subjects."""

    summary: dict[str, _SubjectSummary]


@dataclass(config=LOOSE, frozen=True, kw_only=True, slots=True)
class _SeedMetric:
    """A metric over seeds; ``None`` where a seed lacks it."""

    each: list[Number | None]
    mean: Number | None
    low: Number | None
    high: Number | None
    deviation: Number | None
    model: Number | None

    def __post_init__(self) -> None:
        """Requires all values for a mean."""
        if self.mean is not None and None in (self.deviation, self.model, *self.each):
            raise ValueError("mean of values that are missing")


@dataclass(config=LOOSE, frozen=True, kw_only=True, slots=True)
class _Seeds:
    """What several seeds reach; ``model`` is the rule that chose the tested one."""

    model: Literal["ensemble", "median"]
    trained: Annotated[list[Any], Field(min_length=2)]
    heads: dict[str, dict[str, _SeedMetric]]
    seed: Count | None = None


@dataclass(config=LOOSE, frozen=True, kw_only=True, slots=True)
class _Group:
    """One group of subjects, and its metrics by head."""

    subjects: Count
    images: Count
    emotion: dict[str, _Metric] = field(default_factory=dict)
    action_units: dict[str, _Metric] = field(default_factory=dict)
    action_unit_intensities: dict[str, _Metric] = field(default_factory=dict)
    valence_arousal: dict[str, _Metric] = field(default_factory=dict)


@dataclass(config=LOOSE, frozen=True, kw_only=True, slots=True)
class _Gap:
    """How far two groups are apart in a metric."""

    highest: str
    lowest: str
    gap: Number
    low: Number | None = None
    high: Number | None = None


@dataclass(config=LOOSE, frozen=True, kw_only=True, slots=True)
class _Chance:
    """The gap of the primary metric that random groups stay below."""

    gap: Number | None = None


@dataclass(config=LOOSE, frozen=True, kw_only=True, slots=True)
class _Attribute:
    """The groups of subjects by an attribute; scored only where there are two."""

    sizes: dict[str, Count]
    withheld: list[str]
    groups: dict[str, _Group] = field(default_factory=dict)
    gaps: dict[str, dict[str, _Gap]] = field(default_factory=dict)
    by_chance: _Chance | None = None


@dataclass(config=LOOSE, frozen=True, kw_only=True, slots=True)
class _Groups:
    """The groups of the hold-out's subjects; ``missing`` ones are in no table."""

    subjects: Count
    missing: Count
    least: Count
    attributes: dict[str, _Attribute]


@dataclass(config=LOOSE, frozen=True, kw_only=True, slots=True)
class _Report:
    """The report of the hold-out test, as far as it is printed."""

    trial: Count
    synthetic: bool
    guarantee: str
    subjects: Count | list[str] | None
    images: Count
    opened: Annotated[int, Field(ge=1)]
    search: _Search | None = None
    primary: _Primary | None = None
    by_subject: _BySubject | None = None
    groups: _Groups | None = None
    final: dict[str, bool | int | str] | None = None
    part: str | None = None
    skipped: Count = 0
    tested_before: Count = 0
    model: str | None = None
    split: _Imbalance | None = None
    labels: _Rules | None = None
    without_face: dict[str, Count] | None = None
    start: _Start | None = None
    duplicates: _Duplicates | None = None
    baselines: dict[str, _Baseline] | None = None
    seeds: _Seeds | None = None
    emotion: _Head | None = None
    votes: _Head | None = None
    action_units: _Head | None = None
    action_unit_intensities: _Head | None = None
    valence_arousal: _Head | None = None

    def __post_init__(self) -> None:
        """Requires a head, and the emotion head if there are label rules."""
        heads = (
            *(self.emotion, self.action_units),
            *(self.action_unit_intensities, self.valence_arousal),
        )
        if not any(heads):
            raise ValueError("no head was measured")
        if self.labels is not None and self.emotion is None:
            raise ValueError("labels without the emotion head")


def read_report(path: Path) -> Mapping[str, Any] | None:
    """Reads and validates the report of a run's hold-out test, if it exists."""
    report = read_json(path, way_out=REPORT_AGAIN)
    if report is None:
        return None
    checked(path, report, _Report, REPORT_AGAIN)
    # Missing parts are dropped, except for subjects: their absence is printed.
    return {k: v for k, v in report.items() if v is not None or k == SUBJECTS}


def read_saved(path: Path, kind: type[Kind]) -> Kind | None:
    """Reads ``SavedTrials`` and others that a command wrote, if the file exists."""
    saved = read_json(path, way_out=WRITTEN_AGAIN)
    return None if saved is None else checked(path, saved, kind, WRITTEN_AGAIN)


def check_database(folder: RunFolder) -> None:
    """Raises ``RunError`` if the database is empty although there is a trial table.

    SQLite would take the empty file as a new database and restart the search beside the
    old results. A kill at the beginning leaves an empty file, too, but no table.
    """
    path, table = folder.file(DATABASE), folder.file(TRIALS)
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        return
    if size <= 1 and table.exists():  # SQLite also accepts a single byte as new
        raise RunError(
            f"{path}: the database of this run has lost its trials: it has {size} "
            f"bytes, but {TRIALS} lists trials. Restore a copy, or move the folder "
            "away to start a new search"
        )


REPORT_AGAIN = (
    "restore a copy, or move it away: the same command then tests the same model again "
    "without recording another evaluation"
)
_NESTED_AGAIN = (
    "rerun the command of the run, which keeps every finished part and writes the file "
    "again"
)
WRITTEN_AGAIN = "restore a copy, or move it away: the same command rewrites it"


@contextmanager
def named_gaps(path: Path) -> Iterator[None]:
    """Raises ``RunError`` for a key that a report lacks, as one of an older version."""
    try:
        yield
    except KeyError as error:
        raise RunError(
            f"{path}: lacks {error}, which its texts need: an older version may have "
            f"written it; {_NESTED_AGAIN if path.name == NESTED else REPORT_AGAIN}"
        ) from error


def checked(path: Path, value: object, kind: type[Kind], way_out: str) -> Kind:
    """Validates the content of a file; ``RunError`` ends with ``way_out``."""
    try:
        return TypeAdapter(kind).validate_json(json.dumps(value))
    except ValidationError as error:
        raise RunError(f"{path}: {describe_errors(error)}; {way_out}") from None


def describe_errors(error: ValidationError, *, most: int = 3) -> str:
    """Describes the first ``most`` errors, each with its key."""
    errors = error.errors(include_url=False, include_context=False)
    lines = []
    for one in errors[:most]:
        place = ".".join(map(str, one["loc"])) or "the whole"
        rule = one["msg"].removeprefix("Value error, ")
        missing = one["type"] in {"missing", "value_error"}
        found = "" if missing else f", found {one['input']!r}"
        lines.append(shorten(f"{place}: {rule}{found}", most=300))
    more = len(errors) - most
    return "; ".join(lines) + (f"; and {more} more" if more > 0 else "")
