"""Small learnable pictures, which networks are tried on."""

import numpy as np

from data_pipeline.targets.targets import Targets
from models.training.epoch import Arrays

EMOTIONS = ("negative", "positive", "surprise")
UNITS = ("AU1", "AU12")
SIDE = 32
SETTLED_ON = 16


def pictures(
    rows: int = 24,
    *,
    channels: int = 1,
    seed: int = 0,
    side: int = SIDE,
    dimensions: tuple[str, ...] = (),
    intensities: tuple[str, ...] = (),
) -> Arrays:
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


def faces(rows: int, side: int, channels: int = 1) -> np.ndarray:
    """Takes raw pixels of some of the pictures that networks are settled on.

    Of any side: small ones are cut out. Others may lie far from these, and a deep
    network magnifies that.
    """
    drawn = pictures(SETTLED_ON, channels=channels, side=max(side, SIDE)).images
    return np.ascontiguousarray(drawn[:rows, :side, :side])
