"""Labels and predictions for the tests of metrics: drawn, with masks and gaps."""

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from data_pipeline.labels.labels import DIMENSIONS
from data_pipeline.targets.targets import Targets
from models.metrics.scores import Predictions

EMOTIONS = ("negative", "positive", "surprise")


def unit_names(count):
    """Names so many action units."""
    return tuple(f"AU{number}" for number in range(1, count + 1))


def labels(
    emotion=None, units=None, *, emotions=EMOTIONS, ratings=None, intensities=None
):
    """Writes targets from class numbers (-1: none), 0/1/-1 per unit, NaN per rating.

    An intensity that is unknown is NaN too.
    """
    given = (emotion, units, ratings, intensities)
    rows = len(next(x for x in given if x is not None))
    classes = np.full(rows, -1) if emotion is None else np.asarray(emotion)
    table = np.full((rows, 0), -1) if units is None else np.asarray(units)
    names = () if emotion is None else emotions
    rated = np.zeros((rows, 0)) if ratings is None else np.asarray(ratings, float)
    levels = np.zeros((rows, 0)) if intensities is None else np.array(intensities)
    one_hot = np.arange(len(names)) == classes[:, None]
    return Targets(
        emotions=names,
        action_units=unit_names(table.shape[1]),
        intensities=unit_names(levels.shape[1]),
        dimensions=DIMENSIONS[: rated.shape[1]],
        emotion=one_hot.astype(np.float32),
        emotion_mask=classes >= 0,
        action_unit=(table > 0).astype(np.float32),
        action_unit_mask=table >= 0,
        intensity=np.nan_to_num(levels).astype(np.float32),
        intensity_mask=~np.isnan(levels),
        valence_arousal=np.nan_to_num(rated).astype(np.float32),
        valence_arousal_mask=~np.isnan(rated),
    )


def outputs(emotion=None, units=None, *, classes=3, ratings=None, intensities=None):
    """Writes predictions from class numbers, scores, ratings and intensities."""
    return Predictions(
        emotion=None if emotion is None else np.eye(classes)[np.asarray(emotion)],
        action_units=None if units is None else np.asarray(units, dtype=np.float64),
        valence_arousal=None if ratings is None else np.asarray(ratings, float),
        action_unit_intensities=None
        if intensities is None
        else np.asarray(intensities, float),
    )


def drawn(seed, *, rows=60, units=6, masked=0.1, skill=0.3, rated=False):
    """Draws targets, predictions that follow them by ``skill``, and subjects.

    With ``rated`` ratings and intensities are drawn last, so that the rest stays as it
    is.
    """
    generator = np.random.default_rng(seed)
    classes = generator.choice(3, size=rows, p=[0.6, 0.2, 0.2])
    present = (generator.random((rows, units)) < 0.3).astype(int)
    noise = generator.dirichlet(np.ones(3), rows)
    emotion = skill * np.eye(3)[classes] + (1 - skill) * noise
    scores = skill * present + (1 - skill) * generator.random((rows, units))
    classes[generator.random(rows) < masked] = -1
    present[generator.random((rows, units)) < masked] = -1
    predictions = Predictions(
        emotion=emotion.astype(np.float32),
        # Rounded, so that ties happen.
        action_units=scores.round(2).astype(np.float32),
    )
    subjects = [f"S{number:03}" for number in generator.integers(0, 12, rows)]
    if not rated:
        return labels(classes, present), predictions, subjects
    ratings = generator.uniform(-1, 1, (rows, 2)).round(1)
    predicted = skill * ratings + (1 - skill) * generator.uniform(-1, 1, (rows, 2))
    ratings[generator.random((rows, 2)) < masked] = np.nan
    levels = generator.choice(6, (rows, 3), p=[0.5, 0.1, 0.1, 0.1, 0.1, 0.1]) * 1.0
    graded = skill * levels + (1 - skill) * generator.uniform(0, 5, (rows, 3))
    levels[generator.random((rows, 3)) < masked] = np.nan
    predictions = replace(
        predictions,
        valence_arousal=predicted.astype(np.float32),
        action_unit_intensities=graded.astype(np.float32),
    )
    targets = labels(classes, present, ratings=ratings, intensities=levels)
    return targets, predictions, subjects


@st.composite
def scored(draw, *, least=1):
    """Draws targets with any gaps, and predictions with many ties."""
    count = draw(st.integers(least, 25))
    units = draw(st.integers(1, 4))
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    emotion = generator.integers(-1, 3, count)
    present = generator.integers(-1, 2, (count, units))
    ratings = generator.integers(-2, 3, (count, 2)) / 2
    ratings[generator.random((count, 2)) < 0.2] = np.nan
    levels = generator.integers(-1, 6, (count, units)).astype(float)
    levels[levels < 0] = np.nan
    targets = labels(emotion, present, ratings=ratings, intensities=levels)
    return targets, Predictions(
        emotion=generator.dirichlet(np.ones(3), count).astype(np.float32),
        action_units=generator.integers(0, 6, (count, units)) / 5,
        valence_arousal=generator.integers(-4, 5, (count, 2)) / 4,
        action_unit_intensities=generator.integers(0, 11, (count, units)) / 2,
    )
