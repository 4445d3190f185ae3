"""Reliability curves: predicted probabilities beside the shares that came true."""

import numpy as np
from matplotlib.axes import Axes

from data_pipeline.pages.canvas import LINE, MAIN, QUIET, canvas, png
from models.metrics.calibration import BINS, Reliability

HEIGHT, WIDTH = 3.9, 5.6


def reliability_chart(bins: Reliability) -> bytes:
    """Draws the curve, and below it how many predictions each bin has."""
    with canvas(HEIGHT, WIDTH) as (figure, axes):
        _curve(axes, bins)
        _counts(axes, bins)
        return png(figure)


def _curve(axes: Axes, bins: Reliability) -> None:
    counts, predicted, true = (
        np.array(each) for each in zip(*bins.rows(), strict=True)
    )
    axes.plot([0, 1], [0, 1], "--", color=QUIET, linewidth=1)
    axes.plot(predicted, true, color=MAIN, linewidth=1.2)
    sizes = 12 + 90 * np.sqrt(counts / counts.max())
    axes.scatter(predicted, true, s=sizes, color=MAIN, zorder=3)
    axes.set(xlim=(0, 1), ylim=(0, 1.02), ylabel="share that came true")
    axes.grid(color=LINE, linewidth=0.6)
    axes.tick_params(colors=QUIET, labelbottom=False)


def _counts(axes: Axes, bins: Reliability) -> None:
    """Adds a low row of columns that shares the axis of probabilities."""
    below = axes.inset_axes((0, -0.22, 1, 0.16), sharex=axes)
    middles = (np.arange(BINS) + 0.5) / BINS
    below.bar(middles, bins.counts, width=0.9 / BINS, color=MAIN)
    below.set_xlabel("predicted probability")
    below.set_yticks([])
    below.spines[["left", "top", "right"]].set_visible(False)
    below.tick_params(colors=QUIET)
