"""Weighted counts behind every metric: hits and misses.

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

    Raises:
        ValueError: a row is, or is said to be, of a class that there is not.
    """
    _require_classes("true", truth, classes)
    # Of three classes, class 3 of row 0 would count as class 0 of row 1.
    _require_classes("said", said, classes)
    cells = np.zeros((len(truth), classes * classes))
    cells[np.arange(len(truth)), truth * classes + said] = 1.0
    return (weights @ cells).reshape(len(weights), classes, classes)


def _require_classes(which: str, numbers: np.ndarray, classes: int) -> None:
    """Refuses a class number outside 0 to ``classes`` - 1."""
    wrong = numbers[(numbers < 0) | (numbers >= classes)]
    if len(wrong):
        raise ValueError(
            f"{which} classes are numbered 0 to {classes - 1}, found {wrong[0]}"
        )


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


def class_scores(confusion: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Computes each class's precision, recall and F1.

    Args:
        confusion: weighted counts, true class by row; shape (B, E, E).

    Returns:
        Precision, recall and F1 in [0, 1], NaN for classes without a true row.
        Shape (B, E) each. Rows said to be of an absent class lower the recall of
        their true class.
    """
    hits = np.diagonal(confusion, axis1=1, axis2=2)
    return _scores(hits, said=confusion.sum(axis=1), true=confusion.sum(axis=2))


def unit_scores(counts: UnitCounts) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Computes each action unit's precision, recall and F1 of presence.

    Args:
        counts: weighted counts of labelled rows.

    Returns:
        Precision, recall and F1 in [0, 1], NaN for units that do not occur.
        Shape (B, U) each.
    """
    found = _scores(counts.hits, said=counts.said, true=counts.positives)
    precision, recall, f1 = (np.where(counts.occurs, s, np.nan) for s in found)
    return precision, recall, f1


def pooled_scores(counts: UnitCounts) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Computes the micro precision, recall and F1: of all units' labels together.

    Args:
        counts: weighted counts of labelled rows.

    Returns:
        Precision, recall and F1 in [0, 1], NaN where no unit is ever present.
        Shape (B,) each.
    """
    return _scores(
        counts.hits.sum(axis=1),
        said=counts.said.sum(axis=1),
        true=counts.positives.sum(axis=1),
    )


def _scores(
    hits: np.ndarray, *, said: np.ndarray, true: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Computes precision, recall and F1; NaN where nothing is true."""
    precision = np.where(true > 0, divide(hits, said, undefined=0.0), np.nan)
    recall = divide(hits, true, undefined=np.nan)
    # 2 TP / (2 TP + FP + FN): defined wherever the label occurs.
    f1 = np.where(true > 0, divide(2 * hits, said + true, undefined=0.0), np.nan)
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
