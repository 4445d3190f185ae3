"""Weighted counts behind every metric: hits and misses, and areas under curves.

Each function takes many weightings of the same rows at once (``B`` rows of
weights). All ones is the plain metric; how often a bootstrap drew each row is a
resample. So a metric and its interval come from one formula.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitCounts:
    """Weighted counts of each action unit among its labelled rows.

    Shape: each array is (B, U).
    """

    hits: np.ndarray
    """Rows that have the unit and are said to have it."""
    said: np.ndarray
    """Rows that are said to have the unit."""
    positives: np.ndarray
    """Rows that have the unit."""
    labelled: np.ndarray
    """Rows where somebody coded the unit, as present or as absent."""

    @property
    def occurs(self) -> np.ndarray:
        """Tells which units have both a positive and a negative row; (B, U) bool."""
        return (self.positives > 0) & (self.positives < self.labelled)


def confusion(
    truth: np.ndarray, said: np.ndarray, *, classes: int, weights: np.ndarray
) -> np.ndarray:
    """Counts each pair of true and said class.

    Args:
        truth: the true class of each row, 0 to ``classes`` - 1; shape (N,).
        said: the predicted class of each row; shape (N,).
        classes: the number of classes E.
        weights: not negative, one row per weighting; shape (B, N).

    Returns:
        The weight of each cell, true class by row; shape (B, E, E).
    """
    cells = np.zeros((len(truth), classes * classes))
    cells[np.arange(len(truth)), truth * classes + said] = 1.0
    return (weights @ cells).reshape(len(weights), classes, classes)


def unit_counts(
    truth: np.ndarray, said: np.ndarray, mask: np.ndarray, *, weights: np.ndarray
) -> UnitCounts:
    """Counts each action unit's labelled rows, positives and hits.

    Args:
        truth: whether a row has a unit; shape (N, U), bool.
        said: whether a row is said to have it; shape (N, U), bool.
        mask: whether the label is known; shape (N, U), bool.
        weights: not negative, one row per weighting; shape (B, N).

    Returns:
        The counts of labelled rows only.
    """
    return UnitCounts(
        hits=weights @ (truth & said & mask),
        said=weights @ (said & mask),
        positives=weights @ (truth & mask),
        labelled=weights @ mask,
    )


def areas(
    truth: np.ndarray, scores: np.ndarray, mask: np.ndarray, *, weights: np.ndarray
) -> np.ndarray:
    """Computes each action unit's area under the ROC curve over labelled rows.

    Args:
        truth: whether a row has a unit; shape (N, U), bool.
        scores: the higher, the likelier the unit; shape (N, U).
        mask: whether the label is known; shape (N, U), bool.
        weights: not negative, one row per weighting; shape (B, N).

    Returns:
        Areas in [0, 1]; NaN where a unit lacks a positive or a negative row.
        Shape (B, U).
    """
    columns = [
        _area(truth[known, unit], scores[known, unit], weights[:, known])
        for unit, known in enumerate(mask.T)
    ]
    return np.stack(columns, axis=1) if columns else np.empty((len(weights), 0))


def _area(truth: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The chance that a positive row outranks a negative one, ties half; (B,)."""
    if not truth.any() or truth.all():
        return np.full(len(weights), np.nan)
    order = np.argsort(scores, kind="stable")
    ranked = scores[order]
    starts = np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1]))
    above = np.add.reduceat(weights[:, order] * truth[order], starts, axis=1)
    below = np.add.reduceat(weights[:, order] * ~truth[order], starts, axis=1)
    wins = (above * (np.cumsum(below, axis=1) - below / 2)).sum(axis=1)
    pairs = above.sum(axis=1) * below.sum(axis=1)
    area = np.full(len(weights), np.nan)
    np.divide(wins, pairs, out=area, where=pairs > 0)
    return area
