"""The file of a run's last selection, which others may have damaged."""

from typing import Any

from pydantic import Field
from pydantic.dataclasses import dataclass

from search.run_files import LOOSE, WRITTEN_AGAIN, Count, checked
from search.run_folder import RunFolder, read_json

SELECTION = "selection.json"


@dataclass(config=LOOSE, frozen=True, kw_only=True, slots=True)
class _Corrected:
    """The best trial's value without the luck of its selection, and its interval."""

    value: float
    low: float
    high: float


@dataclass(config=LOOSE, frozen=True, kw_only=True, slots=True)
class _Compared:
    """A trial, and how far it is behind the best one."""

    trial: Count
    value: float | None = None
    score: float | None = None
    behind: float | None = None
    low: float | None = None
    high: float | None = None
    parameters: Count = 0
    seconds: float | None = None


@dataclass(config=LOOSE, frozen=True, kw_only=True, slots=True)
class _Known(_Compared):
    """A configuration that was enqueued under a name."""

    name: str


@dataclass(config=LOOSE, frozen=True, kw_only=True, slots=True)
class _Selection:
    """What was compared, and what was chosen."""

    best: Count
    chosen: Count
    of: list[str | tuple[Count, str | None]] = Field(default_factory=list)
    method: str | None = None
    choose: str | None = None
    completed: Count | None = None
    compared: Count | None = None
    corrected: _Corrected | None = None
    tied: list[_Compared] | None = None
    smallest_tied: Count | None = None
    fastest_tied: Count | None = None
    runner_up: _Compared | None = None
    head: _Compared | None = None
    known: list[_Known] | None = None
    value: float | None = None
    front: list[dict[str, Any]] | None = None


def read_selection(folder: RunFolder) -> dict[str, Any] | None:
    """Reads and validates the last selection of a run, if there was one."""
    path = folder.file(SELECTION)
    selection = read_json(path, way_out=WRITTEN_AGAIN)
    if selection is not None:
        checked(path, selection, _Selection, WRITTEN_AGAIN)
    return selection
