"""Trials in the plane of two objectives, with those that no other dominates."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.ticker import EngFormatter, LogLocator, NullFormatter

from data_pipeline.pages.canvas import INK, LINE, MAIN, QUIET, canvas, png

HEIGHT = 3.2


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontPoint:
    """A completed trial by two of its objectives."""

    x: float
    y: float
    on_front: bool
    chosen: bool


def front_chart(points: Sequence[FrontPoint], *, x: str, y: str, log: bool) -> bytes:
    """Draws the trials; with ``log`` the first objective has a logarithmic axis."""
    others = [point for point in points if not point.on_front]
    front = sorted((p for p in points if p.on_front), key=lambda p: p.x)
    with canvas(HEIGHT) as (figure, axes):
        axes.plot(
            [p.x for p in others],
            [p.y for p in others],
            "o",
            color=QUIET,
            markersize=4.5,
            label="dominated",
        )
        axes.plot(
            [p.x for p in front],
            [p.y for p in front],
            "o-",
            color=MAIN,
            markersize=6.5,
            linewidth=1,
            label="front",
        )
        chosen = [p for p in points if p.chosen]
        axes.plot(
            [p.x for p in chosen],
            [p.y for p in chosen],
            "o",
            color=INK,
            markersize=11,
            fillstyle="none",
            label="chosen",
        )
        if log:
            _scale(axes, [p.x for p in points])
        axes.set(xlabel=x, ylabel=y)
        axes.grid(color=LINE, linewidth=0.6)
        axes.set_axisbelow(True)
        axes.tick_params(colors=QUIET)
        axes.legend(
            loc="lower left",
            bbox_to_anchor=(0, 1),
            ncols=3,
            frameon=False,
            fontsize=9,
            borderaxespad=0,
        )
        return png(figure)


def _scale(axes: Axes, costs: Sequence[float]) -> None:
    """Makes the axis of a cost logarithmic where it spans a power of ten or more.

    Its ticks are texts such as "2 M": Matplotlib's own are formulas, which this style
    prints as they are.
    """
    spans = max(costs) / min(costs) if min(costs) > 0 else 1.0
    if spans >= 10:  # noqa: PLR2004 - a power of ten
        subs = (1.0, 3.0) if spans < 1000 else (1.0,)  # noqa: PLR2004 - room for both
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=subs))
        axes.xaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_formatter(EngFormatter())
