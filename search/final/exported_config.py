"""The exported configuration, which ``search.train`` reads.

Its ``[fixed]`` table can be copied into a study file as it is.
"""

from collections.abc import Mapping
from dataclasses import asdict, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import ConfigDict, Field, ValidationError
from pydantic.dataclasses import dataclass

from data_pipeline.files.documents import DocumentError, read_toml
from data_pipeline.system.errors import StudyError
from models.calibration.calibration import Calibration
from models.config.config import complete
from models.config.schedules import PLATEAU
from search.final.calibration import calibration_of
from search.ledger.records import TrialRecord
from search.run_folder import check_study_name
from search.study.study import Study, check_study
from search.study.toml_writer import study_text

BEST = "best.toml"
"""The exported configuration in a run's folder."""

STRICT = ConfigDict(extra="forbid", strict=True)


@dataclass(config=STRICT, frozen=True, kw_only=True, slots=True)
class Origin:
    """Where a configuration comes from, and how long to train it.

    Training stops after ``epoch``; the schedule's horizon is ``training.epochs``.
    ``value`` is the trial's, not corrected for its selection on the same data.
    ``learning_rates`` are written where validation decided them (plateau): final
    training has no validation part and replays them.
    """

    study: str
    trial: Annotated[int, Field(ge=0)]
    value: Annotated[float, Field(allow_inf_nan=False)]
    epoch: Annotated[int, Field(ge=1)]
    synthetic: bool
    learning_rates: list[Annotated[float, Field(gt=0.0, allow_inf_nan=False)]] = field(
        default_factory=list
    )


Rate = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
Number = Annotated[float, Field(allow_inf_nan=False)]


@dataclass(config=STRICT, frozen=True, kw_only=True, slots=True)
class ExportedCalibration:
    """How the model's probabilities are corrected; see ``Calibration``."""

    temperature: Rate | None = None
    units: dict[str, Annotated[list[Number], Field(min_length=2, max_length=2)]] = (
        field(default_factory=dict)
    )

    def __post_init__(self) -> None:
        """Refuses a line that would turn decisions over."""
        falling = [unit for unit, line in self.units.items() if line[0] <= 0]
        if falling:
            raise ValueError(f"the slope of {falling[0]} must be above 0")

    @property
    def calibration(self) -> Calibration:
        """The calibration of these numbers."""
        return Calibration.of({"temperature": self.temperature, "units": self.units})


@dataclass(config=STRICT, frozen=True, kw_only=True, slots=True)
class ExportedConfig:
    """One configuration with its study, its origin, thresholds and calibration.

    The thresholds are those of probabilities that are not calibrated.
    """

    origin: Origin
    study: Study
    thresholds: dict[str, Annotated[float, Field(ge=0.0, le=1.0)]]
    calibration: ExportedCalibration = field(default_factory=ExportedCalibration)


def config_text(study: Study, record: TrialRecord, *, synthetic: bool) -> str:
    """Renders a completed trial of a study as TOML."""
    origin = Origin(
        study=study.name,
        trial=record.number,
        value=float(record.value or 0.0),
        epoch=int(record.attributes["epoch"]),
        synthetic=synthetic,
        learning_rates=_plateau_rates(record),
    )
    tables: dict[str, Any] = {
        "origin": {key: found for key, found in asdict(origin).items() if found != []},
        "data": dict(study.raw["data"]),
        "split": dict(study.raw.get("split", {})),
        "objective": dict(study.raw["objective"]),
        "fixed": complete(record.values),
        "thresholds": dict(record.attributes["thresholds"]),
        **_calibration_table(study, record),
    }
    mark = " on SYNTHETIC faces" if synthetic else ""
    return (
        f"# Trial {record.number} of study {study.name}{mark}. Train it with\n"
        f"# python -m search.train --config FILE\n{_scale(tables)}{study_text(tables)}"
    )


def _scale(tables: Mapping[str, Any]) -> str:
    """Says which probabilities the thresholds are for, where that is not plain."""
    if "calibration" not in tables or not tables["thresholds"]:
        return ""
    return (
        "# [thresholds] are for probabilities before [calibration], which moves them\n"
    )


def _calibration_table(study: Study, record: TrialRecord) -> dict[str, Any]:
    """Writes the section of the calibration, where there is one."""
    found = calibration_of(study, record)
    if found is None or not found.calibration:
        return {}
    table = found.calibration.entry()
    return {"calibration": {key: value for key, value in table.items() if value}}


def read_exported(path: Path) -> ExportedConfig:
    """Reads an exported configuration; ``StudyError`` names file and key."""
    try:
        tables = read_toml(path)
    except OSError as error:
        raise StudyError(
            f"--config {path}: cannot be read ({error.strerror}); write one with "
            "python -m search.export --study NAME --to FILE"
        ) from error
    except DocumentError as error:
        raise StudyError(f"{path}: {error}") from error
    origin = _origin(path, _table(path, "origin", tables.pop("origin", {})))
    thresholds = _table(path, "thresholds", tables.pop("thresholds", {}))
    calibration = _calibration(path, tables.pop("calibration", {}))
    study = check_study(
        {**tables, "search": {"trials": 1}}, name=origin.study, place=str(path)
    )
    if study.space.parameters:
        raise StudyError(f"{path}: [space] is not allowed in an exported configuration")
    _check_epochs(path, origin, study)
    try:
        return ExportedConfig(
            origin=origin,
            study=study,
            thresholds=dict(thresholds),
            calibration=calibration,
        )
    except ValidationError as error:
        raise StudyError(_describe(path, error)) from error


def _plateau_rates(record: TrialRecord) -> list[float]:
    """Lists the learning rates up to the epoch of the peak, if a plateau set them."""
    if record.values.get("training.schedule") != PLATEAU:
        return []
    rates: list[float] = record.attributes["learning_rates"]
    return rates[: record.attributes["epoch"]]


def _check_epochs(path: Path, origin: Origin, study: Study) -> None:
    """Refuses epochs beyond the horizon, and rates that do not reach the last one."""
    if origin.epoch > study.stride:
        raise StudyError(
            f"{path}: [origin] epoch: the epoch to stop at is at most "
            f'"training.epochs" of [fixed], {study.stride}; found {origin.epoch}'
        )
    needed = dict(study.space.fixed).get("training.schedule") == PLATEAU
    count = len(origin.learning_rates)
    if (needed or count) and count < origin.epoch:
        raise StudyError(
            f"{path}: [origin] learning_rates: they replace the plateau schedule, "
            "which needs validation, and must reach epoch "
            f"{origin.epoch}; found {count}; set another training.schedule, or add them"
        )


def _origin(path: Path, table: Mapping[str, Any]) -> Origin:
    try:
        origin = Origin(**table)
    except ValidationError as error:
        raise StudyError(
            f"{_describe(path, error, section='origin')}; write an exported "
            "configuration with python -m search.export --study NAME --to FILE"
        ) from error
    check_study_name(origin.study, f"{path}: [origin] study")
    return origin


def _calibration(path: Path, found: object) -> ExportedCalibration:
    try:
        return ExportedCalibration(**_table(path, "calibration", found))
    except ValidationError as error:
        raise StudyError(_describe(path, error, section="calibration")) from error


def _table(path: Path, name: str, found: object) -> Mapping[str, Any]:
    if not isinstance(found, dict):
        raise StudyError(f"{path}: {name}: must be a section, found {found!r}")
    return found


def _describe(path: Path, error: ValidationError, *, section: str | None = None) -> str:
    """Lists what is wrong with each key: its place, the rule, the value."""
    lines = []
    for found in error.errors():
        first, *rest = [*([section] if section else []), *map(str, found["loc"])]
        line = f"{path}: [{first}] {'.'.join(rest)}: {found['msg']}"
        missing = found["type"] == "missing"
        lines.append(line if missing else f"{line}, found {found['input']!r}")
    return "\n".join(lines)
