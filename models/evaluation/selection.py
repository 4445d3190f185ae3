"""What a selection among candidates says, from their values in resamples of subjects.

Every candidate is scored in the same resamples, so that differences are paired. The
best of many is best by chance too: its own value is too high. The bootstrap bias
correction selects in each resample again, and scores the selected candidate on the
subjects that are not in it.

Source: Tsamardinos, Greasidou and Borboudakis 2018, Bootstrapping the out-of-sample
predictions for efficient and accurate cross-validation (BBC-CV).
"""

from dataclasses import dataclass

import numpy as np

RESAMPLES = 1000
LEVEL = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A value with the middle 95 % of its resamples."""

    value: float
    low: float
    high: float


def corrected_value(inside: np.ndarray, outside: np.ndarray) -> Estimate:
    """Estimates the value of selecting the best candidate, without its optimism.

    ``inside`` and ``outside`` (candidates, B) are values on the subjects of each
    resample, and on those that are not in it.
    """
    selected = inside.argmax(axis=0)
    values = outside[selected, np.arange(inside.shape[1])]
    return _estimate(float(values.mean()), values)


def gains(values: np.ndarray, inside: np.ndarray, *, winner: int) -> list[Estimate]:
    """Estimates how much higher the winner's value is than each candidate's.

    ``values`` (candidates,) are those of all rows, ``inside`` those of the resamples.
    """
    return [
        _estimate(float(values[winner] - value), inside[winner] - drawn)
        for value, drawn in zip(values, inside, strict=True)
    ]


def tied_with(inside: np.ndarray, *, winner: int) -> np.ndarray:
    """Marks the candidates that are not significantly worse than the winner; bool.

    The winner is not higher in more than 95 % of the resamples (one-sided, without a
    correction for their number). It is tied with itself.
    """
    apart = inside[winner] - inside
    tied = np.quantile(apart, 1 - LEVEL, axis=1) <= 0
    tied[winner] = True
    return np.asarray(tied)


def _estimate(value: float, drawn: np.ndarray) -> Estimate:
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return Estimate(value=value, low=float(low), high=float(high))
