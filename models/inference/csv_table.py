"""The table of ``models.predict``: a line for each face or failure."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from data_pipeline.files.atomic_write import atomic_write
from data_pipeline.files.csv_writer import CsvTable
from data_pipeline.media.face_crops import NOT_FOUND, NOT_LOOKED_FOR
from data_pipeline.pages.wording import counted
from data_pipeline.system.errors import InputError
from models.inference.sidecar import Sidecar
from models.inference.stream import FrameResult

PLACE = ("file", "frame", "time", "face", "x", "y", "width", "height", "confidence")
REASON = "reason"
NO_FACE = "no face found: the centre square was taken, as in training"


@dataclass(slots=True, kw_only=True)
class LineCounts:
    """Lines written, by kind."""

    faces: int = 0
    without_face: int = 0
    not_searched: int = 0
    unreadable: int = 0

    @property
    def predicted(self) -> int:
        """Counts the lines with numbers."""
        return self.faces + self.without_face + self.not_searched

    def describe(self) -> list[str]:
        """Lists each kind that occurs, with its number."""
        kinds = (
            (self.faces, "face", ""),
            (self.without_face, "image", " without a face found"),
            (self.not_searched, "centre square", " (this model detects no faces)"),
        )
        found = [f"{counted(n, noun)}{more}" for n, noun, more in kinds if n]
        return found + [f"{self.unreadable:,} unreadable"] * bool(self.unreadable)

    def add(self, result: FrameResult) -> None:
        """Counts one line."""
        if result.crop is None:
            self.unreadable += 1
        elif result.crop.face == NOT_FOUND:
            self.without_face += 1
        elif result.crop.face == NOT_LOOKED_FOR:
            self.not_searched += 1
        else:
            self.faces += 1


def columns(card: Sidecar) -> list[str]:
    """Names the columns for a model, in order.

    Where the face is; the emotion and the probability of each; each action unit's
    probability and whether it is present, then each one's intensity; valence and
    arousal; why something is missing.
    """
    emotions = [f"emotion_{name}" for name in card.emotions]
    return [
        *PLACE,
        *(["emotion", *emotions] if emotions else []),
        *(name for au in card.action_units for name in (au, f"{au}_present")),
        *map(intensity_column, card.intensities),
        *card.dimensions,
        REASON,
    ]


def intensity_column(unit: str) -> str:
    """Names the column of an action unit's intensity.

    Example:
        >>> intensity_column("AU12")
        'AU12_intensity'
    """
    return f"{unit}_intensity"


def write(file: TextIO, card: Sidecar, results: Iterable[FrameResult]) -> LineCounts:
    """Writes a line for each result; ``file`` is opened with ``newline=""``."""
    table = CsvTable(file, columns(card))
    counts = LineCounts()
    for result in results:
        counts.add(result)
        table.add(line(card, result))
    return counts


def line(card: Sidecar, result: FrameResult) -> dict[str, object]:
    """Returns the columns of one face or failure; empty ones are left out.

    Unit and range:
        Box in pixels of the image; confidence and probabilities in [0, 1] with six
        digits after the point, intensities in [0, 5]; decisions 0 or 1.
    """
    frame, crop, prediction = result.frame, result.crop, result.prediction
    cells: dict[str, object] = {"file": utf8(str(frame.file)), "frame": frame.number}
    if frame.time is not None:
        cells["time"] = f"{frame.time:.3f}"
    if crop is None or prediction is None:
        return {**cells, REASON: utf8(frame.reason)}
    cells |= {"face": crop.face, REASON: NO_FACE * (crop.face == NOT_FOUND)}
    if crop.box is not None:
        edges = zip(("x", "y", "width", "height"), crop.box, strict=True)
        cells |= {name: f"{edge:.1f}" for name, edge in edges}
    if crop.confidence is not None:
        cells["confidence"] = f"{crop.confidence:.6f}"
    if prediction.emotions:
        cells["emotion"] = prediction.emotion()
    values = {f"emotion_{name}": value for name, value in prediction.emotions.items()}
    values |= {**prediction.units, **prediction.ratings}
    values |= {intensity_column(u): v for u, v in prediction.intensities.items()}
    cells |= {name: f"{value:.6f}" for name, value in values.items()}
    present = prediction.present(card.thresholds)
    return cells | {f"{unit}_present": int(there) for unit, there in present.items()}


def utf8(text: str) -> str:
    """Escapes bytes that are no UTF-8: a file may have any name."""
    return os.fsencode(text).decode("utf-8", "backslashreplace")


@contextmanager
def open_output(path: Path | None) -> Iterator[TextIO]:
    """Opens a new file, or the standard output for ``None``, in UTF-8.

    The file appears when it is whole.

    Raises:
        InputError: the file exists, or its folder does not.
    """
    if path is None:
        with _printed() as file:
            yield file
        return
    if path.exists():
        raise InputError(
            f"--to {path}: the file exists and is not overwritten; name another, or "
            "remove it"
        )
    if not path.parent.is_dir():
        raise InputError(
            f"--to {path}: the folder {path.parent} does not exist; create it"
        )
    with (
        atomic_write(path) as part,
        part.open("w", newline="", encoding="utf-8") as file,
    ):
        yield file


@contextmanager
def _printed() -> Iterator[TextIO]:
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        # A file may have any name, whatever the terminal can show.
        reconfigure(encoding="utf-8", newline="")
    yield sys.stdout
    sys.stdout.flush()
