"""Points and lines of a search: its history, its curves, values over time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from data_pipeline.pages.canvas import (
    CONTRAST,
    INK,
    LINE,
    MAIN,
    QUIET,
    Array,
    canvas,
    png,
)

HEIGHT = 2.9
LINES = (MAIN, CONTRAST, "#009e73", "#cc79a7", "#e69f00")
"""Colours of lines, of Okabe and Ito."""

KINDS: Mapping[str, tuple[str, str, float]] = {
    "completed": ("o", MAIN, 5.5),
    "pruned, at its last value": ("x", QUIET, 5.0),
    "failed": ("v", CONTRAST, 6.0),
}
"""Kinds of trials: marker, colour and size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A trial of the history; a ``known`` one was enqueued by the study."""

    x: float
    value: float | None
    kind: str
    known: bool = False


def history(points: Sequence[Point], *, label: str, value: str) -> bytes:
    """Draws trials by their kind, and the best value so far.

    A trial without value is drawn at the lower edge.
    """
    values = [point.value for point in points if point.value is not None]
    floor = min(values) - 0.06 * (max(values) - min(values) or 1)
    with canvas(HEIGHT) as (figure, axes):
        for kind, (marker, colour, size) in KINDS.items():
            these = [point for point in points if point.kind == kind]
            if these:
                y = [floor if p.value is None else p.value for p in these]
                axes.plot(
                    [point.x for point in these],
                    y,
                    marker,
                    color=colour,
                    markersize=size,
                    label=kind,
                )
        _ring_known(axes, points)
        _best_so_far(axes, points)
        _finish(figure, axes, label=label, value=value)
        return png(figure)


def _ring_known(axes: Axes, points: Sequence[Point]) -> None:
    """Rings the configurations that the study named."""
    known = [(p.x, p.value) for p in points if p.known and p.value is not None]
    if known:
        x, y = zip(*known, strict=True)
        axes.plot(
            x,
            y,
            "o",
            color=INK,
            markersize=10,
            fillstyle="none",
            label="known configuration",
        )


def _best_so_far(axes: Axes, points: Sequence[Point]) -> None:
    done = sorted(
        (p.x, p.value) for p in points if p.kind == "completed" and p.value is not None
    )
    if done:
        x, y = (np.array(each) for each in zip(*done, strict=True))
        end = max(point.x for point in points)
        axes.step(
            [*x, max(end, x[-1])],
            [*np.maximum.accumulate(y), y.max()],
            where="post",
            color=INK,
            linewidth=1.2,
            zorder=0,
            label="best so far",
        )


def curves(lines: Mapping[str, Array], *, label: str, value: str) -> bytes:
    """Draws a line for each name: a value an epoch, from epoch 1."""
    with canvas(HEIGHT) as (figure, axes):
        for place, (name, values) in enumerate(lines.items()):
            axes.plot(
                np.arange(1, len(values) + 1),
                values,
                color=LINES[place % len(LINES)],
                linestyle=("-", "--", ":")[place // len(LINES) % 3],
                marker="o",
                markersize=3,
                label=name,
            )
        _finish(figure, axes, label=label, value=value)
        return png(figure)


def _finish(figure: Figure, axes: Axes, *, label: str, value: str) -> None:
    axes.set_xlabel(label)
    axes.set_ylabel(value)
    axes.grid(axis="y", color=LINE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(colors=QUIET)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True))
    figure.legend(
        loc="outside upper left",
        ncols=2,
        frameon=False,
        fontsize=9,
        handlelength=1.4,
        columnspacing=1.2,
    )
