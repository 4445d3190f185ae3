"""The exported configuration: what ``search.train`` takes, written and read back.

Its ``[fixed]`` table can be copied into a study file as it is.
"""

import tomllib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import tomli_w
from pydantic import ConfigDict, ValidationError
from pydantic.dataclasses import dataclass

from data_pipeline.errors import StudyError
from search.records import TrialRecord
from search.study import Study, as_values, check_study

STRICT = ConfigDict(extra="forbid", strict=True)
TRAINED_ON = ("data", "split", "objective", "fixed")


@dataclass(config=STRICT, frozen=True, kw_only=True, slots=True)
class Origin:
    """Where a configuration comes from, and how long it is to be trained.

    ``epoch`` is the epoch to stop at; the schedule's horizon is
    ``training.epochs``. ``value`` is the trial's, an optimistic figure: it is the
    best of many on the data that chose it.
    """

    study: str
    trial: int
    value: float
    epoch: int
    drawn: bool


@dataclass(config=STRICT, frozen=True, kw_only=True, slots=True)
class Exported:
    """One configuration with its study, its origin and its thresholds."""

    origin: Origin
    study: Study
    thresholds: dict[str, float]


def exported(study: Study, record: TrialRecord, *, drawn: bool) -> str:
    """Writes a completed trial as TOML.

    Args:
        study: the study it belongs to.
        record: the trial; it has a value.
        drawn: whether it was found on drawn data.

    Returns:
        The text of the file.
    """
    origin = Origin(
        study=study.name,
        trial=record.number,
        value=float(record.value or 0.0),
        epoch=int(record.attributes["epoch"]),
        drawn=drawn,
    )
    tables: dict[str, Any] = {
        "origin": asdict(origin),
        "data": dict(study.raw["data"]),
        "split": dict(study.raw.get("split", {})),
        "objective": dict(study.raw["objective"]),
        "fixed": as_values(record.values),
        "thresholds": dict(record.attributes["thresholds"]),
    }
    mark = " on DRAWN faces" if drawn else ""
    return (
        f"# Trial {record.number} of study {study.name}{mark}. Train it with\n"
        "# python -m search.train --config FILE\n" + tomli_w.dumps(tables)
    )


def read_exported(path: Path) -> Exported:
    """Reads an exported configuration.

    Raises:
        StudyError: there is no such file, or it is not one; names file and key.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StudyError(
            f"--config {path}: cannot be read ({error.strerror}); write one with "
            "python -m search.export --study NAME --to FILE"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StudyError(f"{path}: is not a TOML file: {error}") from error
    origin = _origin(path, tables.pop("origin", {}))
    thresholds = tables.pop("thresholds", {})
    study = check_study(
        {**tables, "search": {"trials": 1}}, name=origin.study, place=str(path)
    )
    if study.space.parameters:
        raise StudyError(f"{path}: [space] has no place in an exported configuration")
    try:
        return Exported(origin=origin, study=study, thresholds=thresholds)
    except ValidationError as error:
        raise StudyError(f"{path}: [thresholds] must be numbers: {error}") from error


def _origin(path: Path, table: object) -> Origin:
    try:
        return Origin(**table)  # type: ignore[arg-type]
    except (ValidationError, TypeError) as error:
        text = str(error).splitlines()
        raise StudyError(
            f"{path}: [origin] is not that of an exported configuration "
            f"({'; '.join(line.strip() for line in text[1:3]) or text[0]}); write one "
            "with python -m search.export --study NAME --to FILE"
        ) from error
