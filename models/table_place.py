"""Where the table of ``models.predict`` goes: a new file, or the standard output."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from data_pipeline.aside import written_aside
from data_pipeline.errors import InputError

UNREAD = 141
"""The exit code where nobody reads on, as shells tell it: 128 and SIGPIPE."""


@contextmanager
def table_place(path: Path | None) -> Iterator[TextIO]:
    """Opens what a table is written to, in UTF-8; a file appears when it is whole.

    Args:
        path: a new file, or ``None`` for the standard output.

    Yields:
        What to write to.

    Raises:
        InputError: the file is there already, or its folder is not.
        SystemExit: who reads the standard output, such as ``head``, has enough.
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
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A file may have any name, whatever the terminal can show.
        sys.stdout.reconfigure(encoding="utf-8", newline="")
    try:
        yield sys.stdout
        sys.stdout.flush()
    except BrokenPipeError:
        # Python writes what is left at its end, which must not fail again.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
        raise SystemExit(UNREAD) from None
