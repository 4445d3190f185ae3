"""Numbers of a live view, written down if asked for; never pictures."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data_pipeline.files.csv_writer import CsvTable
from data_pipeline.system.errors import InputError
from models.inference.csv_table import columns, line
from models.inference.model_card import Description
from models.inference.stream import Judged


class Recording:
    """A table that grows by a line a frame: the model's own numbers, not smoothed."""

    def __init__(self, path: Path, description: Description) -> None:
        """Begins the table.

        Args:
            path: a new file.
            description: of the model.

        Raises:
            InputError: the file is there already, or cannot be made.
        """
        self._description = description
        try:
            self._file = path.open("x", newline="", encoding="utf-8", buffering=1)
        except FileExistsError:
            raise InputError(
                f"--record names a new file; {path} exists: remove it first"
            ) from None
        except OSError as error:
            raise InputError(f"--record {path}: {error.strerror}") from None
        names = columns(description)
        self._table = CsvTable(self._file, names)

    def add(self, judged: Judged) -> None:
        """Writes a frame's line."""
        self._table.add(line(self._description, judged))

    def close(self) -> None:
        """Ends the table."""
        self._file.close()


@contextmanager
def recording(
    path: Path | None, description: Description
) -> Iterator[Recording | None]:
    """Keeps a table open, where one is wanted.

    Args:
        path: a new file, or ``None``.
        description: of the model.

    Yields:
        The table, or ``None``.

    Raises:
        InputError: the file cannot be made.
    """
    if path is None:
        yield None
        return
    table = Recording(path, description)
    try:
        yield table
    finally:
        table.close()
