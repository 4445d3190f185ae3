"""Figures as PNG bytes, all in one style: the same values give the same bytes.

Figures are made without pyplot: its state is global.
"""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure

Array = np.ndarray[Any, Any]

WIDTH, BROAD = 6.0, 6.8
"""Inches of a chart, and of one with many cells in a row. The page scales both to its
column, so that 10-point letters match its text and stay readable on a phone."""

DOTS = 180
"""Dots an inch: sharp on a screen of two dots a pixel, and on paper."""

INK, QUIET, LINE, PAPER = "#1a1a1a", "#666666", "#d0d0d0", "#ffffff"
MAIN, CONTRAST = "#0072b2", "#d55e00"
"""Blue and vermilion of Okabe and Ito, distinct in every colour blindness."""

_STYLE: dict[Any, Any] = {
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
def styled() -> Iterator[None]:
    """Draws in this style within; a user's own matplotlib settings have no effect."""
    with style.context(_STYLE, after_reset=True):
        yield


@contextmanager
def canvas(height: float, width: float = WIDTH) -> Iterator[tuple[Figure, Axes]]:
    """Yields a figure and its axes.

    Draw and call ``png`` inside: the style ends with the block.
    """
    with styled():
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure, figure.add_subplot()


def png(figure: Figure, *, dots: int = DOTS) -> bytes:
    """Renders a figure; the PNG holds neither a program's name nor a time."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # A letter that the font lacks becomes a box; the table below has the word.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(buffer, format="png", dpi=dots, metadata={"Software": None})
    return buffer.getvalue()
