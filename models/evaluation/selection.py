"""What a selection among candidates says, from their values in resamples of subjects.

Every candidate is scored in the same resamples, so that differences are paired. The
best of many is best by chance too: its own value, and what it gains over others, are
too high. The bootstrap bias correction selects in each resample again, and scores the
selected candidate on the subjects that are not in it.

The winner may have been chosen by another value than this score (a trial's is smoothed
over epochs). ``selected_by`` adds the difference of the two on all rows to the scores
by which a resample selects, so that all rows select the winner too.

The spread of these scores is no standard error: about 37 % of the subjects are outside
a resample. Percentiles of what the winner gained have its optimism in them, and contain
the truth in .73 to .94 of simulations. The standard error here is the jackknife's over
subjects, the root of its mean variance over the candidates that the resamples selected:
the winner alone has few errors by luck. ``tests.benchmarks.intervals.selection``
measures both.

Source: Tsamardinos, Greasidou and Borboudakis 2018, Bootstrapping the out-of-sample
predictions for efficient and accurate cross-validation (BBC-CV); Efron and Tibshirani
1993, An Introduction to the Bootstrap, chapter 11 (jackknife).
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import stdtrit

from models.evaluation.jackknife import (
    DIFFERENCE,
    LEVEL,
    Moments,
    Scale,
    ends_of,
    moments,
)

RESAMPLES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A value with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CandidateValues:
    """Values of candidates on the same weightings of the rows, a line a candidate.

    ``without`` (C, 1 + G): of all rows, then without each group of subjects in turn.
    ``inside`` and ``outside`` (C, B): on the subjects of each resample, and on those
    that are not in it. ``subjects`` is their number.
    """

    without: np.ndarray
    inside: np.ndarray
    outside: np.ndarray
    subjects: int

    @property
    def whole(self) -> np.ndarray:
        """The values of all rows; (C,)."""
        return self.without[:, 0]

    @property
    def first(self) -> np.ndarray:
        """The candidate that each resample selects; (B,)."""
        return np.asarray(self.inside.argmax(axis=0))

    @property
    def second(self) -> np.ndarray:
        """The next best candidate of each resample; (B,)."""
        others = self.inside.copy()
        others[self.first, np.arange(others.shape[1])] = -np.inf
        return np.asarray(others.argmax(axis=0))


def selected_by(values: CandidateValues, chosen_by: np.ndarray) -> CandidateValues:
    """Selects in each resample as on all rows, where ``chosen_by`` (C,) decided.

    What the winner scores is not changed: only ``inside`` has the difference added.
    """
    added = chosen_by - values.whole
    return replace(values, inside=values.inside + added[:, None])


def corrected_value(values: CandidateValues, scale: Scale) -> Estimate:
    """Estimates the value of selecting the best candidate, without its optimism.

    Of a single candidate nothing is selected: it is that one's own value.
    """
    first = values.first
    drawn = values.outside[first, np.arange(len(first))]
    places, counts = np.unique(first, return_counts=True)
    value = drawn.mean() if len(values.whole) > 1 else values.whole[0]
    found = _centred(float(value), values.without[places], counts)
    return _estimate(found, scale, values.subjects)


def gains(values: CandidateValues, *, winner: int) -> list[Estimate]:
    """Estimates how much higher the winner's value is than each candidate's.

    Without the optimism of its selection: in each resample the best candidate is
    compared with the other one outside. The winner gains nothing over itself.
    """
    nothing, first = Estimate(value=0.0, low=0.0, high=0.0), values.first

    def gain(other: int) -> Estimate:
        found = _gain(values, first, other, winner=winner)
        return _estimate(found, DIFFERENCE, values.subjects)

    places = range(len(values.whole))
    return [nothing if place == winner else gain(place) for place in places]


def gain_over_second(values: CandidateValues, *, winner: int) -> Estimate:
    """Estimates how much higher the best value is than the next, as ``gains`` does.

    Both are selected in each resample. ``winner`` and one more candidate exist.
    """
    found = _gain(values, values.first, values.second, winner=winner)
    return _estimate(found, DIFFERENCE, values.subjects)


def tied_with(values: CandidateValues, *, winner: int) -> np.ndarray:
    """Marks the candidates that are not significantly worse than the winner; bool.

    The gain over them, without the optimism of the selection, is not above 0 (one-sided
    at 95 %, without a correction for their number). The winner is tied with itself, and
    with a candidate whose gain is undefined.
    """
    first = values.first

    def is_tied(other: int) -> bool:
        return not _least(_gain(values, first, other, winner=winner)) > 0

    places = range(len(values.whole))
    return np.array([place == winner or is_tied(place) for place in places])


def _gain(
    values: CandidateValues,
    first: np.ndarray,
    other: int | np.ndarray,
    *,
    winner: int,
) -> Moments:
    """Computes the moments of the gain of the ``first`` of each resample over others.

    ``other`` is one candidate, or that of each resample. Resamples that select it tell
    nothing of the error.
    """
    draws = np.arange(len(first))
    gained = values.outside[first, draws] - values.outside[other, draws]
    count = len(values.whole)
    pairs = (first * count + other)[first != other]
    if not pairs.size:
        pairs = np.ravel(winner * count + other)[:1]
    pairs, counts = np.unique(pairs, return_counts=True)
    differences = values.without[pairs // count] - values.without[pairs % count]
    return _centred(float(gained.mean()), differences, counts)


def _centred(value: float, without: np.ndarray, counts: np.ndarray) -> Moments:
    """Takes the mean variance of K jackknifed values, (K, 1 + G), around a value."""
    found, share = moments(without.T), counts / counts.sum()
    return Moments(
        centre=np.array([value]),
        error=np.sqrt([share @ found.error**2]),
        freedom=np.array([share @ found.freedom]),
    )


def _least(found: Moments) -> float:
    """Returns the low end of a one-sided interval of a difference."""
    reach = stdtrit(found.freedom, LEVEL) * found.error
    return float((found.centre - reach)[0])


def _estimate(found: Moments, scale: Scale, subjects: int) -> Estimate:
    low, high = ends_of(found.centre[None], found, scale, subjects=np.array([subjects]))
    return Estimate(
        value=float(found.centre[0]), low=float(low[0]), high=float(high[0])
    )
