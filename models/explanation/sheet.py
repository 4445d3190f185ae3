"""One picture of an explanation: the face, and its map for each output."""

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from data_pipeline.images.lettering import write_line
from models.explanation.explanation import Explanation
from models.explanation.heat import heated, legend
from models.explanation.integrated_gradients import TOLERANCE
from models.explanation.methods import GRAD_CAM

TILE, GAP = 132, 10
"""Pixels of a face's edge, and between two."""
LINES, LINE, LETTERS = 3, 15, 12
FOOT, BAR = 58, 12
ACROSS = 6
INK, QUIET = "#1a1a1a", "#595959"

_MEANING = {
    GRAD_CAM: (
        "no evidence",
        "most evidence for the output",
        "Grad-CAM, each map by its own highest value: a map says where, not how much.",
    ),
}
_SIGNED = (
    "lowers the output",
    "raises the output",
    "Integrated gradients against a face without contrast, each map by its own scale.",
)


def sheet(explanation: Explanation, title: str) -> Image.Image:
    """Draws the face as the model gets it, then a labelled tile for each output."""
    face = face_picture(explanation.pixels)
    tiles = [(face, ("the model's input", title, ""))]
    for output, value, shown in zip(
        explanation.outputs, explanation.values, explanation.maps, strict=True
    ):
        name, _, called = output.title.partition("\n")
        labels = (name, output.text(float(value)), called)
        tiles.append((heated(face, shown, explanation.method), labels))
    return _arranged(tiles, explanation.method, _missing(explanation))


def _missing(explanation: Explanation) -> str:
    """Says how far attributions are from what they should sum to, if they are."""
    if explanation.gap <= TOLERANCE:
        return ""
    return f" Sums miss the outputs' changes by up to {explanation.gap:.2f}."


def png(picture: Image.Image) -> bytes:
    """Encodes a picture; the same picture gives the same bytes."""
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()


def face_picture(pixels: np.ndarray) -> Image.Image:
    """Enlarges a face (S, S, C) to a tile."""
    square = pixels[..., 0] if pixels.shape[-1] == 1 else pixels
    face = Image.fromarray(np.asarray(square, np.uint8)).convert("RGB")
    return face.resize((TILE, TILE), Image.Resampling.BICUBIC)


def _arranged(
    tiles: Sequence[tuple[Image.Image, tuple[str, ...]]], method: str, more: str
) -> Image.Image:
    across = min(len(tiles), ACROSS)
    down = -(-len(tiles) // across)
    wide, high = TILE + GAP, TILE + LINES * LINE + GAP
    picture = Image.new("RGB", (across * wide + GAP, down * high + GAP + FOOT), "white")
    draw = ImageDraw.Draw(picture)
    for number, (tile, labels) in enumerate(tiles):
        row, column = divmod(number, across)
        left, top = GAP + column * wide, GAP + row * high
        picture.paste(tile, (left, top))
        for line, text in enumerate(filter(None, labels)):
            write_line(
                draw,
                (left, top + TILE + 3 + line * LINE),
                text,
                size=LETTERS,
                width=TILE + GAP // 2,
                bold=line == 0,
                fill=QUIET if line else INK,
            )
    _foot(picture, draw, method, more)
    return picture


def _foot(
    picture: Image.Image, draw: ImageDraw.ImageDraw, method: str, more: str
) -> None:
    """Draws the legend at the bottom."""
    low, high, note = _MEANING.get(method, _SIGNED)
    top, width = picture.height - FOOT, picture.width - 2 * GAP
    write_line(draw, (GAP, top), low, size=LETTERS, width=width / 2)
    picture.paste(legend((width // 3, BAR), method), (GAP + width // 3, top + 2))
    place = (GAP + 2 * width // 3 + GAP, top)
    write_line(draw, place, high, size=LETTERS, width=width / 3 - GAP)
    write_line(
        draw, (GAP, top + 24), note + more, size=LETTERS, width=width, fill=QUIET
    )
