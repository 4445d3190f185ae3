"""Rules that turn the votes of ten FER+ taggers into a distribution over emotions.

Source: Barsoum et al. 2016, and the label processing of microsoft/FERPlus. The rules
``argmax`` and ``strict`` come from later papers and a student's project.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from data_pipeline.labels.labels import FERPLUS_EMOTIONS, FERPLUS_VOTES

Array = np.ndarray[Any, Any]

EMOTIONS = len(FERPLUS_EMOTIONS)
UNKNOWN = FERPLUS_VOTES.index("unknown")
NO_FACE = FERPLUS_VOTES.index("NF")

OUTLIER = 1
"""A category with at most this many votes of a row is dropped as a slip."""

MAJORITY = 0.5
"""A label or a set of labels needs more than this share of the votes."""

ENOUGH = 0.75
"""Share of the votes at which no further emotion is added."""

MOST_EMOTIONS = 3
"""A row that needs more emotions is dropped."""

MULTI_TARGET_SHARE = 0.3
"""Minimum share of an emotion in a multi-target label."""

Rule = Callable[[Array], Array | None]
"""The ten counts of a row -> their weights, or ``None`` for a dropped row."""


def majority(votes: Array) -> Array | None:
    """Takes the first most frequent category, if it has most of the votes."""
    counts = _without_outliers(votes)
    if not counts.max() > MAJORITY * counts.sum():
        return None
    return _only(int(counts.argmax()))


def crossentropy(votes: Array) -> Array | None:
    """Takes the most frequent emotions until they have three quarters of the votes.

    Categories of equal counts are taken together. Unknown or no face ends the loop,
    and is taken only if no emotion was taken before it.
    """
    counts = _without_outliers(votes)
    taken = np.zeros_like(counts)
    left = counts.copy()
    reached, rounds_open, number = 0, True, 0
    while reached < ENOUGH * counts.sum() and number < MOST_EMOTIONS and rounds_open:
        most = left.max()
        for place in np.flatnonzero(left == most):
            taken[place], left[place] = most, 0
            reached, number = reached + most, number + 1
            if place >= EMOTIONS:
                rounds_open = False
                if taken.sum() > most:
                    taken[place], number = 0, number - 1
                break
    if taken.sum() <= MAJORITY * counts.sum() or number > MOST_EMOTIONS:
        return None
    return taken


def multi_target(votes: Array) -> Array | None:
    """Takes every category of at least three tenths of the votes."""
    counts = _without_outliers(votes)
    taken = np.where(counts >= MULTI_TARGET_SHARE * counts.sum(), counts, 0)
    return taken if taken.sum() > MAJORITY * counts.sum() else None


def argmax(votes: Array) -> Array | None:
    """Takes the first most frequent category of all ten, with single votes."""
    return _only(int(votes.argmax()))


def strict(votes: Array) -> Array | None:
    """Takes the most frequent emotion, if unknown and no face have no vote."""
    if votes[EMOTIONS:].any():
        return None
    return _only(int(votes[:EMOTIONS].argmax()))


RULES: dict[str, Rule] = {
    "majority": majority,
    "probability": crossentropy,
    "crossentropy": crossentropy,
    "multi_target": multi_target,
    "argmax": argmax,
    "strict": strict,
}
"""The values of ``[data] labels``. ``probability`` and ``crossentropy`` give the same
distribution; with the first, training samples one class from it in each epoch."""

SELF_SCORED = ("argmax", "strict")
"""Rules whose validation and test labels follow the same rule; others: majority.

Source: microsoft/FERPlus validates and tests by majority in each of its modes.
"""


def vote_distributions(votes: Array, rule: str) -> tuple[Array, Array]:
    """Applies a rule of ``RULES`` to every row of votes.

    Args:
        votes: counts in the order of ``FERPLUS_VOTES``, shape (N, 10), integers.
        rule: a key of ``RULES``.

    Returns:
        Distributions over ``FERPLUS_EMOTIONS``, shape (N, 8), float32, whose rows sum
        to 1; and the mask of kept rows, shape (N,). A dropped row is zero.

    Example:
        >>> kept = vote_distributions(
        ...     np.array([[5, 0, 0, 3, 1, 0, 0, 0, 1, 0]]), "majority"
        ... )
        >>> kept[0][0].tolist()
        [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    """
    different, place = np.unique(votes, axis=0, return_inverse=True)
    found = np.array([_emotions(RULES[rule](row)) for row in different])
    rows = found.reshape(-1, EMOTIONS)[place.reshape(-1)].astype(np.float32)
    return rows, rows.sum(axis=1) > 0


def _emotions(taken: Array | None) -> Array:
    """Removes unknown and no face; a row is dropped if one of them is the mode."""
    none = np.zeros(EMOTIONS)
    if taken is None or taken.argmax() >= EMOTIONS:
        return none
    kept = taken[:EMOTIONS].astype(np.float64)
    return np.asarray(kept / kept.sum())


def _without_outliers(votes: Array) -> Array:
    return np.where(votes > OUTLIER, votes, 0)


def _only(place: int) -> Array:
    taken = np.zeros(len(FERPLUS_VOTES), np.int64)
    taken[place] = 1
    return taken
