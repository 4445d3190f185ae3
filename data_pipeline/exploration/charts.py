"""Charts of the data page alone: the plane of ratings, and faces; as PNG bytes."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.patheffects import withStroke
from PIL import Image
from scipy.optimize import isotonic_regression

from data_pipeline.pages.canvas import INK, LINE, PAPER, QUIET, Array, canvas, png

CLASS_COLOURS: tuple[str, ...] = (
    "#7f7f7f", "#d55e00", "#8c510a", "#009e73",
    "#cc79a7", "#e69f00", "#0072b2", "#000000",
)  # fmt: skip

LABEL_GAP, _LABEL_OFFSET = 0.095, 0.09
"""Between two labels, and from a centre to its label, in units of the plane."""


def plane(points: Array, centres: Array, names: Sequence[str]) -> bytes:
    """Draws the density of valence and arousal, and the centre of each class on it.

    ``points`` has shape (N, 2) in [-1, 1], valence first; ``centres`` shape (E, 2).
    """
    with canvas(6.0) as (figure, axes):
        axes.hexbin(
            points[:, 0],
            points[:, 1],
            gridsize=40,
            extent=(-1, 1, -1, 1),
            mincnt=1,
            cmap="Greys",
            norm=LogNorm(vmin=0.5),
            linewidths=0,
        )
        axes.axhline(0, color=LINE, linewidth=1, zorder=0)
        axes.axvline(0, color=LINE, linewidth=1, zorder=0)
        axes.set(xlim=(-1.02, 1.02), ylim=(-1.02, 1.02), aspect="equal")
        axes.set(xticks=(-1, -0.5, 0, 0.5, 1), yticks=(-1, -0.5, 0, 0.5, 1))
        axes.set_xlabel("valence: unpleasant to pleasant")
        axes.set_ylabel("arousal: calm to excited")
        axes.tick_params(colors=QUIET)
        heights = label_heights(centres)
        for place, (centre, name) in enumerate(zip(centres, names, strict=True)):
            colour = CLASS_COLOURS[place % len(CLASS_COLOURS)]
            _mark(axes, centre, name, colour, heights[place])
        return png(figure)


def label_heights(centres: Array) -> Array:
    """Spreads the labels of either side upright, so that none covers another.

    Returns shape (E,): ``LABEL_GAP`` or more apart, and as near to the centres as that
    allows (least squares).
    """
    heights = centres[:, 1].astype(np.float64)
    for side in (centres[:, 0] < 0, centres[:, 0] >= 0):
        order = np.flatnonzero(side)[np.argsort(heights[side], kind="stable")]
        if len(order):
            steps = LABEL_GAP * np.arange(len(order))
            heights[order] = isotonic_regression(heights[order] - steps).x + steps
    return heights


def _mark(axes: Axes, centre: Array, name: str, colour: str, height: float) -> None:
    side = -1 if centre[0] < 0 else 1
    end = centre[0] + side * _LABEL_OFFSET
    axes.plot([centre[0], end], [centre[1], height], color=INK, linewidth=0.8)
    axes.plot(*centre, "o", markersize=9, color=colour, markeredgecolor=PAPER)
    axes.text(
        end + side * 0.01,
        height,
        name,
        ha="right" if side < 0 else "left",
        va="center",
        fontweight="bold",
        path_effects=[withStroke(linewidth=3, foreground=PAPER)],
    )


FACE_SIDE = 96
"""Pixels of a face's edge on the contact sheet."""


def contact_sheet(faces: Sequence[Sequence[Image.Image]], rows: Sequence[str]) -> bytes:
    """Puts faces of ``FACE_SIDE`` pixels in rows."""
    across = max(map(len, faces))
    sheet = Image.new("RGB", (across * FACE_SIDE, len(faces) * FACE_SIDE), "white")
    for down, row in enumerate(faces):
        for place, face in enumerate(row):
            sheet.paste(face.convert("RGB"), (place * FACE_SIDE, down * FACE_SIDE))
    with canvas(0.2 + 4.9 * len(faces) / across) as (figure, axes):
        axes.imshow(sheet, aspect="equal")
        axes.set_xticks([])
        axes.set_yticks([FACE_SIDE * (n + 0.5) for n in range(len(rows))], rows)
        axes.spines[:].set_visible(False)
        return png(figure)
