"""A file is written aside and put in its place whole: nobody reads half of one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Gives a name to write to, and renames it at the end.

    Args:
        path: where the file is to be; its folder exists.

    Yields:
        An empty file in the same folder, removed where writing fails.
    """
    # Not of ``tempfile``, whose files nobody else may read: this one stays.
    part = path.with_name(f"{path.stem}{token_hex(8)}.part")
    part.touch(exist_ok=False)
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
