"""A contact sheet: some faces of each class, small, in rows."""

from collections.abc import Sequence

from PIL import Image

from data_pipeline.exploration.charts.style import canvas, png

EDGE = 96
"""Pixels of a face's edge before it is printed."""


def sheet(faces: Sequence[Sequence[Image.Image]], rows: Sequence[str]) -> bytes:
    """Puts faces in rows.

    Args:
        faces: grey or colour pictures of ``EDGE`` pixels, some for each row.
        rows: what is shown in each.

    Returns:
        A PNG.
    """
    across = max(len(row) for row in faces)
    whole = Image.new("RGB", (across * EDGE, len(faces) * EDGE), "white")
    for down, row in enumerate(faces):
        for place, face in enumerate(row):
            whole.paste(face.convert("RGB"), (place * EDGE, down * EDGE))
    with canvas(0.2 + 4.9 * len(faces) / across) as (figure, axes):
        axes.imshow(whole, aspect="equal")
        axes.set_xticks([])
        axes.set_yticks([EDGE * (n + 0.5) for n in range(len(rows))], rows)
        axes.spines[:].set_visible(False)
        return png(figure)
