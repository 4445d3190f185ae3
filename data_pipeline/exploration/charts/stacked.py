"""Horizontal bars in parts, from pale to dark, with a key above them."""

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np

from data_pipeline.exploration.charts.style import (
    BROAD,
    LINE,
    PAPER,
    QUIET,
    SEQUENTIAL,
    canvas,
    png,
)

Array = np.ndarray[Any, Any]


def stacked(counts: Array, *, rows: Sequence[str], parts: Sequence[str]) -> bytes:
    """Draws one bar for each row; the last part is grey.

    Args:
        counts: shape (R, P), at least 0.
        rows: names of the bars, from the top.
        parts: names of the parts, from the left.

    Returns:
        A PNG.
    """
    shades = mpl.colormaps[SEQUENTIAL](np.linspace(0.25, 0.95, len(parts) - 1))
    with canvas(0.65 + 0.3 * len(rows), BROAD) as (figure, axes):
        left = np.zeros(len(rows))
        for place, part in enumerate(parts):
            axes.barh(
                range(len(rows)),
                counts[:, place],
                left=left,
                height=0.72,
                label=part,
                color=shades[place] if place < len(shades) else LINE,
                edgecolor=PAPER,
                linewidth=0.6,
            )
            left = left + counts[:, place]
        for place, total in enumerate(left):
            axes.text(total, place, f" {int(total)}", va="center", color=QUIET)
        axes.set_yticks(range(len(rows)), rows)
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xlim(0, max(left.max() * 1.08, 1))
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)
        figure.legend(
            loc="outside upper left",
            ncols=len(parts),
            frameon=False,
            handlelength=1,
            handleheight=1,
            columnspacing=1.2,
        )
        return png(figure)
