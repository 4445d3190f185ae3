"""Horizontal bars, each with its name before and its number behind it."""

from collections.abc import Sequence

from data_pipeline.exploration.charts.style import MAIN, QUIET, canvas, png

_BAR, _FRAME = 0.3, 0.25
"""Inches of a bar with its gap, and around all of them."""


def bars(names: Sequence[str], values: Sequence[float], texts: Sequence[str]) -> bytes:
    """Draws one bar for each name, from the top.

    Args:
        names: what each bar is.
        values: lengths, at least 0.
        texts: what stands at each bar's end.

    Returns:
        A PNG.
    """
    with canvas(_FRAME + _BAR * len(names)) as (figure, axes):
        places = range(len(names))
        axes.barh(places, values, height=0.72, color=MAIN)
        axes.set_yticks(places, names)
        axes.set_ylim(len(names) - 0.4, -0.6)
        longest = max([*values, 0]) or 1.0
        axes.set_xlim(0, longest * (1.08 + 0.016 * max(map(len, texts))))
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)
        for place, (value, text) in enumerate(zip(values, texts, strict=True)):
            axes.text(value + 0.012 * longest, place, text, va="center", color=QUIET)
        return png(figure)
