"""One configuration is fitted, epoch by epoch, on a graph that may exist already."""

import gc
import time
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from data_pipeline.seeds import child_seed
from data_pipeline.targets import Targets
from models.config import ModelConfig, Structure
from models.export import export
from models.feed import Batches, balanced, epoch_batches, epoch_targets, pack
from models.predictions import Predictions
from models.schedule import learning_rate
from models.warm import WarmModel


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Arrays:
    """A table's pixels and targets, row by row.

    ``images`` is raw pixels, uint8, shape (N, S, S, C), usually mapped from a file.
    """

    images: np.ndarray
    targets: Targets


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """Rows of ``Arrays`` to train on, and to validate on (``None``: nowhere)."""

    train: np.ndarray
    validation: np.ndarray | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EpochScore:
    """What one epoch of training came to.

    ``epoch`` counts from 1; ``loss`` is the mean over the epoch's training batches,
    penalties included, and is NaN or infinite where training diverged;
    ``predictions`` are those of the validation rows in their order. Seconds do not
    hold the time spent tracing.
    """

    epoch: int
    loss: float
    learning_rate: float
    predictions: Predictions | None
    seconds_trained: float
    seconds_validated: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """Seconds that the last fit spent on a new graph; 0 where it was warm.

    ``traced`` is the first training step and the first prediction.
    """

    built: float = 0.0
    traced: float = 0.0


class WarmTrainer:
    """Trains configurations, and keeps a few compiled Structures for the next ones.

    Attributes:
        timings: of the last fit.
        parameters: weights of the last fitted model that training changes.
    """

    def __init__(self, *, capacity: int = 4) -> None:
        """Starts with no graph.

        Args:
            capacity: compiled Structures kept; beyond it the one that has waited
                longest is dropped.
        """
        if capacity < 1:
            raise ValueError(f"capacity is at least 1, found {capacity}")
        self._capacity = capacity
        self._kept: OrderedDict[Structure, WarmModel] = OrderedDict()
        self._fitted: ModelConfig | None = None
        self.timings = Timings()
        self.parameters = 0

    def fit(
        self,
        config: ModelConfig,
        arrays: Arrays,
        part: Part,
        *,
        seed: int,
        stop_after: int | None = None,
    ) -> Iterator[EpochScore]:
        """Trains from fresh weights; each epoch is trained when it is asked for.

        The same arguments give the same numbers, whatever was trained before.

        Args:
            config: the model, its knobs, and the horizon ``epochs``.
            arrays: the data.
            part: its rows to train and to validate on.
            seed: of initial weights, order, augmentation, dropout.
            stop_after: epochs to train, at most the horizon; the schedule does
                not depend on it.

        Yields:
            A score after each epoch. The iterator may be left at any time.

        Raises:
            WeightsError: initial weights cannot be had or do not fit.
        """
        self.timings = Timings()
        warm = self._warm(config.structure)
        self._fitted = config
        warm.reset(config.knobs, child_seed(seed, "model"))
        warm.measure(arrays.images, part.train)
        chosen = balanced(arrays.targets, part.train, config, seed)
        packed = pack(arrays.targets, chosen)
        for epoch in range(1, (stop_after or config.epochs) + 1):
            rate = self._anneal(warm, config, epoch)
            batches = epoch_batches(
                chosen.rows, batch_size=config.batch_size, seed=seed, epoch=epoch
            )
            fed = epoch_targets(packed, arrays.targets, seed=seed, epoch=epoch)
            loss, trained = self._train(warm, Batches(arrays.images, fed, batches))
            predictions, validated = self._validate(warm, arrays, part)
            yield EpochScore(
                epoch=epoch,
                loss=loss,
                learning_rate=rate,
                predictions=predictions,
                seconds_trained=trained,
                seconds_validated=validated,
            )

    def predict(self, config: ModelConfig, images: np.ndarray) -> Predictions:
        """Predicts with the weights of the last fit.

        Args:
            config: the configuration that was fitted last.
            images: raw pixels, shape (N, S, S, C), in [0, 255].

        Returns:
            One row for each image.
        """
        return self._last(config).predict(images)

    def export(self, config: ModelConfig, path: Path) -> None:
        """Writes the model of the last fit; plain Keras loads it without this project.

        Args:
            config: the configuration that was fitted last.
            path: ends in ``.keras``.
        """
        export(self._last(config).model, config, path)

    def _warm(self, structure: Structure) -> WarmModel:
        """Finds the compiled Structure, or builds it and drops the oldest."""
        warm = self._kept.pop(structure, None)
        if warm is None:
            while len(self._kept) >= self._capacity:
                self._kept.popitem(last=False)
                gc.collect()
            warm = WarmModel(structure)
            self.timings = Timings(built=warm.built)
        self._kept[structure] = warm
        self.parameters = int(
            sum(np.prod(weight.shape) for weight in warm.model.trainable_variables)
        )
        return warm

    def _last(self, config: ModelConfig) -> WarmModel:
        if config != self._fitted:
            raise ValueError(
                f"the weights held are those of the last fit, {self._fitted}; "
                f"fit {config} before asking for its"
            )
        return self._kept[config.structure]

    @staticmethod
    def _anneal(warm: WarmModel, config: ModelConfig, epoch: int) -> float:
        rate = learning_rate(
            config.knobs.learning_rate, epoch=epoch, epochs=config.epochs
        )
        warm.model.optimizer.learning_rate.assign(rate)
        return rate

    def _train(self, warm: WarmModel, batches: Batches) -> tuple[float, float]:
        """Trains one epoch; returns its mean loss and its seconds."""
        first = _FirstStep()
        callbacks = [] if warm.trained_before else [first]
        start = time.perf_counter()
        history = warm.model.fit(
            batches, epochs=1, shuffle=False, verbose=0, callbacks=callbacks
        )
        seconds = time.perf_counter() - start
        traced = 0.0 if warm.trained_before else first.ended - start
        warm.trained_before = True
        self._add_traced(traced)
        return float(history.history["loss"][0]), seconds - traced

    def _validate(
        self, warm: WarmModel, arrays: Arrays, part: Part
    ) -> tuple[Predictions | None, float]:
        """Predicts the validation rows; returns them and the seconds."""
        if part.validation is None:
            return None, 0.0
        traced = self._trace_prediction(warm)
        start = time.perf_counter()
        predictions = warm.predict(np.asarray(arrays.images[part.validation]))
        self._add_traced(traced)
        return predictions, time.perf_counter() - start

    @staticmethod
    def _trace_prediction(warm: WarmModel) -> float:
        if warm.predicted_before:
            return 0.0
        start = time.perf_counter()
        warm.predict(np.zeros((0, *warm.model.input_shape[1:]), np.uint8))
        return time.perf_counter() - start

    def _add_traced(self, seconds: float) -> None:
        self.timings = Timings(
            built=self.timings.built, traced=self.timings.traced + seconds
        )


class _FirstStep(keras.callbacks.Callback):  # type: ignore[misc]  # Keras is untyped
    """Notes when the first training step, which traces the graph, is over."""

    def __init__(self) -> None:
        super().__init__()
        self.ended = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        del logs
        if batch == 0:
            self.ended = time.perf_counter()
