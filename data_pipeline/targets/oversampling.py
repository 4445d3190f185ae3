"""Training rows repeated until rare labels are less rare; nothing is invented."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from data_pipeline.targets.targets import Targets

Array = np.ndarray[Any, Any]

MOST_REPEATS = 10
"""No row is repeated more often for the sake of a rare label among several."""

MOST_CLONED = 0.25
"""Part of the rows that is added at most where rows have several labels."""


def oversample_classes(part: Targets, seed: int) -> Array:
    """Repeats rows of an emotion, drawn at random, until all emotions are as frequent.

    Args:
        part: targets of the training rows.
        seed: decides which rows are repeated.

    Returns:
        Positions, shape (M,): every row once, then the repeats. Rows without an
        emotion label are not repeated; where no row has one, ``ml_ros`` decides.
    """
    if not part.emotion_mask.any():
        return ml_ros(part, seed)
    labelled = np.flatnonzero(part.emotion_mask)
    emotions = part.emotion[labelled].argmax(axis=1)
    everything = np.arange(len(part))
    if len(np.unique(emotions)) == 1:
        return everything
    # Loads scikit-learn, which other balances need not.
    from imblearn.over_sampling import RandomOverSampler  # noqa: PLC0415

    sampler = RandomOverSampler(random_state=seed)
    sampler.fit_resample(labelled[:, None], emotions)
    repeats = labelled[sampler.sample_indices_[len(labelled) :]]
    return np.concatenate([everything, repeats])


def ml_ros(part: Targets, seed: int) -> Array:
    """Repeats rows that have a rare label, among emotions and action units alike.

    In turn each label that is rarer than the mean gets a repeat of one of its rows,
    until it no longer is, or a quarter of the rows has been added.

    Args:
        part: targets of the training rows.
        seed: decides which rows are repeated.

    Returns:
        Positions, shape (M,): every row once, then the repeats; no row more than ten
        times.

    Source:
        Charte et al. 2015, "Addressing imbalance in multilabel classification",
        algorithm ML-ROS; imbalanced-learn has none for several labels.
    """
    shown = _shown(part)
    repeats = list(_repeats(shown, seed)) if shown.shape[1] else []
    return np.concatenate([np.arange(len(part)), np.array(repeats, int)])


def _shown(part: Targets) -> Array:
    """Tells which row shows which label that occurs, shape (N, L)."""
    classes = part.emotion.argmax(axis=1) if part.emotions else np.zeros(len(part), int)
    of_class = classes[:, None] == np.arange(len(part.emotions))
    units = (part.action_unit > 0) & part.action_unit_mask
    shown = np.concatenate([of_class & part.emotion_mask[:, None], units], axis=1)
    return shown[:, shown.any(axis=0)]


def _repeats(shown: Array, seed: int) -> Iterator[int]:
    generator = np.random.default_rng(seed)
    counts = shown.sum(axis=0)
    rarity = counts.max() / counts
    mean = rarity.mean()
    times = np.ones(len(shown), int)
    bags = {
        label: _drawn(np.flatnonzero(shown[:, label]), times, generator)
        for label in np.flatnonzero(rarity > mean)
    }
    left = int(len(shown) * MOST_CLONED)
    while bags and left:
        for label in list(bags):
            row = next(bags[label], None)
            if row is None or counts.max() <= mean * counts[label]:
                del bags[label]
            elif left:
                times[row] += 1
                counts += shown[row]
                left -= 1
                yield row


def _drawn(rows: Array, times: Array, generator: np.random.Generator) -> Iterator[int]:
    """Draws rows of one label, evenly, as long as one may still be repeated."""
    for _ in range(MOST_REPEATS):
        for row in generator.permutation(rows):
            if times[row] < MOST_REPEATS:
                yield int(row)
