"""Balance of classes and action units, computed from training rows only.

A balance either weighs rows or repeats them, never both: its name stands in one of
two tables.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from data_pipeline.system.errors import DataError
from data_pipeline.targets.oversampling import ml_ros, oversample_classes
from data_pipeline.targets.targets import Targets

Array = np.ndarray[Any, Any]

MOST_AU_WEIGHT = 10.0
"""Positives are not weighted up further, however rare: noise would rule."""


def class_weights(
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


NONE = "none"

WEIGHTINGS: dict[str, Callable[[float], Callable[[Array], Array]]] = {
    "class_weights": lambda _: frequency,
    "effective_number": lambda beta: partial(effective_number, beta=beta),
}
"""Balances that weigh labels -> beta -> what a number of rows is worth."""

OVERSAMPLERS: dict[str, Callable[[Targets, int], Array]] = {
    "oversample": oversample_classes,
    "oversample_labels": ml_ros,
}
"""Balances that repeat rows -> targets of the training rows, seed -> positions."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Balance:
    """How training rows are drawn and weighted.

    Attributes:
        rows: shape (M,), training rows, each at least once.
        emotion_weights: shape (E,), float32, positive; one for each class.
        au_weights: shape (U,), float32 in [1, 10]; weight of an AU's positives.
    """

    rows: Array
    emotion_weights: Array
    au_weights: Array


def balance(
    targets: Targets, rows: Array, mode: str, seed: int, *, beta: float = 0.999
) -> Balance:
    """Balances one training part.

    Args:
        targets: targets of the whole table.
        rows: positions of the training rows; no other row is looked at.
        mode: ``"none"``; ``"class_weights"``: classes weigh the inverse of their
            frequency, and an AU's positives weigh negatives / positives;
            ``"effective_number"``: the same with effective numbers of rows;
            ``"oversample"``: rows are repeated until the emotions are equally
            frequent; ``"oversample_labels"``: rows with a rare emotion or AU are.
        seed: decides which rows are repeated.
        beta: of the effective number, in [0, 1).

    Returns:
        The rows to train on and the weights; one of the two as without balance.

    Raises:
        DataError: the mode is unknown.
    """
    part = targets.take(rows)
    weights = np.ones(len(part.emotions)), np.ones(len(part.action_units))
    if mode in WEIGHTINGS:
        weights = class_weights(part, WEIGHTINGS[mode](beta))
    elif mode in OVERSAMPLERS:
        rows = rows[OVERSAMPLERS[mode](part, seed)]
    elif mode != NONE:
        raise DataError(
            f"balance is one of {', '.join((NONE, *WEIGHTINGS, *OVERSAMPLERS))}, found "
            f"{mode!r}"
        )
    return Balance(
        rows=rows,
        emotion_weights=weights[0].astype(np.float32),
        au_weights=weights[1].astype(np.float32),
    )
