"""Paths as the calls take them: text or any path object."""

from os import PathLike
from pathlib import Path

AnyPath = str | PathLike[str]


def path_or_none(path: AnyPath | None) -> Path | None:
    """Makes a path of what was given; ``None`` stays."""
    return None if path is None else Path(path)


def data_text(data: AnyPath | None) -> str | None:
    """Writes where the data are as ``--data`` does."""
    return None if data is None else str(data)
