"""The plane of valence and arousal: where images lie, and the centre of each class."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.patheffects import withStroke
from scipy.optimize import isotonic_regression

from data_pipeline.exploration.charts.style import (
    INK,
    LINE,
    PAPER,
    QUIET,
    canvas,
    png,
)

Array = np.ndarray[Any, Any]

COLOURS: tuple[str, ...] = (
    "#7f7f7f", "#d55e00", "#8c510a", "#009e73",
    "#cc79a7", "#e69f00", "#0072b2", "#000000",
)  # fmt: skip
"""Of the classes, in turn; their names stand beside them all the same."""

_CELLS = 40
APART, _BESIDE = 0.095, 0.09
"""Between two names, and between a centre and its name, in units of the plane."""


def plane(points: Array, centres: Array, names: Sequence[str]) -> bytes:
    """Draws a hexagonal density and the classes' centres on it.

    Args:
        points: shape (N, 2), valence and arousal in [-1, 1].
        centres: shape (E, 2).
        names: of the E classes.

    Returns:
        A PNG.
    """
    with canvas(6.0) as (figure, axes):
        axes.hexbin(
            points[:, 0],
            points[:, 1],
            gridsize=_CELLS,
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
        beside = heights(centres)
        for place, (centre, name) in enumerate(zip(centres, names, strict=True)):
            _mark(axes, centre, name, COLOURS[place % len(COLOURS)], beside[place])
        return png(figure)


def heights(centres: Array) -> Array:
    """Spreads the names upright on either side, so that none covers another.

    Args:
        centres: shape (E, 2).

    Returns:
        Shape (E,): where names stand, ``APART`` or more from each other, and as near
        to the centres as that allows (least squares).
    """
    found = centres[:, 1].astype(np.float64)
    for side in (centres[:, 0] < 0, centres[:, 0] >= 0):
        order = np.flatnonzero(side)[np.argsort(found[side], kind="stable")]
        if len(order):
            steps = APART * np.arange(len(order))
            found[order] = isotonic_regression(found[order] - steps).x + steps
    return found


def _mark(axes: Axes, centre: Array, name: str, colour: str, height: float) -> None:
    side = -1 if centre[0] < 0 else 1
    end = centre[0] + side * _BESIDE
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
