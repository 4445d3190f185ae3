"""A model compiled once for its graph: reset, trained, saved and used again."""

import math
import time
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from data_pipeline.files.atomic_write import atomic_write
from models.backbones import load_backbone
from models.calibration.calibration import Calibration
from models.config.config import GraphConfig, ModelConfig, RuntimeHyperparameters
from models.config.hyperparameters import DEVELOPMENT
from models.keras_api import keras
from models.metrics.predictions import ImageRows, Predictions, predict_padded
from models.network.dense_width import used_parts
from models.network.heads import probabilities
from models.network.model import ExpressionModel, assemble
from models.network.standardization import STANDARDIZE, channel_statistics
from models.optimization.ema import averaged
from models.pretrained.loading import initial_weights, loaded_weights
from models.training.frozen import FrozenBackbone
from models.training.initialization import initialize, refresh
from models.training.mixup import Batch
from models.training.saving import ModelCost, export, exported_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Seconds:
    """Time that an epoch took: working, and ``traced``, 0 on a graph in use."""

    working: float = 0.0
    traced: float = 0.0


class CompiledModel:
    """The model of one graph, compiled once.

    Attributes:
        graph: what it was made for.
        model: the Keras model; its weights are those of the last training.
        built: seconds it took to build.
        loaded_weights: what the backbone starts from, if not random.
    """

    def __init__(
        self, graph: GraphConfig, frozen: FrozenBackbone | None = None
    ) -> None:
        """Builds and compiles; a head alone is trained on ``frozen`` features.

        Raises:
            WeightsError: its initial weights cannot be had or do not fit.
        """
        start = time.perf_counter()
        self.graph, self._frozen = graph, frozen
        if frozen is None:
            self.model: ExpressionModel = assemble(graph)
            self._given = initial_weights(self.model, graph)
            self.loaded_weights = (
                loaded_weights(self.model, self._given) if self._given else None
            )
        else:
            self.model = assemble(graph, frozen.width(graph.pooling))
            self._given, self.loaded_weights = {}, frozen.loaded_weights
        self._steps = _steps(self.model)
        self.built = time.perf_counter() - start
        self._trained_before = False
        self._predicted_before = False

    def reset(self, runtime: RuntimeHyperparameters, seed: int) -> None:
        """Makes the model fresh: new numbers, and the initial weights of a seed."""
        parts = used_parts(self.graph, int(runtime.dense_units))
        initialize(self.model, seed, self._given, parts)
        self.model.optimizer.reset()
        self._clear_average()
        self.model.set_runtime(runtime)

    def continue_from(self, other: "CompiledModel") -> None:
        """Copies weights, statistics and seeds of a model that differs in freezing.

        The state of its optimizer and of its average are not copied.
        """
        for own, theirs in zip(self.model.layers, other.model.layers, strict=True):
            for variable, given in zip(own.variables, theirs.variables, strict=True):
                # A copy: JAX gives the memory of a model that trains to its next step.
                variable.assign(keras.ops.copy(given))
            refresh(own)

    def scale_pixels(
        self, normalization: str, images: np.ndarray, rows: np.ndarray
    ) -> None:
        """Scales pixels by the training rows, or by the backbone's own rule.

        ``images`` is raw pixels, shape (N, S, S, C), in [0, 255].
        """
        if not self.graph.standardized:
            return
        measured = normalization == DEVELOPMENT
        own = load_backbone(self.graph.backbone).own
        statistics = channel_statistics(images, rows) if measured else own
        self.model.get_layer(STANDARDIZE).set_statistics(statistics)

    def train(
        self, batches: Iterable[Batch], *, rate: float | None = None
    ) -> tuple[float, Seconds]:
        """Trains one epoch, with another learning rate if one is given.

        Returns the mean loss over the rows, penalties included, and the time.
        """
        if rate is not None:
            self.model.optimizer.learning_rate.assign(rate)
        start = traced_until = time.perf_counter()
        losses, sizes = [], []
        for loss, size in self._steps.train(batches):
            losses.append(loss)
            sizes.append(size)
            if not self._trained_before:
                float(loss)  # a device may still compute it
                traced_until = time.perf_counter()
                self._trained_before = True
        mean = float(np.average([float(loss) for loss in losses], weights=sizes))
        working = time.perf_counter() - traced_until
        return mean, Seconds(working=working, traced=traced_until - start)

    def validate(self, images: ImageRows) -> tuple[Predictions, Seconds]:
        """Predicts raw pixels, shape (N, S, S, C), and measures the time."""
        traced = self._trace_prediction()
        start = time.perf_counter()
        predictions = self.predict(images)
        working = time.perf_counter() - start
        return predictions, Seconds(working=working, traced=traced)

    def predict(self, images: ImageRows) -> Predictions:
        """Predicts raw pixels, shape (N, S, S, C); no row depends on its neighbours."""
        with averaged(self.model):
            batches = predict_padded(self._steps.predict, images)
            predictions = Predictions.concatenate(list(map(probabilities, batches)))
        self._predicted_before = True
        return predictions

    def cost(self, config: ModelConfig) -> ModelCost:
        """Counts what the model of a configuration costs, exported; takes no time."""
        below = self._frozen.layers if self._frozen else []
        frozen = (v for layer in below for v in layer.trainable_variables)
        trained = self.model.parameters(int(config.runtime.dense_units))
        return ModelCost(
            parameters=trained + sum(math.prod(v.shape) for v in frozen),
            model_bytes=exported_bytes([*below, *self.model.layers], config),
        )

    def export(
        self, config: ModelConfig, path: Path, calibration: Calibration | None = None
    ) -> None:
        """Writes a .keras file that plain Keras loads without this project."""
        with averaged(self.model):
            below = self._frozen.layers if self._frozen else []
            export([*below, *self.model.layers], config, path, calibration)

    def save(self, path: Path) -> None:
        """Writes the weights that the model predicts with: averages, if it has any.

        The file appears when it is whole.
        """
        with averaged(self.model):
            layers = self.model.layers
            values = [value for layer in layers for value in layer.get_weights()]
        with atomic_write(path) as part, part.open("wb") as file:
            np.savez(file, *values)

    def restore(self, path: Path) -> None:
        """Reads a file of ``save``, of this graph or one that differs in freezing."""
        with np.load(path, allow_pickle=False) as file:
            # In the order in which they were written, whatever the archive's.
            values = iter([file[f"arr_{place}"] for place in range(len(file.files))])
        for layer in self.model.layers:
            layer.set_weights([next(values) for _ in layer.weights])
            refresh(layer)
        self._clear_average()

    def _clear_average(self) -> None:
        """Makes the average, if any, that of the present weights alone."""
        if self.model.average is not None:
            self.model.average.clear()

    def _trace_prediction(self) -> float:
        if self._predicted_before:
            return 0.0
        start = time.perf_counter()
        self.predict(np.zeros((0, *self.model.input_shape[1:]), np.uint8))
        return time.perf_counter() - start


def _steps(model: ExpressionModel) -> Any:
    """Makes the compiled functions of a model for Keras's backend."""
    backend = keras.backend.backend()
    return import_module(f"models.training.{backend}_steps").Steps(model)
