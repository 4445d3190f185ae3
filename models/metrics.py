"""Metrics of all predictions at once: emotion classes and action units.

Which average is meant is in each name. ``macro`` is the plain mean over the
classes that occur in the targets, ``mean`` the plain mean over the action units
that occur (at least one positive and one negative labelled row); an absent label
scores neither 0 nor 1. A class or unit that occurs but is never predicted has
precision 0. Masked labels count nowhere. Keras's own macro metrics are not used:
they score absent labels as 0 and average over batches.

Source: reference formulas of ``sklearn.metrics`` (the tests compare).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from models.counts import UnitCounts, areas, confusion, unit_counts
from models.predictions import Predictions
from models.ratios import class_scores, divide, mean_defined, unit_scores

if TYPE_CHECKING:  # a study file is checked against the names here, without pandas
    from data_pipeline.targets import Targets

__all__ = [
    "ACTION_UNIT_METRICS",
    "DEFAULT_THRESHOLD",
    "EMOTION_METRICS",
    "METRIC_NAMES",
    "Predictions",
    "action_unit_areas",
    "action_unit_counts",
    "action_unit_metrics",
    "emotion_confusion",
    "emotion_metrics",
    "scores",
    "weighted_scores",
]

EMOTION_METRICS: tuple[str, ...] = (
    "accuracy",
    "balanced_accuracy",
    "macro_precision",
    "macro_recall",
    "macro_f1",
)
ACTION_UNIT_METRICS: tuple[str, ...] = (
    "mean_precision",
    "mean_recall",
    "mean_f1",
    "mean_auc",
)
METRIC_NAMES: tuple[str, ...] = (
    *(f"emotion.{name}" for name in EMOTION_METRICS),
    *(f"action_units.{name}" for name in ACTION_UNIT_METRICS),
)
"""What a study's ``[objective]`` may name; each is in [0, 1], higher is better."""

DEFAULT_THRESHOLD = 0.5


def scores(
    targets: "Targets",
    predictions: Predictions,
    *,
    thresholds: Mapping[str, float] | None = None,
) -> dict[str, float]:
    """Computes every metric of the heads that targets and predictions share.

    Args:
        targets: the labels, row by row.
        predictions: the outputs for the same rows.
        thresholds: the least score at which an action unit counts as present, by
            its name; 0.5 where none is given.

    Returns:
        Names of ``METRIC_NAMES`` to values in [0, 1]; NaN where a metric is
        undefined (no labelled row, no unit that occurs) or where a prediction of
        that head is not finite.
    """
    ones = np.ones((1, len(predictions)))
    found = weighted_scores(targets, predictions, ones, thresholds=thresholds)
    return {name: float(values[0]) for name, values in found.items()}


def weighted_scores(
    targets: "Targets",
    predictions: Predictions,
    weights: np.ndarray,
    *,
    thresholds: Mapping[str, float] | None = None,
) -> dict[str, np.ndarray]:
    """Computes every metric once per weighting of the rows.

    Args:
        targets: the labels, row by row.
        predictions: the outputs for the same rows.
        weights: not negative; shape (B, N).
        thresholds: as for ``scores``.

    Returns:
        As ``scores``, with one value per weighting; shape (B,) each.
    """
    found: dict[str, np.ndarray] = {}
    if targets.emotions and predictions.emotion is not None:
        found |= _prefixed("emotion", emotion_metrics(targets, predictions, weights))
    if targets.action_units and predictions.action_units is not None:
        units = action_unit_metrics(
            targets, predictions, weights, thresholds=thresholds
        )
        found |= _prefixed("action_units", units)
    return found


def emotion_metrics(
    targets: "Targets", predictions: Predictions, weights: np.ndarray
) -> dict[str, np.ndarray]:
    """Computes ``EMOTION_METRICS`` of labelled rows, once per weighting; (B,) each."""
    cells = emotion_confusion(targets, predictions, weights)
    precision, recall, f1 = class_scores(cells)
    hits = np.trace(cells, axis1=1, axis2=2)
    macro_recall = mean_defined(recall)
    values = (
        divide(hits, cells.sum(axis=(1, 2)), undefined=np.nan),
        macro_recall,
        mean_defined(precision),
        macro_recall,
        mean_defined(f1),
    )
    return dict(zip(EMOTION_METRICS, values, strict=True))


def action_unit_metrics(
    targets: "Targets",
    predictions: Predictions,
    weights: np.ndarray,
    *,
    thresholds: Mapping[str, float] | None = None,
) -> dict[str, np.ndarray]:
    """Computes ``ACTION_UNIT_METRICS``, once per weighting; (B,) each."""
    counts = action_unit_counts(targets, predictions, weights, thresholds=thresholds)
    auc = action_unit_areas(targets, predictions, weights)
    values = (mean_defined(column) for column in (*unit_scores(counts), auc))
    return dict(zip(ACTION_UNIT_METRICS, values, strict=True))


def emotion_confusion(
    targets: "Targets", predictions: Predictions, weights: np.ndarray
) -> np.ndarray:
    """Counts true against said emotions of labelled rows; (B, E, E).

    The cells are NaN where a prediction of a labelled row is not finite.
    """
    known = targets.emotion_mask
    output = _head(predictions.emotion)[known]
    cells = confusion(
        targets.emotion[known].argmax(axis=1),
        output.argmax(axis=1),
        classes=len(targets.emotions),
        weights=weights[:, known],
    )
    return cells if np.isfinite(output).all() else np.full_like(cells, np.nan)


def action_unit_counts(
    targets: "Targets",
    predictions: Predictions,
    weights: np.ndarray,
    *,
    thresholds: Mapping[str, float] | None = None,
) -> UnitCounts:
    """Counts hits of each action unit at its threshold, among labelled rows.

    Every count is NaN where a prediction of a labelled row is not finite.
    """
    given = thresholds or {}
    least = [given.get(unit, DEFAULT_THRESHOLD) for unit in targets.action_units]
    mask = targets.action_unit_mask
    # As float64, for a threshold may lie between two neighbouring float32 scores.
    output = _head(predictions.action_units)
    said = output >= np.array(least, dtype=np.float64)
    valid = np.isfinite(output[mask]).all()
    return unit_counts(
        targets.action_unit > 0,
        said,
        mask,
        weights=weights if valid else np.full_like(weights, np.nan),
    )


def action_unit_areas(
    targets: "Targets", predictions: Predictions, weights: np.ndarray
) -> np.ndarray:
    """Computes each action unit's area under the ROC curve; (B, U).

    NaN where a unit lacks a positive or a negative labelled row, and everywhere
    where a prediction of a labelled row is not finite.
    """
    output = _head(predictions.action_units)
    mask = targets.action_unit_mask
    found = areas(targets.action_unit > 0, output, mask, weights=weights)
    return found if np.isfinite(output[mask]).all() else np.full_like(found, np.nan)


def _head(output: np.ndarray | None) -> np.ndarray:
    """Returns a head's outputs as float64, where it has some."""
    if output is None:
        raise ValueError("these predictions lack the head that is to be scored")
    return output.astype(np.float64)


def _prefixed(head: str, found: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Puts the head's name before each metric's."""
    return {f"{head}.{name}": values for name, values in found.items()}
