"""The plane of valence and arousal: where images lie, and the centre of each class."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import patheffects
from matplotlib.colors import LogNorm

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


def plane(points: Array, centres: Array, names: Sequence[str]) -> bytes:
    """Draws a hexagonal density and the classes' centres on it.

    Args:
        points: shape (N, 2), valence and arousal in [-1, 1].
        centres: shape (E, 2).
        names: of the E classes.

    Returns:
        A PNG.
    """
    with canvas(5.6) as (figure, axes):
        drawn = axes.hexbin(
            points[:, 0],
            points[:, 1],
            gridsize=36,
            extent=(-1, 1, -1, 1),
            mincnt=1,
            cmap="Greys",
            norm=LogNorm(vmin=0.5),
            linewidths=0,
        )
        axes.axhline(0, color=LINE, linewidth=1, zorder=0)
        axes.axvline(0, color=LINE, linewidth=1, zorder=0)
        for place, (centre, name) in enumerate(zip(centres, names, strict=True)):
            _mark(axes, centre, name, COLOURS[place % len(COLOURS)])
        axes.set(xlim=(-1.02, 1.02), ylim=(-1.02, 1.02), aspect="equal")
        axes.set_xlabel("valence: unpleasant to pleasant")
        axes.set_ylabel("arousal: calm to excited")
        axes.tick_params(colors=QUIET)
        bar = figure.colorbar(drawn, ax=axes, shrink=0.5, label="images in a cell")
        bar.outline.set_visible(False)
        return png(figure)


def _mark(axes: Any, centre: Array, name: str, colour: str) -> None:
    axes.plot(*centre, "o", markersize=9, color=colour, markeredgecolor=PAPER)
    side = -1 if centre[0] < np.mean(axes.get_xlim()) else 1
    axes.annotate(
        name,
        centre,
        (8 * side, 0),
        textcoords="offset points",
        ha="right" if side < 0 else "left",
        va="center",
        color=INK,
        fontweight="bold",
        path_effects=[patheffects.withStroke(linewidth=3, foreground=PAPER)],
    )
