"""Oversampling: training rows with rare labels are repeated."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from data_pipeline.targets.targets import Targets

Array = np.ndarray[Any, Any]

MOST_REPEATS = 10
"""Maximum copies of a row with several labels."""

MOST_CLONED = 0.25
"""Maximum share of rows added where rows have several labels."""


def oversample_classes(part: Targets, seed: int) -> Array:
    """Repeats random rows until all emotions are equally frequent.

    Returns positions, shape (M,): every row once, then the repeats. Rows without an
    emotion are not repeated; if no row has one, ``ml_ros`` is applied.
    """
    if not part.emotion_mask.any():
        return ml_ros(part, seed)
    labelled = np.flatnonzero(part.emotion_mask)
    emotions = part.emotion[labelled].argmax(axis=1)
    everything = np.arange(len(part))
    if len(np.unique(emotions)) == 1:
        return everything
    # Imported late: it loads scikit-learn.
    from imblearn.over_sampling import RandomOverSampler  # noqa: PLC0415

    sampler = RandomOverSampler(random_state=seed)
    sampler.fit_resample(labelled[:, None], emotions)
    repeats = labelled[sampler.sample_indices_[len(labelled) :]]
    return np.concatenate([everything, repeats])


def ml_ros(part: Targets, seed: int) -> Array:
    """Repeats rows with a rare emotion or action unit.

    Each label that is rarer than the mean gets a copy of one of its rows in turn, until
    it no longer is, or a quarter of the rows has been added.

    Returns positions, shape (M,): every row once, then the repeats; no row more than
    ten times.

    Source:
        Charte et al. 2015, "Addressing imbalance in multilabel classification",
        algorithm ML-ROS; imbalanced-learn has none for multilabel data.
    """
    indicators = _indicators(part)
    repeats = list(_repeats(indicators, seed)) if indicators.shape[1] else []
    return np.concatenate([np.arange(len(part)), np.array(repeats, int)])


def _indicators(part: Targets) -> Array:
    """Returns the labels of each row, shape (N, L), without absent labels."""
    classes = part.emotion.argmax(axis=1) if part.emotions else np.zeros(len(part), int)
    of_class = classes[:, None] == np.arange(len(part.emotions))
    units = (part.action_unit > 0) & part.action_unit_mask
    graded = (part.intensity > 0) & part.intensity_mask
    # A unit whose presence is a target too counts once.
    alone = [unit not in part.action_units for unit in part.intensities]
    graded = graded[:, np.array(alone, bool)]
    indicators = np.concatenate(
        [of_class & part.emotion_mask[:, None], units, graded], axis=1
    )
    return indicators[:, indicators.any(axis=0)]


def _repeats(indicators: Array, seed: int) -> Iterator[int]:
    generator = np.random.default_rng(seed)
    counts = indicators.sum(axis=0)
    rarity = counts.max() / counts
    mean = rarity.mean()
    times = np.ones(len(indicators), int)
    candidates = {
        label: _candidates(np.flatnonzero(indicators[:, label]), times, generator)
        for label in np.flatnonzero(rarity > mean)
    }
    remaining = int(len(indicators) * MOST_CLONED)
    while candidates and remaining:
        for label in list(candidates):
            row = next(candidates[label], None)
            if row is None or counts.max() <= mean * counts[label]:
                del candidates[label]
            elif remaining:
                times[row] += 1
                counts += indicators[row]
                remaining -= 1
                yield row


def _candidates(
    rows: Array, times: Array, generator: np.random.Generator
) -> Iterator[int]:
    """Yields rows of one label, evenly, while one may still be repeated."""
    for _ in range(MOST_REPEATS):
        for row in generator.permutation(rows):
            if times[row] < MOST_REPEATS:
                yield int(row)
