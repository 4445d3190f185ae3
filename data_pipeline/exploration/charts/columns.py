"""Upright columns for whole numbers: how often there are one, two, three of a thing."""

from collections.abc import Mapping

from data_pipeline.exploration.charts.style import MAIN, QUIET, canvas, png

_DIRECT = 24
"""Up to so many columns carry their own numbers."""


def columns(counts: Mapping[int, int], *, label: str, what: str) -> bytes:
    """Draws a column for each whole number.

    Args:
        counts: whole number -> how often.
        label: what the whole numbers are.
        what: what is counted.

    Returns:
        A PNG.
    """
    with canvas(2.3) as (figure, axes):
        axes.bar(list(counts), list(counts.values()), width=0.8, color=MAIN)
        axes.set_xlabel(label)
        axes.margins(y=0.12)
        if len(counts) <= _DIRECT:
            axes.set_xticks(sorted(counts))
            axes.set_yticks([])
            axes.spines["left"].set_visible(False)
            for place, count in counts.items():
                axes.annotate(
                    str(count),
                    (place, count),
                    (0, 2),
                    textcoords="offset points",
                    ha="center",
                    color=QUIET,
                )
        axes.set_ylabel(what)
        axes.tick_params(colors=QUIET)
        return png(figure)
