"""A fake trainer for whole runs: fast, and its numbers repeat with the seed."""

import numpy as np

from models.metrics.predictions import Predictions
from models.training.epoch import EpochScore
from models.training.trainer import Timings
from tests.fakes.model_cost import FakeCosts


class SeededTrainer(FakeCosts):
    """Trains nothing: its predictions are random numbers of the trial's seed.

    The higher the dropout, the worse they are; with a high one it diverges.
    """

    loaded_weights = None
    noise = 0.0
    highest_dropout = 0.45

    def __init__(self, **options):
        """Keeps nothing, whatever the options."""
        del options
        self.timings = Timings()

    def fit(self, config, arrays, part, *, seed):
        """Yields as many epochs as the configuration has."""
        generator = np.random.default_rng(seed)
        targets = arrays.targets
        for epoch in range(1, config.epochs + 1):
            rows = part.validation
            predicted = _predict(
                generator, targets, rows, wrong=config.runtime.dropout + self.noise
            )
            diverges = epoch > 1 and config.runtime.dropout > self.highest_dropout
            yield EpochScore(
                epoch=epoch,
                loss=float("nan") if diverges else 0.5,
                learning_rate=1e-3,
                predictions=predicted,
                seconds_trained=0.1,
                seconds_validated=0.1,
                value=part.value(predicted),
            )


def _predict(generator, targets, rows, *, wrong):
    """Mixes the labels of rows with noise, which is drawn anew each time."""
    emotion, units = targets.emotion[rows], targets.action_unit[rows]
    mixed = emotion + 4 * wrong * generator.random(emotion.shape)
    return Predictions(
        emotion=mixed / mixed.sum(axis=1, keepdims=True),
        action_units=np.clip(
            units + wrong * (generator.random(units.shape) - 0.5), 0, 1
        ),
    )
