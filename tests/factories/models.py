"""Small learnable pictures, and configurations for them."""

import numpy as np

from data_pipeline.targets.targets import Targets
from models.config.config import (
    DataSpec,
    GraphConfig,
    ModelConfig,
    SharedGraph,
    model_config,
)
from models.training.epoch import Arrays

EMOTIONS = ("negative", "positive", "surprise")
UNITS = ("AU1", "AU12")
SIDE = 32


def pictures(rows=24, *, channels=1, seed=0, side=SIDE, dimensions=(), intensities=()):
    """Draws noise with a bright patch for the class and one for each unit.

    Where ratings are wanted, valence follows the class and arousal the units. Units
    with intensities are 4 or 0.
    """
    generator = np.random.default_rng(seed)
    emotion = np.arange(rows) % len(EMOTIONS)
    units = generator.integers(0, 2, (rows, len(UNITS)))
    images = generator.integers(0, 80, (rows, side, side, channels))
    for row in range(rows):
        left = 2 + 9 * emotion[row]
        images[row, 4:12, left : left + 8] += 150
        for unit in np.flatnonzero(units[row]):
            images[row, 20:28, 4 + 14 * unit : 14 + 14 * unit] += 150
    ratings = np.stack([emotion / 2 - 0.5, units.sum(axis=1) / 2 - 0.5], axis=1)
    ratings = ratings[:, : len(dimensions)].astype(np.float32)
    targets = Targets(
        emotions=EMOTIONS,
        action_units=UNITS,
        intensities=intensities,
        dimensions=dimensions,
        emotion=np.eye(len(EMOTIONS), dtype=np.float32)[emotion],
        emotion_mask=np.ones(rows, bool),
        action_unit=units.astype(np.float32),
        action_unit_mask=np.ones((rows, len(UNITS)), bool),
        intensity=4 * units[:, : len(intensities)].astype(np.float32),
        intensity_mask=np.ones((rows, len(intensities)), bool),
        valence_arousal=ratings,
        valence_arousal_mask=np.ones(ratings.shape, bool),
    )
    return Arrays(images=images.astype(np.uint8), targets=targets)


def configured(  # noqa: PLR0913 - what a test does not name is as usual
    *,
    channels=1,
    side=SIDE,
    emotions=EMOTIONS,
    units=UNITS,
    intensities=(),
    dimensions=(),
    shared=None,
    **values,
):
    """Builds a small configuration; ``training__epochs`` stands for its dotted key."""
    spec = data_spec(
        image_size=side,
        channels=channels,
        emotions=emotions,
        action_units=units,
        intensities=intensities,
        dimensions=dimensions,
        shared=shared or SharedGraph(),
    )
    return model_config(small_values(**values), spec)


def data_spec(**values):
    """Describes the data of ``pictures``, or others."""
    small = {"emotions": EMOTIONS, "action_units": UNITS}
    return DataSpec(**{"image_size": SIDE, "channels": 1} | small | values)


def small_values(**values):
    """Returns the keys of a small configuration, some of them changed."""
    small = {
        "backbone.blocks": 1,
        "backbone.filters": 8,
        "head.dense_units": 8,
        "training.epochs": 2,
        "training.batch_size": 8,
    }
    return small | {key.replace("__", "."): value for key, value in values.items()}


def graph_config(**values) -> GraphConfig:
    """Builds the GraphConfig of a small configuration."""
    config: ModelConfig = configured(**values)
    return config.graph
