"""Writes the numbers of a live view to a table, on request; never images."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data_pipeline.files.csv_writer import CsvTable
from data_pipeline.system.errors import InputError
from models.inference.csv_table import columns, line
from models.inference.sidecar import Sidecar
from models.inference.stream import FrameResult


class Recording:
    """A table with a line for each frame: the model's own numbers, not smoothed."""

    def __init__(self, path: Path, card: Sidecar) -> None:
        """Creates the table.

        Raises:
            InputError: the file exists, or cannot be created.
        """
        self._card = card
        try:
            self._file = path.open("x", newline="", encoding="utf-8", buffering=1)
        except FileExistsError:
            raise InputError(
                f"--record {path}: the file exists and is not overwritten; name "
                "another, or remove it"
            ) from None
        except OSError as error:
            raise InputError(f"--record {path}: {error.strerror}") from None
        self._table = CsvTable(self._file, columns(card))

    def add(self, result: FrameResult) -> None:
        """Writes a frame's line."""
        self._table.add(line(self._card, result))

    def close(self) -> None:
        """Closes the file."""
        self._file.close()


@contextmanager
def recording(path: Path | None, card: Sidecar) -> Iterator[Recording | None]:
    """Keeps a table open; ``None`` for no path.

    Raises:
        InputError: the file cannot be created.
    """
    if path is None:
        yield None
        return
    table = Recording(path, card)
    try:
        yield table
    finally:
        table.close()
