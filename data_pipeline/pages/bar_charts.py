"""Charts of counts: bars, bars in parts, columns and histograms, as PNG bytes."""

from collections.abc import Mapping

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from data_pipeline.pages.canvas import (
    BROAD,
    CONTRAST,
    LINE,
    MAIN,
    PAPER,
    QUIET,
    Array,
    canvas,
    png,
)


def _bar_rows(axes: Axes, frame: pd.DataFrame) -> None:
    """Labels horizontal bars, the first at the top."""
    axes.set_yticks(range(len(frame)), list(frame.index))
    axes.set_ylim(len(frame) - 0.4, -0.6)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)


def bars(frame: pd.DataFrame) -> bytes:
    """Draws a horizontal bar for each row: its count, with the second column behind."""
    values = frame.iloc[:, 0].tolist()
    texts = [
        "   ".join([f"{n:,}", *more]) for n, *more in frame.itertuples(False, None)
    ]
    with canvas(0.25 + 0.3 * len(frame)) as (figure, axes):
        drawn = axes.barh(range(len(frame)), values, height=0.72, color=MAIN)
        axes.bar_label(drawn, texts, padding=3, color=QUIET)
        _bar_rows(axes, frame)
        longest = max([*values, 0]) or 1.0
        axes.set_xlim(0, longest * (1.08 + 0.016 * max(map(len, texts))))
        return png(figure)


def stacked(counts: pd.DataFrame) -> bytes:
    """Draws a horizontal bar for each row, in parts, pale to dark and the last grey."""
    colours = mpl.colormaps["Blues"](np.linspace(0.25, 0.95, counts.shape[1] - 1))
    with canvas(0.65 + 0.3 * len(counts), BROAD) as (figure, axes):
        ends = counts.cumsum(axis=1)
        for part, colour in zip(counts, [*colours, LINE], strict=True):
            drawn = axes.barh(
                range(len(counts)),
                counts[part],
                left=ends[part] - counts[part],
                height=0.72,
                label=part,
                color=colour,
                edgecolor=PAPER,
                linewidth=0.6,
            )
        axes.bar_label(drawn, counts.sum(axis=1), padding=3, color=QUIET)
        _bar_rows(axes, counts)
        axes.set_xlim(0, max(ends.to_numpy().max() * 1.08, 1))
        figure.legend(
            loc="outside upper left",
            ncols=counts.shape[1],
            frameon=False,
            handlelength=1,
            handleheight=1,
            columnspacing=1.2,
        )
        return png(figure)


_MOST_NUMBERED = 24
"""Up to so many columns carry their own numbers."""


def columns(counts: Mapping[int, int], *, label: str, unit: str) -> bytes:
    """Draws a column for each whole number, as high as its count of ``unit``."""
    with canvas(2.3) as (figure, axes):
        drawn = axes.bar(list(counts), list(counts.values()), width=0.8, color=MAIN)
        axes.set_xlabel(label)
        axes.margins(y=0.12)
        if len(counts) <= _MOST_NUMBERED:
            axes.set_xticks(sorted(counts))
            axes.set_yticks([])
            axes.spines["left"].set_visible(False)
            axes.bar_label(drawn, [*map(str, counts.values())], padding=2, color=QUIET)
        axes.set_ylabel(unit)
        axes.tick_params(colors=QUIET)
        return png(figure)


def histogram(
    values: Array, edges: Array, *, label: str, digits: int, unit: str = "images"
) -> bytes:
    """Draws a histogram of ``unit`` with its median marked.

    ``values`` has shape (N,), finite, N >= 1; ``edges`` shape (B + 1,), ascending.
    """
    with canvas(2.5) as (figure, axes):
        counts, _, _ = axes.hist(values, edges.tolist(), color=MAIN, edgecolor=PAPER)
        highest, middle = float(np.max(counts)), float(np.median(values))
        axes.axvline(middle, color=CONTRAST, linewidth=1.5)
        right = middle > (edges[0] + edges[-1]) / 2
        axes.annotate(
            f"median {middle:.{digits}f}",
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
        axes.set_ylabel(unit)
        axes.tick_params(colors=QUIET)
        axes.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
        return png(figure)
