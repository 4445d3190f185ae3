"""Class balancing of training rows.

A mode either weights rows or repeats them, never both: its name is in one of two
tables.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from data_pipeline.system.errors import DataError
from data_pipeline.targets.balances import (
    BALANCES,
    CLASS_WEIGHTS,
    EFFECTIVE_NUMBER,
    NONE,
    OVERSAMPLE,
    OVERSAMPLE_LABELS,
)
from data_pipeline.targets.oversampling import ml_ros, oversample_classes
from data_pipeline.targets.targets import Targets

Array = np.ndarray[Any, Any]
Count = Callable[[Array], Array]
"""Numbers of rows -> effective numbers of rows."""

MAX_AU_WEIGHT = 10.0
"""Upper bound on the weight of an AU's positives: very rare ones are mostly noise."""


def class_weights(part: Targets, count: Count) -> tuple[Array, Array]:
    """Weights classes and the positives of each AU by their effective number of rows.

    Returns:
        A weight for each class, 1 / number, of mean 1 over the labelled rows; and for
        each AU, negatives / positives, in [1, 10]. A class or AU that is absent weighs
        1. Shapes (E,) and (U,), float32.
    """
    return _weigh_classes(part, count), _weigh_positives(part, count)


def frequency(rows: Array) -> Array:
    """Returns the numbers of rows unchanged: weights are inverse frequencies."""
    return rows


def effective_number(rows: Array, *, beta: float) -> Array:
    """Returns (1 - beta^n) / (1 - beta) for each n; beta is in [0, 1).

    At beta = 0 any number of rows counts as one; towards 1 each row counts.

    Source:
        Cui et al. 2019, "Class-Balanced Loss Based on Effective Number of Samples",
        proposition 1.

    Example:
        >>> effective_number(np.array([0, 1, 2, 1000]), beta=0.5).tolist()
        [0.0, 1.0, 1.5, 2.0]
    """
    numbers: Array = (1.0 - np.power(beta, rows)) / (1.0 - beta)
    return numbers


def _weigh_classes(part: Targets, count: Count) -> Array:
    counts = part.emotion[part.emotion_mask].sum(axis=0, dtype=np.float64)
    present = counts > 0
    weights = np.ones(len(counts))
    weights[present] = 1.0 / count(counts[present])
    total = (weights * counts).sum()
    if total > 0:
        weights[present] *= counts.sum() / total
    return weights.astype(np.float32)


def _weigh_positives(part: Targets, count: Count) -> Array:
    positives = (part.action_unit * part.action_unit_mask).sum(axis=0, dtype=np.float64)
    negatives = part.action_unit_mask.sum(axis=0) - positives
    ratio = count(negatives) / count(np.maximum(positives, 1.0))
    weights = np.where(positives > 0, np.clip(ratio, 1.0, MAX_AU_WEIGHT), 1.0)
    return weights.astype(np.float32)


WEIGHTINGS: dict[str, Callable[[float], Count]] = {
    CLASS_WEIGHTS: lambda _: frequency,
    EFFECTIVE_NUMBER: lambda beta: partial(effective_number, beta=beta),
}
"""Modes that weight labels -> beta -> the count."""

OVERSAMPLERS: dict[str, Callable[[Targets, int], Array]] = {
    OVERSAMPLE: oversample_classes,
    OVERSAMPLE_LABELS: ml_ros,
}
"""Modes that repeat rows -> targets of the training rows, seed -> positions."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Balance:
    """The rows and weights of one training part.

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
        rows: positions of the training rows; no other row is used.
        mode: ``"none"``; ``"class_weights"``: inverse frequency for classes, negatives
            / positives for AUs; ``"effective_number"``: the same with effective
            numbers of rows; ``"oversample"``: rows are repeated until the emotions are
            equally frequent; ``"oversample_labels"``: rows with a rare emotion or AU.
        seed: selects the repeated rows.
        beta: of the effective number, in [0, 1).

    Returns:
        The training rows and the weights.

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
        raise DataError(f"balance is one of {', '.join(BALANCES)}, found {mode!r}")
    return Balance(
        rows=rows,
        emotion_weights=weights[0].astype(np.float32),
        au_weights=weights[1].astype(np.float32),
    )
