"""What can be removed without loss of a result, and the removal."""

import os
import shutil
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from data_pipeline.system.errors import RunError

BLOCK = 512
"""Bytes of a block of ``stat``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Removable:
    """Files and folders of one kind.

    ``what`` names them, ``why`` says why they can go, and ``bytes`` is what they take.
    """

    what: str
    why: str
    paths: tuple[Path, ...]
    bytes: int


def removable(what: str, why: str, paths: Iterable[Path]) -> Sequence[Removable]:
    """Measures paths of one kind; returns nothing where there is none."""
    found = tuple(sorted(paths))
    if not found:
        return ()
    total = sum(map(_size, found))
    return (Removable(what=what, why=why, paths=found, bytes=total),)


def remove(one: Removable) -> None:
    """Removes the files and folders; ``RunError`` where one cannot be removed."""
    for path in one.paths:
        try:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise RunError(
                f"{path}: cannot be removed ({error.strerror}); make its folder "
                "writable, and run the command again"
            ) from error


def _size(path: Path) -> int:
    """Adds up the blocks of a file, or of all below a folder; follows no link."""
    total = 0
    with suppress(OSError):  # it has gone meanwhile
        total = path.lstat().st_blocks * BLOCK
    if path.is_dir() and not path.is_symlink():
        for folder, folders, files in os.walk(path):
            for name in (*folders, *files):
                with suppress(OSError):
                    total += (Path(folder) / name).lstat().st_blocks * BLOCK
    return total
