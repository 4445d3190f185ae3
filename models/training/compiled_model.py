"""A compiled model kept for its GraphConfig, and how it is reset for a new training."""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.config.config import GraphConfig, RuntimeHyperparameters
from models.config.hyperparameters import DEVELOPMENT
from models.keras_api import keras
from models.metrics.predictions import Predictions
from models.network.ema import averaged
from models.network.heads import probabilities
from models.network.hyperparameters import set_hyperparameters
from models.network.model import ExpressionModel, assemble
from models.network.standardization import channel_statistics, set_statistics
from models.pretrained.loading import initial_weights, loaded_weights
from models.training.initialization import OptimizerSnapshot, initialize, refresh

PREDICTED_AT_ONCE = 32
"""Rows in every prediction batch, padded: one shape, so nothing is traced twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seconds:
    """Time that an epoch took: at work, and ``traced``, which a warm graph is not."""

    working: float = 0.0
    traced: float = 0.0


class CompiledModel:
    """One GraphConfig's model, compiled once.

    Attributes:
        graph: what it was made for.
        model: the Keras model; its weights are those of the last training.
        built: seconds it took to build.
        loaded_weights: what the backbone starts from, where it is not random.
    """

    def __init__(self, graph: GraphConfig) -> None:
        """Builds and compiles.

        Args:
            graph: what the graph depends on.

        Raises:
            WeightsError: its initial weights cannot be had or do not fit.
        """
        start = time.perf_counter()
        self.graph = graph
        self._measured = graph.normalization == DEVELOPMENT
        self.model: ExpressionModel = assemble(graph)
        self._given = initial_weights(self.model, graph)
        self.loaded_weights = (
            loaded_weights(self.model, self._given) if self._given else None
        )
        self._fresh = OptimizerSnapshot(self.model.optimizer)
        self.built = time.perf_counter() - start
        self._trained_before = False
        self._predicted_before = False

    def reset(self, runtime: RuntimeHyperparameters, seed: int) -> None:
        """Makes the model fresh, with new numbers and the initial weights of a seed."""
        initialize(self.model, seed, self._given)
        self._fresh.restore()
        if self.model.average is not None:
            self.model.average.clear()
        set_hyperparameters(self.model, runtime)

    def take_over(self, other: "CompiledModel") -> None:
        """Goes on from another model that differs in what is frozen alone.

        Args:
            other: its weights, statistics and seeds are taken, to the bit; the state
                of its optimizer and of its average are not.
        """
        for own, theirs in zip(self.model.layers, other.model.layers, strict=True):
            for variable, given in zip(own.variables, theirs.variables, strict=True):
                # A copy: JAX gives the memory of a model that trains to its next step.
                variable.assign(keras.ops.copy(given))
            refresh(own)

    def measure(self, images: np.ndarray, rows: np.ndarray) -> None:
        """Takes mean and deviation of the training rows, where pixels are scaled so.

        Args:
            images: raw pixels, shape (N, S, S, C), in [0, 255].
            rows: the training rows.
        """
        if self._measured:
            set_statistics(self.model, channel_statistics(images, rows))

    def train(self, batches: Any) -> tuple[float, Seconds]:
        """Trains one epoch.

        Args:
            batches: of pixels and packed targets, each row once.

        Returns:
            The mean loss over the batches, penalties included, and the time.
        """
        first = _FirstStep()
        callbacks = [] if self._trained_before else [first]
        start = time.perf_counter()
        history = self.model.fit(
            batches, epochs=1, shuffle=False, verbose=0, callbacks=callbacks
        )
        seconds = time.perf_counter() - start
        traced = 0.0 if self._trained_before else first.ended - start
        self._trained_before = True
        loss = float(history.history["loss"][0])
        return loss, Seconds(working=seconds - traced, traced=traced)

    def validate(self, images: np.ndarray) -> tuple[Predictions, Seconds]:
        """Predicts rows and takes the time.

        Args:
            images: raw pixels, shape (N, S, S, C).
        """
        traced = self._trace_prediction()
        start = time.perf_counter()
        predictions = self.predict(images)
        working = time.perf_counter() - start
        return predictions, Seconds(working=working, traced=traced)

    def predict(self, images: np.ndarray) -> Predictions:
        """Predicts rows in batches of one fixed shape.

        Args:
            images: raw pixels, shape (N, S, S, C), N from 0.

        Returns:
            One row for each image; no row depends on its neighbours.
        """
        with averaged(self.model):
            parts = [
                probabilities(self._logits(images[start : start + PREDICTED_AT_ONCE]))
                for start in range(0, max(len(images), 1), PREDICTED_AT_ONCE)
            ]
        self._predicted_before = True
        return Predictions.concatenate(parts)

    def _logits(self, images: np.ndarray) -> dict[str, Any]:
        """Predicts up to one batch, padded with black images."""
        count = len(images)
        batch = np.zeros((PREDICTED_AT_ONCE, *self.model.input_shape[1:]), np.float32)
        batch[:count] = images
        outputs = self.model.predict_on_batch(batch)
        return {name: rows[:count] for name, rows in outputs.items()}

    def _trace_prediction(self) -> float:
        if self._predicted_before:
            return 0.0
        start = time.perf_counter()
        self.predict(np.zeros((0, *self.model.input_shape[1:]), np.uint8))
        return time.perf_counter() - start


class _FirstStep(keras.callbacks.Callback):  # type: ignore[misc]  # Keras is untyped
    """Notes when the first training step, which traces the graph, is over."""

    def __init__(self) -> None:
        super().__init__()
        self.ended = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        del logs
        if batch == 0:
            self.ended = time.perf_counter()
