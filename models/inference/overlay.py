"""Pictures with what a model said of their faces."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

from PIL import Image, ImageDraw

from data_pipeline.images.lettering import fitted, font
from data_pipeline.media.face_crops import FOUND, NOT_FOUND
from data_pipeline.media.media import MediaFrame
from models.inference.sidecar import Sidecar
from models.inference.stream import FrameResult

LONGEST = 1280
"""Pixels of a drawn picture's longest edge, at most."""

FRAME, DARK = "#ffd34d", "#000000"
_LETTERS, _SMALLEST = 0.028, 12
"""Height of a letter: share of the picture's, and pixels at least."""


def drawn(
    results: Iterable[FrameResult], card: Sidecar, folder: Path | None
) -> Iterator[FrameResult]:
    """Passes results on; writes a picture of each frame that has an image.

    ``folder`` is ``None`` where none are wanted.
    """
    if folder is None:
        yield from results
        return
    number = 0
    for _, group in groupby(results, key=lambda result: id(result.frame)):
        faces = []
        for result in group:
            faces.append(result)
            yield result
        if faces[0].frame.image is not None:
            number += 1
            name = f"{number:04d}_{picture_name(faces[0].frame)}.jpg"
            overlay(faces[0].frame, faces, card).save(folder / name, quality=90)


def picture_name(frame: MediaFrame) -> str:
    """Makes a plain file name, without ending, of a frame's file and number.

    Letters of any script are kept; so few that their bytes fit into a name.
    """
    named = unicodedata.normalize("NFC", frame.file.stem)
    stem = re.sub(r"[^\w-]+", "_", named).strip("_")[:50]
    return stem if frame.number is None else f"{stem}_{frame.number:06d}"


def overlay(
    frame: MediaFrame, faces: Sequence[FrameResult], card: Sidecar
) -> Image.Image:
    """Draws a frame around each face, with its emotion and action units."""
    if frame.image is None:
        raise ValueError("a frame without an image cannot be drawn")
    picture = frame.image.convert("RGB")
    draw = ImageDraw.Draw(picture)
    size = max(_SMALLEST, round(_LETTERS * picture.height))
    for face in faces:
        box = _box(face, frame.scale, picture.size)
        if face.crop is not None and face.crop.face == FOUND:
            _outline(draw, box, max(2, size // 7))
        _label(draw, box, said_of(face, card), size, picture.size)
    return picture


def said_of(face: FrameResult, card: Sidecar) -> list[str]:
    """Returns the lines beside a face: emotion, units that are present, ratings."""
    prediction, crop = face.prediction, face.crop
    if prediction is None or crop is None:
        return []
    lines = ["no face found; of the centre:"] if crop.face == NOT_FOUND else []
    emotion = prediction.emotion()
    if emotion is not None:
        lines.append(f"{emotion} {100 * prediction.emotions[emotion]:.0f} %")
    present = [
        unit for unit, there in prediction.present(card.thresholds).items() if there
    ]
    if prediction.units:
        lines.append(" ".join(present) or "no action unit")
    felt = {unit: value for unit, value in prediction.intensities.items() if value >= 1}
    if felt:
        lines.append(" ".join(f"{unit}:{value:.1f}" for unit, value in felt.items()))
    if prediction.ratings:
        ratings = prediction.ratings.items()
        lines.append(" ".join(f"{name} {value:+.2f}" for name, value in ratings))
    return lines


def _box(
    face: FrameResult, scale: float, size: tuple[int, int]
) -> tuple[float, float, float, float]:
    """Returns left, top, right and bottom in the drawn picture; all of it if none."""
    box = None if face.crop is None else face.crop.box
    if box is None:
        return 0.0, 0.0, float(size[0]), float(size[1])
    left, top, width, height = (scale * edge for edge in box)
    return left, top, left + width, top + height


def _outline(
    draw: ImageDraw.ImageDraw, box: tuple[float, float, float, float], width: int
) -> None:
    wide = (box[0] - 1, box[1] - 1, box[2] + 1, box[3] + 1)
    draw.rectangle(wide, outline=DARK, width=width + 2)
    draw.rectangle(box, outline=FRAME, width=width)


def _label(
    draw: ImageDraw.ImageDraw,
    box: tuple[float, float, float, float],
    lines: Sequence[str],
    size: int,
    picture: tuple[int, int],
) -> None:
    """Writes lines below a box, or at its lower edge where there is no room."""
    letters, step = font(size), round(1.3 * size)
    most = picture[0] - 2 * size
    shown = [fitted(line, most, letters) for line in lines]
    if not shown:
        return
    width = max(letters.getlength(line) for line in shown) + size
    height = step * len(shown) + size // 2
    left = min(max(0.0, box[0]), picture[0] - width)
    top = min(max(0.0, box[3]), picture[1] - height)
    draw.rectangle((left, top, left + width, top + height), fill=DARK)
    for number, line in enumerate(shown):
        place = (left + size / 2, top + size // 4 + number * step)
        draw.text(place, line, font=letters, fill=FRAME if number == 0 else "#ffffff")
