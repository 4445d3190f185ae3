"""The picture of a trial: its learning curves, and its errors on validation rows."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from data_pipeline.pages.canvas import (
    CONTRAST,
    INK,
    MAIN,
    PAPER,
    QUIET,
    png,
    styled,
)
from data_pipeline.targets.targets import Targets
from models.metrics.action_units import action_unit_counts
from models.metrics.counts import unit_scores
from models.metrics.emotion import emotion_confusion
from models.metrics.intensities import unit_intensity_metrics
from models.metrics.predictions import Predictions
from search.trial.messages import Completed

Fold = Sequence[tuple[int, float, float | None]]
"""Epochs, from 1, the value of each, and that of a sample of training rows."""

CURVES, CHARTS = 2.2, 2.7
"""Inches of the height of the curves, and of the charts below."""

WIDTH, MATRIX, BARS, GAP = 5.6, 2.9, 2.0, 0.9
"""Inches of the least width of curves, of those of charts, and before each."""

TITLE, LABELS = 0.85, 0.6
"""Inches above the curves, and below each row: the axis and its labels."""

DOTS = 110
"""Dots an inch: sharp on a card of the dashboard, and drawn in 0.1 s."""

RATINGS = {"valence": "valence_arousal.valence_ccc"}
RATINGS |= {"arousal": "valence_arousal.arousal_ccc"}


def draw_trial(
    title: str, folds: Sequence[Fold], outcome: Completed, targets: Targets
) -> bytes:
    """Draws a completed trial as PNG.

    Args:
        title: the first line.
        folds: the curve of each fold.
        outcome: the trial, with its predictions of validation rows.
        targets: the labels of these rows.
    """
    charts = _charts(outcome, targets)
    widths = [MATRIX if isinstance(chart, _Matrix) else BARS for chart in charts]
    right = max(WIDTH, sum(widths) + GAP * (len(widths) - 1))
    below = CHARTS + LABELS + 0.25 if charts else 0.0
    width, height = GAP + right + 0.2, TITLE + CURVES + LABELS + below
    with styled():
        figure = Figure(figsize=(width, height))

        def place(left: float, bottom: float, wide: float, high: float) -> Axes:
            box = left / width, bottom / height, wide / width, high / height
            return figure.add_axes(box)

        figure.text(0.15 / width, 1 - 0.2 / height, title, va="center", fontsize=10)
        _draw_curves(place(GAP, below + LABELS, right, CURVES), folds, outcome)
        left = GAP
        for chart, wide in zip(charts, widths, strict=True):
            chart.draw(place(left, LABELS, wide, CHARTS))
            left += wide + GAP
        return png(figure, dots=DOTS)


def _draw_curves(axes: Axes, folds: Sequence[Fold], outcome: Completed) -> None:
    """Draws a line for each fold, thick the one of their pooled predictions."""
    for place, fold in enumerate(folds):
        epochs = [epoch for epoch, _, _ in fold]
        trained = [(e, value) for e, _, value in fold if value is not None]
        label = {"validation": "validation, each fold", "training": "training sample"}
        hidden = place > 0
        axes.plot(
            epochs,
            [value for _, value, _ in fold],
            color=MAIN,
            linewidth=0.8,
            label="_" if hidden else label["validation"],
        )
        axes.plot(
            *zip(*trained, strict=True) if trained else ([], []),
            color=CONTRAST,
            linewidth=0.8,
            linestyle="--",
            label="_" if hidden or not trained else label["training"],
        )
    whole = range(1, len(outcome.curve) + 1)
    axes.plot(whole, outcome.curve, color=MAIN, linewidth=2.2, label="pooled, smoothed")
    axes.plot(outcome.epoch, outcome.value, "o", color=INK, label="its value")
    axes.set_xlabel("epoch", labelpad=1)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    axes.tick_params(colors=QUIET, labelsize=8)
    axes.legend(
        loc="lower left", bbox_to_anchor=(-0.02, 1), ncols=4, frameon=False, fontsize=8
    )


def _charts(outcome: Completed, targets: Targets) -> "list[_Matrix | _Bars]":
    """Lists the charts of the heads that a trial has."""
    found: list[_Matrix | _Bars] = []
    predictions, whole = outcome.predictions, np.ones((1, len(targets)))
    if predictions is None:
        return found
    if targets.emotions and predictions.emotion is not None:
        cells = emotion_confusion(targets, predictions, whole)[0]
        found.append(_Matrix(targets.emotions, cells))
    if targets.action_units and predictions.action_units is not None:
        found.append(_units(outcome, predictions, targets))
    if targets.intensities and predictions.action_unit_intensities is not None:
        (each,) = unit_intensity_metrics(targets, predictions, whole)["icc"]
        found.append(
            _Bars("ICC", dict(zip(targets.intensities, each.tolist(), strict=True)))
        )
    if targets.dimensions and predictions.valence_arousal is not None:
        each = {name: outcome.scores.get(key, np.nan) for name, key in RATINGS.items()}
        found.append(_Bars("CCC", each))
    return found


def _units(outcome: Completed, predictions: Predictions, targets: Targets) -> "_Bars":
    counts = action_unit_counts(
        targets,
        predictions,
        np.ones((1, len(targets))),
        thresholds=outcome.thresholds,
    )
    (f1,) = unit_scores(counts)[2]
    named = dict(zip(targets.action_units, f1.tolist(), strict=True))
    return _Bars("F1 at the chosen threshold", named)


class _Matrix:
    """Counts of true classes, a row each, by predicted ones."""

    def __init__(self, classes: Sequence[str], cells: np.ndarray) -> None:
        self._classes, self._cells = classes, cells

    def draw(self, axes: Axes) -> None:
        """Draws cells as dark as their share of the row; zeros have no number."""
        cells, many = self._cells, len(self._classes)
        shares = cells / np.maximum(cells.sum(axis=1, keepdims=True), 1)
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
        for (row, column), count in np.ndenumerate(cells):
            if count > 0:
                dark = shares[row, column] > 0.55  # noqa: PLR2004 - of this map
                ink = PAPER if dark else INK
                cell = axes.text(column, row, f"{count:g}", fontsize=8, color=ink)
                cell.set(ha="center", va="center")
        _name_rows(axes, self._classes)
        axes.set_xticks([])
        for column, name in enumerate(self._classes):
            label = axes.text(column + 0.2, many - 0.4, name, fontsize=7, color=QUIET)
            label.set(ha="right", va="top", rotation=35)
        axes.set_title(
            "validation rows: true (left) by predicted",
            fontsize=9,
            loc="left",
            color=QUIET,
        )
        axes.spines[:].set_visible(False)


class _Bars:
    """A bar for each name, from 0 to 1."""

    def __init__(self, title: str, values: Mapping[str, float]) -> None:
        self._title, self._values = title, values

    def draw(self, axes: Axes) -> None:
        """Draws the bars with their values; an undefined one has a dash."""
        places = range(len(self._values))
        values = np.array([*self._values.values()])
        axes.barh(places, np.nan_to_num(values), height=0.72, color=MAIN)
        for place, value in enumerate(values):
            text = f"{value:.2f}" if np.isfinite(value) else "-"
            at = max(float(np.nan_to_num(value)), 0.0) + 0.02
            axes.text(at, place, text, va="center", fontsize=7, color=QUIET)
        _name_rows(axes, list(self._values))
        axes.set_ylim(len(values) - 0.4, -0.6)
        axes.set_xlim(min(0.0, *np.nan_to_num(values)), 1.12)
        axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"], fontsize=7)
        axes.set_title(self._title, fontsize=9, loc="left", color=QUIET)


def _name_rows(axes: Axes, names: Sequence[str]) -> None:
    """Writes names left of rows; each tick of Matplotlib would take 5 ms."""
    axes.set_yticks([])
    across = axes.get_yaxis_transform()
    for place, name in enumerate(names):
        label = axes.text(-0.02, place, name, transform=across, fontsize=8)
        label.set(ha="right", va="center")
