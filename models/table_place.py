"""Where the table of ``models.predict`` goes: a new file, or the standard output."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from data_pipeline.files.atomic_write import written_aside
from data_pipeline.system.errors import InputError


@contextmanager
def table_place(path: Path | None) -> Iterator[TextIO]:
    """Opens what a table is written to, in UTF-8; a file appears when it is whole.

    Args:
        path: a new file, or ``None`` for the standard output.

    Yields:
        What to write to.

    Raises:
        InputError: the file is there already, or its folder is not.
    """
    if path is None:
        with _printed() as file:
            yield file
        return
    if path.exists():
        raise InputError(f"--to names a new file; {path} exists: remove it first")
    if not path.parent.is_dir():
        raise InputError(f"--to {path}: there is no folder {path.parent}; make it")
    with (
        written_aside(path) as part,
        part.open("w", newline="", encoding="utf-8") as file,
    ):
        yield file


@contextmanager
def _printed() -> Iterator[TextIO]:
    change = getattr(sys.stdout, "reconfigure", None)
    if change is not None:
        # A file may have any name, whatever the terminal can show.
        change(encoding="utf-8", newline="")
    yield sys.stdout
    sys.stdout.flush()
