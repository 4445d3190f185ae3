"""Values with their intervals, a row each, beside values to compare them with."""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from data_pipeline.pages.canvas import (
    CONTRAST,
    LINE,
    MAIN,
    PAPER,
    QUIET,
    canvas,
    png,
)
from search.reports.metric_texts import number

_WIDTH = 5.6
"""Inches: narrower than other charts, so that labels are large on a phone."""

_LETTERS = 28
"""Letters of a line of a label."""

_ROW, _LINE, _MARGIN = 0.24, 0.17, 0.75
"""Inches of a row, of each further line of its label, and of axis and legend."""

MARKS: Mapping[str, str] = {"constant": "|", "linear": "s", "frozen": "D"}
"""What a value is compared with, and its sign."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForestRow:
    """A value, its interval if it has one, and values that it is compared with."""

    label: str
    value: float
    low: float | None = None
    high: float | None = None
    marks: Mapping[str, float] = field(default_factory=dict)

    def text(self, *, signed: bool = False) -> str:
        """Returns the value and its ends; those of a difference are ``signed``."""
        value, low, high = (
            number(one, signed=signed) for one in (self.value, self.low, self.high)
        )
        whole = self.low is not None and self.high is not None
        return f"{value} ({low} to {high})" if whole else value


def forest(rows: Sequence[ForestRow], *, label: str, zero: bool = False) -> bytes:
    """Draws a row for each value; with ``zero`` they are differences."""
    labels = ["\n".join(textwrap.wrap(row.label, _LETTERS)) for row in rows]
    heights = np.array([_ROW + _LINE * text.count("\n") for text in labels])
    places = np.cumsum(heights) - heights / 2
    with canvas(_MARGIN + heights.sum(), _WIDTH) as (figure, axes):
        for place, row in zip(places.tolist(), rows, strict=True):
            _draw(axes, place, row, zero=zero)
        if zero:
            axes.axvline(0, color=QUIET, linewidth=1, zorder=0)
        axes.set_yticks(places, labels)
        axes.set_ylim(heights.sum(), 0)
        axes.grid(axis="x", color=LINE, linewidth=0.6)
        axes.set_axisbelow(True)
        axes.spines["left"].set_visible(False)
        axes.set_xlabel(label)
        axes.tick_params(axis="x", colors=QUIET)
        named = {name for row in rows for name in row.marks}
        if named:
            _add_legend(figure, axes, [name for name in MARKS if name in named])
        return png(figure)


def _draw(axes: Axes, place: float, row: ForestRow, *, zero: bool) -> None:
    colour = _colour(row) if zero else MAIN
    if row.low is not None and row.high is not None:
        axes.plot([row.low, row.high], [place, place], color=colour, linewidth=2.2)
    axes.plot(row.value, place, "o", color=colour, markersize=6.5)
    for name, value in row.marks.items():
        _mark(axes, name, value, place)
    axes.text(
        1.02,
        place,
        row.text(signed=zero),
        transform=axes.get_yaxis_transform(),
        va="center",
        fontsize=9,
        color=colour if zero else QUIET,
    )


def _mark(axes: Axes, name: str, value: float, place: float) -> None:
    axes.plot(
        value,
        place,
        MARKS[name],
        markersize=10 if MARKS[name] == "|" else 5.5,
        color=CONTRAST,
        markerfacecolor=PAPER,
        markeredgewidth=1.5,
        zorder=3,
    )


def _add_legend(figure: Figure, axes: Axes, names: Sequence[str]) -> None:
    """Explains the marks above the rows."""
    for name in names:
        axes.plot(
            [],
            [],
            MARKS[name],
            color=CONTRAST,
            markerfacecolor=PAPER,
            markeredgewidth=1.5,
            label=name,
        )
    axes.plot([], [], "o-", color=MAIN, label="model, 95 % interval")
    figure.legend(
        loc="outside upper left",
        ncols=len(names) + 1,
        frameon=False,
        fontsize=9,
        handlelength=1.2,
        columnspacing=1.2,
    )


def _colour(row: ForestRow) -> str:
    """Colours a difference by its sign, and grey where its interval has 0."""
    if row.low is None or row.high is None or row.low <= 0 <= row.high:
        return QUIET
    return MAIN if row.value > 0 else CONTRAST
