"""Rules that turn the votes of ten FER+ taggers into a distribution over emotions.

Source: Barsoum et al. 2016, and the label processing of microsoft/FERPlus; the rules
``argmax`` and ``strict`` are those of later papers and of a student's project.
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
"""So many votes of one row for one category are taken for a slip and dropped."""

MAJORITY = 0.5
"""A label or a set of labels must hold more than this share of the votes."""

ENOUGH = 0.75
"""Share of the votes at which the commonest emotions are enough."""

MOST_EMOTIONS = 3
"""A row on which more emotions share the votes is unknown."""

SEVERAL = 0.3
"""Least share of an emotion that is one of several."""

Rule = Callable[[Array], Array | None]
"""The ten counts of a row to their weights, or ``None`` where the row is dropped."""


def majority(votes: Array) -> Array | None:
    """Takes the first commonest category, if most votes are for it."""
    counts = _without_outliers(votes)
    if not counts.max() > MAJORITY * counts.sum():
        return None
    return _only(int(counts.argmax()))


def crossentropy(votes: Array) -> Array | None:
    """Takes the commonest emotions until they hold three quarters of the votes.

    Categories of equal counts are taken together. Unknown or no face ends the walk,
    and is taken itself only where no emotion was taken before it.
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
    taken = np.where(counts >= SEVERAL * counts.sum(), counts, 0)
    return taken if taken.sum() > MAJORITY * counts.sum() else None


def argmax(votes: Array) -> Array | None:
    """Takes the first commonest category of all ten, single votes included."""
    return _only(int(votes.argmax()))


def strict(votes: Array) -> Array | None:
    """Takes the commonest emotion where nobody voted for unknown or no face."""
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
"""What ``[data] labels`` names. ``probability`` and ``crossentropy`` keep the same
distribution; of the first, training draws one class anew in each epoch."""

SCORED: dict[str, str] = {
    name: name if name in ("argmax", "strict") else "majority" for name in RULES
}
"""The rule that validation and test are scored by, whatever training learns from.

Source: microsoft/FERPlus validates and tests by majority in each of its modes."""


def vote_distributions(votes: Array, rule: str) -> tuple[Array, Array]:
    """Applies a rule to every row.

    Args:
        votes: counts in the order of ``FERPLUS_VOTES``, shape (N, 10), integers.
        rule: a key of ``RULES``.

    Returns:
        Distributions over ``FERPLUS_EMOTIONS``, shape (N, 8), float32, rows sum to 1;
        and which rows are kept, shape (N,), bool. A row that is not kept is zero.

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
    """Cuts unknown and no face off; a row where one of them wins is dropped."""
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
