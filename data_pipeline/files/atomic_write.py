"""Atomic writing: no reader ever sees a partial file or folder."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

from data_pipeline.system.errors import InputError


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yields an empty file in the folder of ``path``, and renames it to it at the end.

    The file is removed if writing fails.
    """
    # Files of ``tempfile`` are readable only by their owner; this one stays.
    part = path.with_name(f"{path.stem}{token_hex(8)}.part")
    part.touch(exist_ok=False)
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def is_occupied(out: Path) -> bool:
    """Returns whether a path holds anything; an empty folder does not."""
    if out.is_dir():
        return next(out.iterdir(), None) is not None
    return out.exists() or out.is_symlink()


def empty_folder(folder: Path, option: str) -> None:
    """Creates a folder for new files.

    Args:
        folder: the folder, new or empty.
        option: the command's option that named it.

    Raises:
        InputError: it has files already.
    """
    if is_occupied(folder):
        raise InputError(
            f"{option} {folder}: must be a new or an empty folder; name another, or "
            "remove it"
        )
    folder.mkdir(parents=True, exist_ok=True)


@contextmanager
def staging_folder(out: Path) -> Iterator[Path]:
    """Yields an empty folder beside ``out``, in which a new ``out`` is prepared.

    It is removed at the end; what was ready was renamed by then.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(
        prefix=f".{out.name}.", dir=out.parent, ignore_cleanup_errors=True
    ) as staging:
        yield Path(staging)
