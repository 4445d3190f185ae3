"""Charts as PNG bytes, all in one style: the same values give the same bytes.

Figures are made without pyplot: its state is global.
"""

import io
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator
from PIL import Image
from scipy.optimize import isotonic_regression

Array = np.ndarray[Any, Any]

WIDTH, BROAD = 6.0, 6.8
"""Inches of a chart, and of one with many cells in a row. The page scales both to its
column, so that 10-point letters match its text and stay readable on a phone."""

DOTS = 180
"""Dots an inch: sharp on a screen of two dots a pixel, and on paper."""

INK, QUIET, LINE, PAPER = "#1a1a1a", "#666666", "#d0d0d0", "#ffffff"
MAIN, CONTRAST = "#0072b2", "#d55e00"
"""Blue and vermilion of Okabe and Ito, distinct in every colour blindness."""

CLASS_COLOURS: tuple[str, ...] = (
    "#7f7f7f", "#d55e00", "#8c510a", "#009e73",
    "#cc79a7", "#e69f00", "#0072b2", "#000000",
)  # fmt: skip

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
def _canvas(height: float, width: float = WIDTH) -> Iterator[tuple[Figure, Axes]]:
    """Yields a figure and its axes; a user's own matplotlib settings have no effect.

    Draw and call ``_png`` inside: the style ends with the block.
    """
    with style.context(_STYLE, after_reset=True):
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure, figure.add_subplot()


def _png(figure: Figure) -> bytes:
    """Renders a figure; the PNG holds neither a program's name nor a time."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # A letter that the font lacks becomes a box; the table below has the word.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(buffer, format="png", dpi=DOTS, metadata={"Software": None})
    return buffer.getvalue()


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
    with _canvas(0.25 + 0.3 * len(frame)) as (figure, axes):
        drawn = axes.barh(range(len(frame)), values, height=0.72, color=MAIN)
        axes.bar_label(drawn, texts, padding=3, color=QUIET)
        _bar_rows(axes, frame)
        longest = max([*values, 0]) or 1.0
        axes.set_xlim(0, longest * (1.08 + 0.016 * max(map(len, texts))))
        return _png(figure)


def stacked(counts: pd.DataFrame) -> bytes:
    """Draws a horizontal bar for each row, in parts, pale to dark and the last grey."""
    colours = mpl.colormaps["Blues"](np.linspace(0.25, 0.95, counts.shape[1] - 1))
    with _canvas(0.65 + 0.3 * len(counts), BROAD) as (figure, axes):
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
        return _png(figure)


_MOST_NUMBERED = 24
"""Up to so many columns carry their own numbers."""


def columns(counts: Mapping[int, int], *, label: str, unit: str) -> bytes:
    """Draws a column for each whole number, as high as its count of ``unit``."""
    with _canvas(2.3) as (figure, axes):
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
        return _png(figure)


def histogram(values: Array, edges: Array, *, label: str, digits: int) -> bytes:
    """Draws a histogram of images with its median marked.

    ``values`` has shape (N,), finite, N >= 1; ``edges`` shape (B + 1,), ascending.
    """
    with _canvas(2.5) as (figure, axes):
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
        axes.set_ylabel("images")
        axes.tick_params(colors=QUIET)
        axes.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
        return _png(figure)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """The colour map of a matrix, and the values at its two ends."""

    colours: str = "Blues"
    low: float = 0.0
    high: float = 1.0


_ROW, _LETTER, _MARGIN = 0.29, 0.082, 0.25
"""Inches of a row, of a letter of a label, and of the margins."""

_SMALLEST = 7.0
"""Points: column names are turned upright before their letters are smaller."""


def matrix(values: pd.DataFrame, texts: pd.DataFrame, scale: Scale) -> bytes:
    """Draws coloured cells with texts in them; a cell that is NaN stays white."""
    label = max(len(line) for name in values.columns for line in name.split("\n"))
    cell = (BROAD - _LETTER * max(map(len, values.index)) - _MARGIN) / values.shape[1]
    letters = min(10.0, 72 * cell / (0.82 * label))
    upright = letters < _SMALLEST
    height = _MARGIN + _ROW * len(values) + (label * _LETTER if upright else 0.2)
    with _canvas(height, BROAD) as (figure, axes):
        cells = axes.pcolormesh(
            np.ma.masked_invalid(values),
            cmap=scale.colours,
            vmin=scale.low,
            vmax=scale.high,
            edgecolors=PAPER,
            linewidth=1,
        )
        axes.set_ylim(len(values), 0)
        axes.set_yticks(np.arange(len(values)) + 0.5, list(values.index))
        axes.set_xticks(
            np.arange(values.shape[1]) + 0.5,
            list(values.columns),
            rotation=90 if upright else 0,
            fontsize=10 if upright else letters,
        )
        axes.tick_params(top=True, labeltop=True, labelbottom=False, colors=INK)
        axes.spines[:].set_visible(False)
        longest = max([len(text) for text in texts.to_numpy().flat] or [1]) or 1
        size = min(9.0, max(5.5, 72 * cell / (0.75 * longest)))
        inks = _letter_colours(cells.to_rgba(values.to_numpy()), values)
        for (row, column), text in np.ndenumerate(texts.to_numpy()):
            axes.text(
                column + 0.5,
                row + 0.5,
                text,
                ha="center",
                va="center",
                fontsize=size,
                color=inks[row, column],
            )
        return _png(figure)


def _letter_colours(cells: Array, values: pd.DataFrame) -> Array:
    """Chooses white letters on a dark cell, black ones on a light cell."""
    luminance = cells[:, :, :3] @ (0.299, 0.587, 0.114)
    inks = np.where(luminance > 0.5, INK, PAPER)  # noqa: PLR2004 - half of the range
    return np.where(values.isna(), LINE, inks)


LABEL_GAP, _LABEL_OFFSET = 0.095, 0.09
"""Between two labels, and from a centre to its label, in units of the plane."""


def plane(points: Array, centres: Array, names: Sequence[str]) -> bytes:
    """Draws the density of valence and arousal, and the centre of each class on it.

    ``points`` has shape (N, 2) in [-1, 1], valence first; ``centres`` shape (E, 2).
    """
    with _canvas(6.0) as (figure, axes):
        axes.hexbin(
            points[:, 0],
            points[:, 1],
            gridsize=40,
            extent=(-1, 1, -1, 1),
            mincnt=1,
            cmap="Greys",
            norm=LogNorm(vmin=0.5),
            linewidths=0,
        )
        axes.axhline(0, color=LINE, linewidth=1, zorder=0)
        axes.axvline(0, color=LINE, linewidth=1, zorder=0)
        axes.set(xlim=(-1.02, 1.02), ylim=(-1.02, 1.02), aspect="equal")
        axes.set(xticks=(-1, -0.5, 0, 0.5, 1), yticks=(-1, -0.5, 0, 0.5, 1))
        axes.set_xlabel("valence: unpleasant to pleasant")
        axes.set_ylabel("arousal: calm to excited")
        axes.tick_params(colors=QUIET)
        heights = label_heights(centres)
        for place, (centre, name) in enumerate(zip(centres, names, strict=True)):
            colour = CLASS_COLOURS[place % len(CLASS_COLOURS)]
            _mark(axes, centre, name, colour, heights[place])
        return _png(figure)


def label_heights(centres: Array) -> Array:
    """Spreads the labels of either side upright, so that none covers another.

    Returns shape (E,): ``LABEL_GAP`` or more apart, and as near to the centres as that
    allows (least squares).
    """
    heights = centres[:, 1].astype(np.float64)
    for side in (centres[:, 0] < 0, centres[:, 0] >= 0):
        order = np.flatnonzero(side)[np.argsort(heights[side], kind="stable")]
        if len(order):
            steps = LABEL_GAP * np.arange(len(order))
            heights[order] = isotonic_regression(heights[order] - steps).x + steps
    return heights


def _mark(axes: Axes, centre: Array, name: str, colour: str, height: float) -> None:
    side = -1 if centre[0] < 0 else 1
    end = centre[0] + side * _LABEL_OFFSET
    axes.plot([centre[0], end], [centre[1], height], color=INK, linewidth=0.8)
    axes.plot(*centre, "o", markersize=9, color=colour, markeredgecolor=PAPER)
    axes.text(
        end + side * 0.01,
        height,
        name,
        ha="right" if side < 0 else "left",
        va="center",
        fontweight="bold",
        path_effects=[withStroke(linewidth=3, foreground=PAPER)],
    )


FACE_SIDE = 96
"""Pixels of a face's edge on the contact sheet."""


def contact_sheet(faces: Sequence[Sequence[Image.Image]], rows: Sequence[str]) -> bytes:
    """Puts faces of ``FACE_SIDE`` pixels in rows."""
    across = max(map(len, faces))
    sheet = Image.new("RGB", (across * FACE_SIDE, len(faces) * FACE_SIDE), "white")
    for down, row in enumerate(faces):
        for place, face in enumerate(row):
            sheet.paste(face.convert("RGB"), (place * FACE_SIDE, down * FACE_SIDE))
    with _canvas(0.2 + 4.9 * len(faces) / across) as (figure, axes):
        axes.imshow(sheet, aspect="equal")
        axes.set_xticks([])
        axes.set_yticks([FACE_SIDE * (n + 0.5) for n in range(len(rows))], rows)
        axes.spines[:].set_visible(False)
        return _png(figure)
