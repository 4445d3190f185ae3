"""Writes the numbers of a live view to a table, while asked to; never images."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data_pipeline.files.csv_writer import CsvTable
from data_pipeline.system.errors import InputError
from models.inference.csv_table import columns, line
from models.inference.sidecar import Sidecar
from models.inference.stream import FrameResult
from models.live.viewer import View

FACE_NUMBER = "face_number"
"""The column that tells a frame's faces apart, and says which is which later on."""


class Recording:
    """A table with a line a face and frame: the model's own numbers, not smoothed.

    Attributes:
        on: whether frames are written now; at first they are not.
        lines: how many were written.
    """

    def __init__(self, path: Path, card: Sidecar) -> None:
        """Creates the table.

        Raises:
            InputError: the file exists, or cannot be created.
        """
        self._card = card
        self._path = path
        self.on = False
        self.lines = 0
        try:
            self._file = path.open("x", newline="", encoding="utf-8", buffering=1)
        except FileExistsError:
            raise InputError(
                f"--record {path}: the file exists and is not overwritten; name "
                "another, or remove it"
            ) from None
        except OSError as error:
            raise InputError(f"--record {path}: {error.strerror}") from None
        self._table = CsvTable(self._file, [FACE_NUMBER, *columns(card)])

    def add(self, view: View) -> None:
        """Writes a line for each face of a frame, or one without, while it is on."""
        if not self.on:
            return
        without = FrameResult(frame=view.frame, crop=None, prediction=None)
        found: list[tuple[int | None, FrameResult]] = [
            (face.number, face.result) for face in view.faces
        ]
        for number, result in found or [(None, without)]:
            self._table.add({FACE_NUMBER: number} | line(self._card, result))
            self.lines += 1

    def close(self) -> None:
        """Closes the file, and removes it if nothing was recorded."""
        self._file.close()
        if not self.lines:
            self._path.unlink(missing_ok=True)


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
