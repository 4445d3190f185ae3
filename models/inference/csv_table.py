"""The table of ``models.predict``: a line for each face, or for each failure."""

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
from data_pipeline.system.errors import InputError
from models.inference.model_card import Description
from models.inference.stream import Judged

PLACE = ("file", "frame", "time", "face", "x", "y", "width", "height", "confidence")
REASON = "reason"
NO_FACE = "no face found: the centre square was taken, as in training"


@dataclass(slots=True, kw_only=True)
class Counted:
    """Lines written, by what became of them."""

    faces: int = 0
    without_face: int = 0
    unsought: int = 0
    unreadable: int = 0

    @property
    def judged(self) -> int:
        """Counts the lines with numbers."""
        return self.faces + self.without_face + self.unsought

    def told(self) -> list[str]:
        """Tells each kind that there is."""
        kinds = (
            (self.faces, "faces"),
            (self.without_face, "pictures without a face found"),
            (self.unsought, "centre squares (this model looks for no face)"),
            (self.unreadable, "unreadable"),
        )
        return [f"{count} {kind}" for count, kind in kinds if count]


def columns(description: Description) -> list[str]:
    """Names the columns for a model.

    Args:
        description: of the model.

    Returns:
        The names, in order: where the face is; the emotion and the probability of
        each; each action unit's probability and whether it is present; valence and
        arousal; why something is missing.
    """
    emotions = [f"emotion_{name}" for name in description.emotions]
    return [
        *PLACE,
        *(["emotion", *emotions] if emotions else []),
        *(name for au in description.action_units for name in (au, f"{au}_present")),
        *description.dimensions,
        REASON,
    ]


def write(file: TextIO, description: Description, found: Iterable[Judged]) -> Counted:
    """Writes lines as they come.

    Args:
        file: where to; opened with ``newline=""``.
        description: of the model.
        found: what the model says.

    Returns:
        How many lines of each kind there are.
    """
    table = CsvTable(file, columns(description))
    counted = Counted()
    for one in found:
        _count(counted, one)
        table.add(line(description, one))
    return counted


def line(description: Description, one: Judged) -> dict[str, object]:
    """Tells one face.

    Args:
        description: of the model.
        one: the face, or the failure.

    Returns:
        Column -> value; a column that has nothing to say is left out.

    Unit and range:
        Box in pixels of the picture; confidence and probabilities in [0, 1] with six
        digits after the point; decisions 0 or 1.
    """
    frame = one.frame
    told: dict[str, object] = {"file": _told(str(frame.file)), "frame": frame.number}
    if frame.time is not None:
        told["time"] = f"{frame.time:.3f}"
    if one.crop is None or one.reading is None:
        return {**told, REASON: _told(frame.reason)}
    crop, reading = one.crop, one.reading
    told |= {"face": crop.face, REASON: NO_FACE * (crop.face == NOT_FOUND)}
    if crop.box is not None:
        places = ("x", "y", "width", "height")
        told |= {
            name: f"{edge:.1f}" for name, edge in zip(places, crop.box, strict=True)
        }
    if crop.confidence is not None:
        told["confidence"] = f"{crop.confidence:.6f}"
    if reading.emotions:
        told["emotion"] = reading.emotion()
    values = {f"emotion_{name}": value for name, value in reading.emotions.items()}
    values |= {**reading.units, **reading.ratings}
    told |= {name: f"{value:.6f}" for name, value in values.items()}
    present = reading.present(description.thresholds)
    told |= {f"{unit}_present": int(found) for unit, found in present.items()}
    return told


def _told(text: str) -> str:
    """Spells out what is no text: a file's name need not be, nor what quotes it."""
    return os.fsencode(text).decode("utf-8", "backslashreplace")


def _count(counted: Counted, one: Judged) -> None:
    if one.crop is None:
        counted.unreadable += 1
    elif one.crop.face == NOT_FOUND:
        counted.without_face += 1
    elif one.crop.face == NOT_LOOKED_FOR:
        counted.unsought += 1
    else:
        counted.faces += 1


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
        atomic_write(path) as part,
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
