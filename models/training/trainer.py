"""One configuration is fitted, epoch by epoch, on a graph that may exist already."""

import gc
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data_pipeline.system.seeds import child_seed
from models.config.config import GraphConfig, ModelConfig
from models.config.schedules import ScheduleState, learning_rate, next_state
from models.metrics.predictions import Predictions
from models.network.ema import averaged
from models.pretrained.sources import LoadedWeights
from models.training.batches import (
    Batches,
    balanced,
    epoch_batches,
    epoch_targets,
    mixing,
    pack,
)
from models.training.compiled_model import CompiledModel, Seconds
from models.training.epoch import Arrays, EpochScore, Part
from models.training.saving import export, read_weights, write_weights


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """Seconds that the last fit spent on a new graph; 0 where it was warm.

    ``traced`` is the first training step and the first prediction.
    """

    built: float = 0.0
    traced: float = 0.0


class Trainer:
    """Trains configurations, and keeps a few compiled GraphConfigs for the next ones.

    Attributes:
        timings: of the last fit.
        parameters: weights of the last fitted model that training can change.
        loaded_weights: what the last fitted backbone started from, if not random.
    """

    def __init__(self, *, capacity: int = 4) -> None:
        """Starts with no graph.

        Args:
            capacity: compiled graphs kept; the least recently used is dropped.
        """
        if capacity < 1:
            raise ValueError(f"capacity is at least 1, found {capacity}")
        self._capacity = capacity
        self._kept: OrderedDict[GraphConfig, CompiledModel] = OrderedDict()
        self._fitted: ModelConfig | None = None
        self._current: CompiledModel | None = None
        self.timings = Timings()
        self.parameters = 0
        self.loaded_weights: LoadedWeights | None = None

    def fit(
        self,
        config: ModelConfig,
        arrays: Arrays,
        part: Part,
        *,
        seed: int,
        stop_after: int | None = None,
        rates: Sequence[float] = (),
    ) -> Iterator[EpochScore]:
        """Trains from fresh weights; each epoch is trained when it is asked for.

        The same arguments give the same numbers, whatever was trained before.

        Args:
            config: the model, its runtime numbers, and the horizon ``epochs``.
            arrays: the data.
            part: its rows to train and to validate on.
            seed: of initial weights, order, augmentation, dropout.
            stop_after: epochs to train, at most the horizon; the schedule does
                not depend on it.
            rates: learning rates of the epochs, to be replayed in place of the
                schedule; at least as many as epochs, or none.

        Yields:
            A score after each epoch. The iterator may be left at any time.

        Raises:
            WeightsError: initial weights cannot be had or do not fit.
        """
        self.timings, self._fitted, self._current = Timings(), config, None
        chosen = balanced(arrays.targets, part.train, config, seed)
        packed = pack(arrays.targets, chosen)
        state = ScheduleState()
        for epoch in range(1, (stop_after or config.epochs) + 1):
            warm = self._stage(config, epoch, seed)
            if epoch == 1:
                warm.measure(arrays.images, part.train)
            planned = learning_rate(config.schedule, state)
            rate = rates[epoch - 1] if rates else planned
            warm.model.optimizer.learning_rate.assign(rate)
            batches = epoch_batches(
                chosen.rows, batch_size=config.batch_size, seed=seed, epoch=epoch
            )
            fed = epoch_targets(packed, arrays.targets, seed=seed, epoch=epoch)
            mix = mixing(config.mixup, seed=seed, epoch=epoch)
            loss, trained = warm.train(Batches(arrays.images, fed, batches, mix))
            predictions, validated = _predicted(warm, arrays, part.validation)
            watched, seen = _predicted(warm, arrays, part.watched)
            self._add(traced=trained.traced + validated.traced + seen.traced)
            value = part.value(predictions)
            state = next_state(config.schedule, state, value)
            yield EpochScore(
                epoch=epoch,
                loss=loss,
                learning_rate=rate,
                predictions=predictions,
                seconds_trained=trained.working,
                seconds_validated=validated.working + seen.working,
                value=value,
                watched=watched,
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
        model = self._last(config).model
        with averaged(model):
            export(model, config, path)

    def save(self, config: ModelConfig, path: Path) -> None:
        """Writes the weights of the last fit, as ``predict`` and ``export`` use them.

        Args:
            config: the configuration that was fitted last.
            path: of the file, for ``restore``.
        """
        write_weights(self._last(config).model, path)

    def restore(self, config: ModelConfig, path: Path) -> None:
        """Goes back to weights of an earlier epoch, or of another fold; fit no further.

        Args:
            config: the configuration that was fitted last, and that they are of.
            path: of a file of ``save``.
        """
        read_weights(self._last(config).model, path)

    def _stage(self, config: ModelConfig, epoch: int, seed: int) -> CompiledModel:
        """Returns the model of an epoch; a new stage goes on from the one before it."""
        graph, before = config.graph_at(epoch), self._current
        if before is not None and before.graph == graph:
            return before
        warm = self._current = self._warm(graph)
        warm.reset(config.runtime, child_seed(seed, "model"))
        if before is not None:
            warm.take_over(before)
        return warm

    def _warm(self, graph: GraphConfig) -> CompiledModel:
        """Finds the compiled GraphConfig, or builds it and drops the oldest."""
        warm = self._kept.pop(graph, None)
        if warm is None:
            while len(self._kept) >= self._capacity:
                self._kept.popitem(last=False)
                gc.collect()
            warm = CompiledModel(graph)
            self._add(built=warm.built)
        self._kept[graph] = warm
        self.parameters = warm.model.parameters
        self.loaded_weights = warm.loaded_weights
        return warm

    def _last(self, config: ModelConfig) -> CompiledModel:
        if config != self._fitted or self._current is None:
            raise ValueError(
                f"the weights held are those of the last fit, {self._fitted}; "
                f"fit {config} before asking for its"
            )
        return self._current

    def _add(self, *, built: float = 0.0, traced: float = 0.0) -> None:
        self.timings = Timings(
            built=self.timings.built + built, traced=self.timings.traced + traced
        )


def _predicted(
    warm: CompiledModel, arrays: Arrays, rows: np.ndarray | None
) -> tuple[Predictions | None, Seconds]:
    """Predicts rows, where any are wanted."""
    if rows is None:
        return None, Seconds()
    return warm.validate(np.asarray(arrays.images[rows]))
