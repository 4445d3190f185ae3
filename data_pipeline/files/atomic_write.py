"""Atomic file writing: no reader ever sees a partial file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex


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
