"""Agreement beyond chance, and scores that do not depend on the labels' skew.

Source: Cohen 1960 (kappa); Gorodkin 2004 (the K-category correlation, MCC); Jeni,
Cohn and De la Torre 2013 (skew-normalised F1 and kappa).
"""

import numpy as np

from models.metrics.counts import UnitCounts, divide


def kappa(confusion: np.ndarray) -> np.ndarray:
    """Computes Cohen's kappa of weighted counts (B, E, E), true class by row; (B,).

    In [-1, 1]; NaN where truth and predictions have only one class.
    """
    total = confusion.sum(axis=(1, 2))
    over, chance = _beyond_chance(confusion)
    return divide(over, total**2 - chance, undefined=np.nan)


def correlation(confusion: np.ndarray) -> np.ndarray:
    """Computes the Matthews correlation coefficient of counts (B, E, E); (B,).

    In [-1, 1]; 0 where truth or predictions have only one class, as in scikit-learn,
    and NaN without rows.
    """
    total = confusion.sum(axis=(1, 2))
    true, predicted = confusion.sum(axis=2), confusion.sum(axis=1)
    over, _ = _beyond_chance(confusion)
    spread = (total**2 - (true**2).sum(axis=1)) * (
        total**2 - (predicted**2).sum(axis=1)
    )
    found = divide(over, np.sqrt(np.maximum(spread, 0.0)), undefined=0.0)
    return np.where(total > 0, found, np.nan)


def _beyond_chance(confusion: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Counts, in pairs of rows, hits beyond those of chance, and those of chance."""
    total = confusion.sum(axis=(1, 2))
    hits = np.trace(confusion, axis1=1, axis2=2)
    chance = (confusion.sum(axis=1) * confusion.sum(axis=2)).sum(axis=1)
    return total * hits - chance, chance


def unit_f1_norm(counts: UnitCounts) -> np.ndarray:
    """Computes each unit's F1 as if it were present in half of the rows; (B, U).

    2 TPR / (TPR + FPR + 1), in [0, 1]; NaN for units that do not occur.
    """
    true, false = _rates(counts)
    return np.asarray(2 * true / (true + false + 1))


def unit_balanced_accuracy(counts: UnitCounts) -> np.ndarray:
    """Computes each unit's mean recall of presence and absence, in [0, 1]; (B, U)."""
    true, false = _rates(counts)
    return np.asarray((true + 1 - false) / 2)


def unit_kappa(counts: UnitCounts) -> np.ndarray:
    """Computes Cohen's kappa of each unit, in [-1, 1]; (B, U)."""
    total, predicted, true = counts.labelled, counts.predicted, counts.positives
    hits = counts.hits + total - predicted - true + counts.hits
    chance = predicted * true + (total - predicted) * (total - true)
    found = divide(total * hits - chance, total**2 - chance, undefined=np.nan)
    return np.where(counts.occurs, found, np.nan)


def unit_kappa_norm(counts: UnitCounts) -> np.ndarray:
    """Computes each unit's kappa as if it were present in half of the rows; (B, U).

    TPR + TNR - 1, in [-1, 1]; NaN for units that do not occur.
    """
    true, false = _rates(counts)
    return np.asarray(true - false)


def unit_correlation(counts: UnitCounts) -> np.ndarray:
    """Computes the Matthews correlation coefficient of each unit; (B, U).

    In [-1, 1]; 0 where a unit that occurs is predicted always or never, and NaN for
    units that do not occur.
    """
    total, predicted, true = counts.labelled, counts.predicted, counts.positives
    over = total * counts.hits - predicted * true
    spread = predicted * (total - predicted) * true * (total - true)
    found = divide(over, np.sqrt(np.maximum(spread, 0.0)), undefined=0.0)
    return np.where(counts.occurs, found, np.nan)


def _rates(counts: UnitCounts) -> tuple[np.ndarray, np.ndarray]:
    """Computes each unit's true and false positive rate; NaN where it is unknown."""
    negatives = counts.labelled - counts.positives
    return (
        divide(counts.hits, counts.positives, undefined=np.nan),
        divide(counts.predicted - counts.hits, negatives, undefined=np.nan),
    )
