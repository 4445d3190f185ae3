"""A matrix of coloured cells with their numbers in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np

from data_pipeline.exploration.charts.style import (
    BROAD,
    INK,
    LINE,
    PAPER,
    canvas,
    png,
)

Array = np.ndarray[Any, Any]

_ROW, _LETTER, _MARGIN = 0.29, 0.082, 0.25
"""Inches of a row, of a letter of a label, and of the margins."""

_SMALLEST = 7.0
"""Points: before the columns' names are smaller, they are turned upright."""

_LIGHT = 0.5
"""Below this luminance a cell has white letters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Which values have which colours."""

    colours: str
    low: float
    high: float


def matrix(
    shades: Array,
    texts: Sequence[Sequence[str]],
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    scale: Scale,
) -> bytes:
    """Draws the cells; one whose shade is NaN stays white, with its text.

    Args:
        shades: shape (R, C), what colours a cell.
        texts: what stands in it.
        rows: names of the rows, from the top.
        columns: names of the columns; turned upright where they are many.
        scale: values to colours.

    Returns:
        A PNG.
    """
    label = max(len(line) for name in columns for line in name.split("\n"))
    cell = (BROAD - _LETTER * max(map(len, rows)) - _MARGIN) / len(columns)
    letters = min(10.0, 72 * cell / (0.82 * label))
    upright = letters < _SMALLEST
    height = _MARGIN + _ROW * len(rows) + (label * _LETTER if upright else 0.2)
    with canvas(height, BROAD) as (figure, axes):
        colours = mpl.colormaps[scale.colours]
        axes.pcolormesh(
            np.ma.masked_invalid(shades),
            cmap=colours,
            vmin=scale.low,
            vmax=scale.high,
            edgecolors=PAPER,
            linewidth=1,
        )
        axes.set_ylim(len(rows), 0)
        axes.set_yticks(np.arange(len(rows)) + 0.5, rows)
        axes.set_xticks(
            np.arange(len(columns)) + 0.5,
            columns,
            rotation=90 if upright else 0,
            fontsize=10 if upright else letters,
        )
        axes.tick_params(top=True, labeltop=True, labelbottom=False, colors=INK)
        axes.spines[:].set_visible(False)
        size = min(9.0, max(5.5, 72 * cell / (0.75 * _longest(texts))))
        for row, column in np.ndindex(*shades.shape):
            if texts[row][column]:
                shade = _fraction(float(shades[row, column]), scale)
                axes.text(
                    column + 0.5,
                    row + 0.5,
                    texts[row][column],
                    ha="center",
                    va="center",
                    fontsize=size,
                    color=_ink(colours(shade)) if shade >= 0 else LINE,
                )
        return png(figure)


def _longest(texts: Sequence[Sequence[str]]) -> int:
    return max([len(text) for row in texts for text in row] or [1]) or 1


def _fraction(value: float, scale: Scale) -> float:
    """Where on the scale a value lies, in [0, 1]; -1 where it is undefined."""
    if np.isnan(value):
        return -1.0
    return min(1.0, max(0.0, (value - scale.low) / (scale.high - scale.low)))


def _ink(colour: tuple[float, ...]) -> str:
    red, green, blue = colour[:3]
    luminance = 0.299 * red + 0.587 * green + 0.114 * blue
    return INK if luminance > _LIGHT else PAPER
