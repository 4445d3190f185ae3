"""Trains one configuration, epoch by epoch, on a graph that may exist already."""

import gc
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from data_pipeline.system.memory import resident_memory
from data_pipeline.system.seeds import child_seed
from models.backend import peak_device_memory
from models.calibration.calibration import Calibration
from models.config.config import GraphConfig, ModelConfig
from models.config.hyperparameters import FULL
from models.config.schedules import ScheduleState, learning_rate, next_state
from models.metrics.predictions import Predictions
from models.pretrained.sources import LoadedWeights
from models.training.batches import TrainingRows
from models.training.compiled_model import CompiledModel, Seconds
from models.training.epoch import Arrays, EpochScore, Part
from models.training.feeding import ChosenImages, ImageSource, image_source, read_ahead
from models.training.frozen import FindBackbone, FrozenBackbone, Inputs, no_backbone
from models.training.saving import ModelCost, latency_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """Seconds that the last fit spent on a new graph; 0 where it existed.

    ``traced`` is the first training step and the first prediction.
    """

    built: float = 0.0
    traced: float = 0.0


class Trainer:
    """Trains configurations, and keeps compiled graphs for the next ones.

    Attributes:
        timings: of the last fit.
        parameters: weights of the last fitted model that training can change, and of a
            frozen backbone.
        loaded_weights: what the last fitted backbone started from, if not random.
    """

    def __init__(
        self,
        *,
        memory: int | None = None,
        device_memory: int = 0,
        resident: Callable[[], int] = resident_memory,
        find_backbone: FindBackbone = no_backbone,
    ) -> None:
        """Starts with no graph.

        Args:
            memory: bytes that this process should not exceed; before a new graph
                would, the least recently used is dropped. By default all are kept.
            device_memory: bytes of the GPU that this process may use; images that
                take at most a quarter of it stay there.
            resident: returns the bytes that this process holds now.
            find_backbone: returns the backbone of a graph at stage ``features``.
        """
        self._memory, self._resident = memory, resident
        self._device_memory, self._find_backbone = device_memory, find_backbone
        self._placed: tuple[np.ndarray, ImageSource] | None = None
        self._at_start, self._built = resident(), 0
        self._kept: OrderedDict[GraphConfig, CompiledModel] = OrderedDict()
        self._latencies: dict[GraphConfig, float] = {}
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
        """Trains from fresh weights; each epoch is trained when it is requested.

        The same arguments give the same numbers, whatever was trained before.

        Args:
            config: the model, its runtime numbers, and the horizon ``epochs``.
            arrays: the data.
            part: its rows to train and to validate on.
            seed: of initial weights, order, augmentation, dropout.
            stop_after: epochs to train, at most the horizon; the schedule does
                not depend on it.
            rates: learning rates of the epochs, replayed in place of the schedule;
                at least as many as epochs, or none.

        Yields:
            A score after each epoch. The iterator may be left at any time.

        Raises:
            WeightsError: initial weights cannot be had or do not fit.
        """
        self.timings, self._fitted, self._current = Timings(), config, None
        inputs = self._inputs(config, arrays.images)
        source = self._source(inputs.train)
        rows = TrainingRows(
            arrays, part.train, config, seed, source, versions=inputs.versions
        )
        state = ScheduleState()
        for epoch in range(1, (stop_after or config.epochs) + 1):
            model = self._model_at(config, epoch, seed)
            if epoch == 1:
                model.scale_pixels(config.normalization, arrays.images, part.train)
            rate = learning_rate(config.schedule, state)
            rate = rates[epoch - 1] if rates else rate
            loss, trained = model.train(read_ahead(rows.batches(epoch)), rate=rate)
            predictions, validated = _predicted(model, inputs, part.validation)
            sample, sampled = _predicted(model, inputs, part.training_sample)
            self._add(traced=trained.traced + validated.traced + sampled.traced)
            value = part.value(predictions)
            state = next_state(config.schedule, state, value)
            yield EpochScore(
                epoch=epoch,
                loss=loss,
                learning_rate=rate,
                predictions=predictions,
                seconds_trained=trained.working,
                seconds_validated=validated.working + sampled.working,
                value=value,
                training_sample=sample,
                device_memory=peak_device_memory(),
            )

    def cost(self, config: ModelConfig) -> ModelCost:
        """Builds the graph of a configuration, and counts what its model costs.

        ``timings`` are of this, until the next fit.

        Raises:
            WeightsError: initial weights cannot be had or do not fit.
        """
        self.timings, self._fitted, self._current = Timings(), None, None
        return self._compiled(config.graph_at(1)).cost(config)

    def timed(self, cost: ModelCost, config: ModelConfig) -> ModelCost:
        """Adds the latency of a configuration's model; each graph is timed once.

        ``timings`` have the time that it took.
        """
        start, graph = time.perf_counter(), config.graph_at(1)
        if graph not in self._latencies:
            self._latencies[graph] = latency_ms(config)
        self._add(traced=time.perf_counter() - start)
        return replace(cost, latency_ms=self._latencies[graph])

    def predict(self, config: ModelConfig, images: np.ndarray) -> Predictions:
        """Predicts with the weights of the last fit.

        Args:
            config: the configuration that was fitted last.
            images: raw pixels, shape (N, S, S, C), in [0, 255].

        Returns:
            One row for each image.
        """
        model, frozen = self._last(config), self._frozen(config.graph)
        if frozen is None:
            return model.predict(images)
        return model.predict(frozen.pooled(images, config.graph.pooling))

    def export(
        self, config: ModelConfig, path: Path, calibration: Calibration | None = None
    ) -> None:
        """Writes the model of the last fit; plain Keras loads it without this project.

        Args:
            config: the configuration that was fitted last.
            path: ends in ``.keras``.
            calibration: corrects its probabilities; ``None`` leaves them as they are.
        """
        self._last(config).export(config, path, calibration)

    def save(self, config: ModelConfig, path: Path) -> None:
        """Writes the weights of the last fit, as ``predict`` and ``export`` use them.

        Args:
            config: the configuration that was fitted last.
            path: of the file, for ``restore``.
        """
        self._last(config).save(path)

    def restore(self, config: ModelConfig, path: Path) -> None:
        """Loads weights of an earlier epoch, or of another fold; fit no further.

        Args:
            config: the configuration that was fitted last, which they belong to.
            path: of a file of ``save``.
        """
        self._last(config).restore(path)

    def _inputs(self, config: ModelConfig, images: np.ndarray) -> Inputs:
        """Returns pixels, or features of them, which may be computed here."""
        start = time.perf_counter()
        frozen = self._frozen(config.graph)
        if frozen is None:
            return Inputs(train=images, predict=images)
        inputs = frozen.inputs(config, images)
        self._add(built=time.perf_counter() - start)
        return inputs

    def _frozen(self, graph: GraphConfig) -> FrozenBackbone | None:
        return None if graph.stage == FULL else self._find_backbone(graph)

    def _source(self, images: np.ndarray) -> ImageSource:
        """Returns the source of these images, which is kept from fit to fit."""
        if self._placed is None or self._placed[0] is not images:
            self._placed = images, image_source(images, self._device_memory)
        return self._placed[1]

    def _model_at(self, config: ModelConfig, epoch: int, seed: int) -> CompiledModel:
        """Returns the model of an epoch; a new graph continues from the one before."""
        graph, before = config.graph_at(epoch), self._current
        if before is not None and before.graph == graph:
            return before
        model = self._current = self._compiled(graph)
        model.reset(config.runtime, child_seed(seed, "model"))
        self.parameters = model.cost(config).parameters
        if before is not None:
            model.continue_from(before)
        return model

    def _compiled(self, graph: GraphConfig) -> CompiledModel:
        """Returns the compiled graph, or builds it and drops the oldest."""
        model = self._kept.pop(graph, None)
        if model is None:
            self._make_room()
            model = CompiledModel(graph, self._frozen(graph))
            self._built += 1
            self._add(built=model.built)
        self._kept[graph] = model
        self.loaded_weights = model.loaded_weights
        return model

    def _make_room(self) -> None:
        """Drops a graph if another one, as large as those before, would not fit."""
        unused = next((one for one in self._kept if not self._is_current(one)), None)
        if self._memory is None or unused is None:
            return
        resident = self._resident()
        growth = (resident - self._at_start) / self._built
        if resident + growth > self._memory:
            # One at most: TensorFlow keeps much of a dropped graph's memory, and a
            # worker that stays too large is replaced.
            del self._kept[unused]
            gc.collect()

    def _is_current(self, graph: GraphConfig) -> bool:
        """Whether a graph is in use: the next one continues from its weights."""
        return self._current is not None and self._current.graph == graph

    def _last(self, config: ModelConfig) -> CompiledModel:
        if config != self._fitted or self._current is None:
            raise ValueError(
                f"the weights held are those of the last fit, {self._fitted}; "
                f"fit {config} before using its"
            )
        return self._current

    def _add(self, *, built: float = 0.0, traced: float = 0.0) -> None:
        self.timings = Timings(
            built=self.timings.built + built, traced=self.timings.traced + traced
        )


def _predicted(
    model: CompiledModel, inputs: Inputs, rows: np.ndarray | None
) -> tuple[Predictions | None, Seconds]:
    """Predicts rows, if there are any to predict."""
    if rows is None:
        return None, Seconds()
    return model.validate(ChosenImages(inputs.predict, rows))
