"""A chart of coloured cells, as PNG bytes."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from data_pipeline.pages.canvas import BROAD, INK, LINE, PAPER, Array, canvas, png


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """The colour map of a matrix, and the values at its two ends."""

    colours: str = "Blues"
    low: float = 0.0
    high: float = 1.0


_ROW, _LETTER, _MARGIN = 0.29, 0.082, 0.25
"""Inches of a row, of a letter of a label, and of the margins."""

_SMALLEST = 7.0
"""Points: column names are turned upright before their letters are smaller."""


def matrix(values: pd.DataFrame, texts: pd.DataFrame, scale: Scale) -> bytes:
    """Draws coloured cells with texts in them; a cell that is NaN stays white."""
    label = max(len(line) for name in values.columns for line in name.split("\n"))
    cell = (BROAD - _LETTER * max(map(len, values.index)) - _MARGIN) / values.shape[1]
    letters = min(10.0, 72 * cell / (0.82 * label))
    upright = letters < _SMALLEST
    height = _MARGIN + _ROW * len(values) + (label * _LETTER if upright else 0.2)
    with canvas(height, BROAD) as (figure, axes):
        cells = axes.pcolormesh(
            np.ma.masked_invalid(values),
            cmap=scale.colours,
            vmin=scale.low,
            vmax=scale.high,
            edgecolors=PAPER,
            linewidth=1,
        )
        axes.set_ylim(len(values), 0)
        axes.set_yticks(np.arange(len(values)) + 0.5, list(values.index))
        axes.set_xticks(
            np.arange(values.shape[1]) + 0.5,
            list(values.columns),
            rotation=90 if upright else 0,
            fontsize=10 if upright else letters,
        )
        axes.tick_params(top=True, labeltop=True, labelbottom=False, colors=INK)
        axes.spines[:].set_visible(False)
        longest = max([len(text) for text in texts.to_numpy().flat] or [1]) or 1
        size = min(9.0, max(5.5, 72 * cell / (0.75 * longest)))
        inks = _letter_colours(cells.to_rgba(values.to_numpy()), values)
        for (row, column), text in np.ndenumerate(texts.to_numpy()):
            axes.text(
                column + 0.5,
                row + 0.5,
                text,
                ha="center",
                va="center",
                fontsize=size,
                color=inks[row, column],
            )
        return png(figure)


def _letter_colours(cells: Array, values: pd.DataFrame) -> Array:
    """Chooses white letters on a dark cell, black ones on a light cell."""
    luminance = cells[:, :, :3] @ (0.299, 0.587, 0.114)
    inks = np.where(luminance > 0.5, INK, PAPER)  # noqa: PLR2004 - half of the range
    return np.where(values.isna(), LINE, inks)
