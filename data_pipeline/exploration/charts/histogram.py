"""A histogram with its median marked."""

from typing import Any

import numpy as np

from data_pipeline.exploration.charts.style import (
    CONTRAST,
    MAIN,
    PAPER,
    QUIET,
    canvas,
    png,
)

Array = np.ndarray[Any, Any]


def histogram(values: Array, edges: Array, *, label: str, median: str) -> bytes:
    """Draws how many values lie between the edges.

    Args:
        values: shape (N,), finite, at least one.
        edges: shape (B + 1,), ascending.
        label: what the values are, with their unit.
        median: what is written at the line of the median.

    Returns:
        A PNG.
    """
    with canvas(2.5) as (figure, axes):
        counts, _, _ = axes.hist(values, edges.tolist(), color=MAIN, edgecolor=PAPER)
        highest = float(np.max(counts))
        middle = float(np.median(values))
        axes.axvline(middle, color=CONTRAST, linewidth=1.5)
        right = middle > (edges[0] + edges[-1]) / 2
        axes.annotate(
            median,
            (middle, highest * 1.09),
            (-5 if right else 5, 0),
            textcoords="offset points",
            ha="right" if right else "left",
            va="center",
            color=CONTRAST,
        )
        axes.set_ylim(0, highest * 1.18)
        axes.set_xlim(edges[0], edges[-1])
        axes.set_xlabel(label)
        axes.set_ylabel("images")
        axes.tick_params(colors=QUIET)
        axes.yaxis.set_major_locator(_few_whole_numbers())
        return png(figure)


def _few_whole_numbers() -> Any:
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415 - used nowhere else

    return MaxNLocator(nbins=4, integer=True)
