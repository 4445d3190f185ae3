"""Weights of emotion classes and of action units' positives, from training rows."""

from collections.abc import Callable
from typing import Any

import numpy as np

from data_pipeline.targets import Targets

Array = np.ndarray[Any, Any]

MOST_AU_WEIGHT = 10.0
"""Positives are not weighted up further, however rare: noise would rule."""


def label_weights(
    part: Targets, worth: Callable[[Array], Array]
) -> tuple[Array, Array]:
    """Weighs classes, and each AU's positives, by what their rows are worth.

    Args:
        part: targets of the training rows.
        worth: turns numbers of rows into what so many rows are worth together.

    Returns:
        One weight a class, the inverse of its worth, and one an AU: the worth of its
        negatives over that of its positives. A class or AU that does not occur
        weighs 1.

    Shape:
        (E,) and (U,), float32.

    Unit and range:
        Classes average 1 over the labelled rows; AUs lie in [1, 10].
    """
    return _classes(part, worth), _positives(part, worth)


def frequency(rows: Array) -> Array:
    """Takes so many rows for what they are: the weight is the inverse frequency.

    Args:
        rows: numbers of rows, 0 or more.

    Returns:
        The same numbers.
    """
    return rows


def effective_number(rows: Array, *, beta: float) -> Array:
    """Counts the rows that are new: each adds beta times what the one before added.

    Args:
        rows: numbers of rows, 0 or more.
        beta: in [0, 1): at 0 any number is worth one row, towards 1 each row is worth
            itself.

    Returns:
        (1 - beta^n) / (1 - beta) for each n.

    Source:
        Cui et al. 2019, "Class-Balanced Loss Based on Effective Number of Samples",
        proposition 1.

    Example:
        >>> effective_number(np.array([0, 1, 2, 1000]), beta=0.5).tolist()
        [0.0, 1.0, 1.5, 2.0]
    """
    numbers: Array = (1.0 - np.power(beta, rows)) / (1.0 - beta)
    return numbers


def _classes(part: Targets, worth: Callable[[Array], Array]) -> Array:
    counts = part.emotion[part.emotion_mask].sum(axis=0, dtype=np.float64)
    present = counts > 0
    weights = np.ones(len(counts))
    weights[present] = 1.0 / worth(counts[present])
    total = (weights * counts).sum()
    if total > 0:
        weights[present] *= counts.sum() / total
    return weights.astype(np.float32)


def _positives(part: Targets, worth: Callable[[Array], Array]) -> Array:
    positives = (part.action_unit * part.action_unit_mask).sum(axis=0, dtype=np.float64)
    negatives = part.action_unit_mask.sum(axis=0) - positives
    ratio = worth(negatives) / worth(np.maximum(positives, 1.0))
    weights = np.where(positives > 0, np.clip(ratio, 1.0, MOST_AU_WEIGHT), 1.0)
    return weights.astype(np.float32)
