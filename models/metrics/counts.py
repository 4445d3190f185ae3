"""Weighted counts behind every metric: hits and misses.

Each function takes many weightings of the same rows at once (``B`` rows of
weights). All ones is the plain metric; how often a bootstrap sampled each row is a
resample. So a metric and its interval come from one formula.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitCounts:
    """Weighted counts of each action unit among its labelled rows; (B, U) each."""

    hits: np.ndarray
    """Rows that have the unit and are predicted to have it."""
    predicted: np.ndarray
    """Rows that are predicted to have the unit."""
    positives: np.ndarray
    """Rows that have the unit."""
    labelled: np.ndarray
    """Rows where the unit is coded, as present or as absent."""

    @property
    def occurs(self) -> np.ndarray:
        """Which units have both a positive and a negative row; (B, U) bool."""
        return (self.positives > 0) & (self.positives < self.labelled)


def confusion(
    truth: np.ndarray, predicted: np.ndarray, *, classes: int, weights: np.ndarray
) -> np.ndarray:
    """Counts each pair of true and predicted class, given as numbers from 0; (N,) each.

    Weights (B, N) are not negative. Returns cells (B, E, E), true class by row.

    Raises:
        ValueError: a class number is not below ``classes``.
    """
    _require_classes("true", truth, classes)
    # Of three classes, class 3 of row 0 would count as class 0 of row 1.
    _require_classes("predicted", predicted, classes)
    cells = np.zeros((len(truth), classes * classes))
    cells[np.arange(len(truth)), truth * classes + predicted] = 1.0
    return (weights @ cells).reshape(len(weights), classes, classes)


def _require_classes(which: str, numbers: np.ndarray, classes: int) -> None:
    """Refuses a class number outside 0 to ``classes`` - 1."""
    wrong = numbers[(numbers < 0) | (numbers >= classes)]
    if len(wrong):
        raise ValueError(
            f"{which} classes are numbered 0 to {classes - 1}, found {wrong[0]}"
        )


def unit_counts(
    truth: np.ndarray, predicted: np.ndarray, mask: np.ndarray, *, weights: np.ndarray
) -> UnitCounts:
    """Counts each action unit's labelled rows, positives and hits.

    Truth, predictions and mask are bool, (N, U); weights (B, N) are not negative.
    """
    return UnitCounts(
        hits=weights @ (truth & predicted & mask),
        predicted=weights @ (predicted & mask),
        positives=weights @ (truth & mask),
        labelled=weights @ mask,
    )


def class_scores(confusion: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Computes each class's precision, recall and F1 of counts (B, E, E); (B, E) each.

    NaN for classes without a true row. Rows predicted as an absent class lower the
    recall of their true class.
    """
    hits = np.diagonal(confusion, axis1=1, axis2=2)
    return _scores(hits, predicted=confusion.sum(axis=1), true=confusion.sum(axis=2))


def unit_scores(counts: UnitCounts) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Computes each action unit's precision, recall and F1 of presence; (B, U) each.

    NaN for units that do not occur.
    """
    scores = _scores(counts.hits, predicted=counts.predicted, true=counts.positives)
    precision, recall, f1 = (np.where(counts.occurs, s, np.nan) for s in scores)
    return precision, recall, f1


def pooled_scores(counts: UnitCounts) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Computes micro precision, recall and F1, of all units' labels; (B,) each.

    NaN where no unit is ever present.
    """
    return _scores(
        counts.hits.sum(axis=1),
        predicted=counts.predicted.sum(axis=1),
        true=counts.positives.sum(axis=1),
    )


def _scores(
    hits: np.ndarray, *, predicted: np.ndarray, true: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Computes precision, recall and F1; NaN where nothing is true."""
    precision = np.where(true > 0, divide(hits, predicted, undefined=0.0), np.nan)
    recall = divide(hits, true, undefined=np.nan)
    # 2 TP / (2 TP + FP + FN): defined wherever the label occurs.
    f1 = np.where(true > 0, divide(2 * hits, predicted + true, undefined=0.0), np.nan)
    return precision, recall, f1


def divide(over: np.ndarray, under: np.ndarray, *, undefined: float) -> np.ndarray:
    """Divides; gives ``undefined`` where ``under`` is not above 0."""
    quotient = np.full(np.broadcast(over, under).shape, undefined)
    np.divide(over, under, out=quotient, where=under > 0)
    return quotient


def mean_defined(values: np.ndarray) -> np.ndarray:
    """Averages the entries of each row that are defined; NaN where none is.

    Shape: (B, labels) in, (B,) out.
    """
    defined = ~np.isnan(values)
    total = np.where(defined, values, 0.0).sum(axis=1)
    return divide(total, defined.sum(axis=1), undefined=np.nan)


def weighted_mean_defined(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Averages the entries of each row that are defined, by weight; NaN without any.

    Shape: (B, labels) each in, (B,) out.
    """
    defined = ~np.isnan(values)
    total = np.where(defined, values * weights, 0.0).sum(axis=1)
    heaviness = np.where(defined, weights, 0.0).sum(axis=1)
    return divide(total, heaviness, undefined=np.nan)
