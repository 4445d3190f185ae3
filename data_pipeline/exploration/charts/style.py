"""The one style of all charts: size, type, colours; and a figure's bytes as a PNG.

Figures are made without pyplot: nothing global is drawn on, no window is opened.
"""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

WIDTH, BROAD = 6.0, 6.8
"""Inches of a chart, and of one with many cells in a row. The page scales both to its
column: letters of 10 points are as large as its text, and readable on a telephone."""

DOTS = 180
"""Dots an inch: sharp on a screen of two dots a pixel, and on paper."""

INK, QUIET, LINE, PAPER = "#1a1a1a", "#666666", "#d0d0d0", "#ffffff"
MAIN, CONTRAST = "#0072b2", "#d55e00"
"""Blue and vermilion of Okabe and Ito, told apart in every colour blindness."""

DIVERGING, SEQUENTIAL = "RdBu_r", "Blues"

_RULES: dict[Any, Any] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib, so it is the same everywhere
    "font.size": 10,
    "text.parse_math": False,  # a name may have dollar signs
    "text.color": INK,
    "axes.labelcolor": QUIET,
    "axes.edgecolor": LINE,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.labelsize": 10,
    "axes.unicode_minus": True,
    "xtick.color": QUIET,
    "ytick.color": INK,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER,
}


@contextmanager
def canvas(height: float, width: float = WIDTH) -> Iterator[tuple[Figure, Axes]]:
    """Gives a figure with one pair of axes in the style of all charts.

    Draw and call ``png`` inside: the style is taken back after. A person's own
    settings of matplotlib change nothing.

    Args:
        height: inches.
        width: inches.

    Yields:
        The figure and its axes.
    """
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_RULES)
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure, figure.add_subplot()


def png(figure: Figure) -> bytes:
    """Renders a figure; the same figure gives the same bytes.

    Args:
        figure: made by ``canvas``.

    Returns:
        A PNG that names no program and no time.
    """
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # A letter that the font lacks becomes a box; the table below has the word.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(buffer, format="png", dpi=DOTS, metadata={"Software": None})
    return buffer.getvalue()
