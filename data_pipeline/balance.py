"""Balance of classes and action units, computed from training rows only.

A balance either weighs rows or repeats them, never both: its name stands in one of
two tables.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from data_pipeline.errors import DataError
from data_pipeline.label_weights import effective_number, frequency, label_weights
from data_pipeline.oversample import by_emotion, by_labels
from data_pipeline.targets import Targets

Array = np.ndarray[Any, Any]

NONE = "none"

WEIGHED: dict[str, Callable[[float], Callable[[Array], Array]]] = {
    "class_weights": lambda _: frequency,
    "effective_number": lambda beta: partial(effective_number, beta=beta),
}
"""Balances that weigh labels -> beta -> what a number of rows is worth."""

REPEATED: dict[str, Callable[[Targets, int], Array]] = {
    "oversample": by_emotion,
    "oversample_labels": by_labels,
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
    if mode in WEIGHED:
        weights = label_weights(part, WEIGHED[mode](beta))
    elif mode in REPEATED:
        rows = rows[REPEATED[mode](part, seed)]
    elif mode != NONE:
        raise DataError(
            f"balance is one of {', '.join((NONE, *WEIGHED, *REPEATED))}, found "
            f"{mode!r}"
        )
    return Balance(
        rows=rows,
        emotion_weights=weights[0].astype(np.float32),
        au_weights=weights[1].astype(np.float32),
    )
