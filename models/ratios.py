"""Precision, recall and F1 from counts, with one rule for what is undefined.

A label that does not occur has no score (NaN), and a mean leaves it out. A label
that occurs but is never predicted has precision 0, as in scikit-learn's
``zero_division=0``.
"""

import numpy as np

from models.counts import UnitCounts


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
