"""Reads and validates ``nested.json``, which an older version may have written."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field
from pydantic.dataclasses import dataclass

from data_pipeline.system.errors import RunError
from search.run_files import LOOSE, NESTED, Count, Number, checked
from search.run_folder import RunFolder, read_json

_AGAIN = (
    "an older version may have written it: rerun the command of the run, which keeps "
    "every finished part and writes the file again"
)


@dataclass(config=LOOSE, frozen=True, kw_only=True, slots=True)
class _Objective:
    """The value of the objective: of all parts together, and part by part."""

    metrics: dict[str, Number]
    value: Number | None
    mean: Number
    validation_mean: Number
    parts: list[Number]


@dataclass(config=LOOSE, frozen=True, kw_only=True, slots=True)
class _Part:
    """An outer part, and the trial that it chose."""

    part: Count
    run: str
    subjects: Count | None
    images: Count
    trial: Count
    validation: Number


@dataclass(config=LOOSE, frozen=True, kw_only=True, slots=True)
class _Search:
    """The trials of all parts."""

    trials: Count


@dataclass(config=LOOSE, frozen=True, kw_only=True, slots=True)
class _Nested:
    """The report of all parts, as far as every page needs it."""

    study: str
    synthetic: bool
    guarantee: str
    subjects: Count | None
    images: Count
    opened: Count
    tested_before: Count
    inner_folds: Count
    parts: Annotated[list[_Part], Field(min_length=1)]
    choices: dict[str, dict[str, Any]]
    search: _Search
    objective: _Objective
    intervals: dict[str, Any]


def read_nested(folder: RunFolder) -> Mapping[str, Any]:
    """Reads the report of a nested run whose parts were tested.

    Raises:
        RunError: they were not, or the file is damaged or of an older version.
    """
    path = folder.file(NESTED)
    found = read_json(path, way_out=_AGAIN) or {}
    if "images" not in found:
        raise RunError(
            f"{folder.path}: its outer parts were not tested; run the study until "
            '"holdout"'
        )
    checked(path, found, _Nested, _AGAIN)
    return found
