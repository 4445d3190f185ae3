"""A compiled model kept for its Structure, and how it is reset for a new training."""

import time
from typing import Any

import numpy as np

from models.assemble import ExpressionModel, assemble
from models.config import Knobs, Structure
from models.donors import initial_weights
from models.heads import probabilities
from models.knobs import set_knobs
from models.normalization import channel_statistics, set_statistics
from models.predictions import Predictions
from models.reset import OptimizerSnapshot, initialize
from models.settings import DEVELOPMENT

PREDICTED_AT_ONCE = 32
"""Rows in every prediction batch, padded: one shape, so nothing is traced twice."""


class WarmModel:
    """One Structure's model, compiled once.

    Attributes:
        model: the Keras model; its weights are those of the last training.
        built: seconds it took to build.
        trained_before: whether its training step is traced.
        predicted_before: whether its prediction is traced.
    """

    def __init__(self, structure: Structure) -> None:
        """Builds and compiles.

        Args:
            structure: what the graph depends on.

        Raises:
            WeightsError: its initial weights cannot be had or do not fit.
        """
        start = time.perf_counter()
        self._measured = structure.normalization == DEVELOPMENT
        self.model: ExpressionModel = assemble(structure)
        self._given = initial_weights(self.model, structure)
        self._fresh = OptimizerSnapshot(self.model.optimizer)
        self.built = time.perf_counter() - start
        self.trained_before = False
        self.predicted_before = False

    def reset(self, knobs: Knobs, seed: int) -> None:
        """Makes the model fresh, with other knobs and the initial weights of a seed."""
        initialize(self.model, seed, self._given)
        self._fresh.restore()
        set_knobs(self.model, knobs)

    def measure(self, images: np.ndarray, rows: np.ndarray) -> None:
        """Takes mean and deviation of the training rows, where pixels are scaled so.

        Args:
            images: raw pixels, shape (N, S, S, C), in [0, 255].
            rows: the training rows.
        """
        if self._measured:
            set_statistics(self.model, channel_statistics(images, rows))

    def predict(self, images: np.ndarray) -> Predictions:
        """Predicts rows in batches of one fixed shape.

        Args:
            images: raw pixels, shape (N, S, S, C), N from 0.

        Returns:
            One row for each image; no row depends on its neighbours.
        """
        parts = [
            probabilities(self._logits(images[start : start + PREDICTED_AT_ONCE]))
            for start in range(0, max(len(images), 1), PREDICTED_AT_ONCE)
        ]
        self.predicted_before = True
        return Predictions.concatenate(parts)

    def _logits(self, images: np.ndarray) -> dict[str, Any]:
        """Predicts up to one batch, padded with black images."""
        count = len(images)
        batch = np.zeros((PREDICTED_AT_ONCE, *self.model.input_shape[1:]), np.float32)
        batch[:count] = images
        outputs = self.model.predict_on_batch(batch)
        return {name: rows[:count] for name, rows in outputs.items()}
