"""Decision thresholds: the least score at which an action unit counts as present."""

import numpy as np

from data_pipeline.targets.targets import Targets
from models.metrics.action_units import DEFAULT_THRESHOLD
from models.metrics.predictions import Predictions

ENOUGH = 10
"""Positives from which a unit's threshold ignores the other units."""


def choose_thresholds(targets: Targets, predictions: Predictions) -> dict[str, float]:
    """Chooses the threshold of highest F1 for each action unit.

    Use it with pooled out-of-fold predictions, each by a model that was not trained on
    the row's subject, and never with the hold-out.

    Args:
        targets: the labels, row by row.
        predictions: the outputs for the same rows; a row that no fold predicted
            (NaN) is left out.

    Returns:
        A threshold in [0, 1] for each unit's name: a score of at least this much
        means present. With fewer than ``ENOUGH`` positives it lies between the
        unit's own threshold and the one of highest F1 over all units together, the
        nearer to the latter the fewer they are, because a handful of positives
        hardly determines a threshold. A unit without negatives keeps 0.5.

    Raises:
        ValueError: the predictions have no action-unit head.
    """
    if predictions.action_units is None:
        raise ValueError("thresholds need predictions of action units")
    output = predictions.action_units.astype(np.float64)
    usable = targets.action_unit_mask & np.isfinite(output)
    truth = targets.action_unit > 0
    pooled = best_threshold(truth[usable], output[usable])
    return {
        unit: _shrunk(truth[rows, column], output[rows, column], pooled)
        for column, (unit, rows) in enumerate(
            zip(targets.action_units, usable.T, strict=True)
        )
    }


def _shrunk(truth: np.ndarray, scores: np.ndarray, pooled: float) -> float:
    """Weighs a unit's own threshold by its positives, the pooled one by the rest."""
    own = min(int(truth.sum()), ENOUGH) / ENOUGH
    return own * best_threshold(truth, scores) + (1 - own) * pooled


def best_threshold(truth: np.ndarray, scores: np.ndarray) -> float:
    """Finds the threshold of highest F1; among equals the one nearest to 0.5.

    It is midway between two neighbouring scores (or between 0 and the least, which
    makes every row positive); 0.5 where all rows are positive or all negative.

    Example:
        >>> truth = np.array([False, True, True])
        >>> best_threshold(truth, np.array([0.1, 0.3, 0.9]))
        0.2
    """
    if truth.all() or not truth.any():
        return DEFAULT_THRESHOLD
    levels, place = np.unique(scores, return_inverse=True)
    candidates = (levels + np.append(0.0, levels[:-1])) / 2
    predicted = _at_or_above(np.ones(len(scores)), place)
    hits = _at_or_above(truth, place)
    f1 = 2 * hits / (predicted + hits[0])
    best = candidates[f1 == f1.max()]
    return float(best[np.abs(best - DEFAULT_THRESHOLD).argmin()])


def _at_or_above(weights: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Sums the weights of rows whose score is at or above each level."""
    return np.cumsum(np.bincount(place, weights=weights)[::-1])[::-1]
