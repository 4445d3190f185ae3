"""Exports a trained model as stock Keras layers, and measures what it costs in use."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from models.backbones import load_backbone
from models.backbones.pixel_scale import ChannelStatistics
from models.calibration.calibration import Calibration
from models.config.config import ModelConfig
from models.config.hyperparameters import DEVELOPMENT, FULL
from models.keras_api import keras
from models.network.dense_width import unused_weights, used_parts
from models.network.heads import ACTION_UNITS, DENSE, EMOTION, add_head
from models.network.hyperparameters import DROPOUT
from models.network.model import NOT_EXPORTED
from models.network.standardization import STANDARDIZE
from models.training.initialization import SEED_STATE, refresh

BYTES = 4
"""Bytes of a weight of an export, which is a float32."""

WARM_UP, CALLS = 3, 9
"""Predictions of one image before those that are timed, and those."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCost:
    """What a model costs in use, exported.

    ``parameters`` are the weights that training can change, those of a frozen backbone
    too; ``model_bytes`` those of all weights. ``latency_ms`` are milliseconds for one
    image, ``None`` where it was not measured.
    """

    parameters: int
    model_bytes: int
    latency_ms: float | None = None


def export(
    layers: Sequence[Any],
    config: ModelConfig,
    path: Path,
    calibration: Calibration | None = None,
) -> None:
    """Writes the inference model of trained layers, pixels first, to a .keras file."""
    measured = config.normalization == DEVELOPMENT
    found = (each for each in layers if measured and each.name == STANDARDIZE)
    plain = plain_model(config, next((each.statistics() for each in found), None))
    copy_weights(layers, plain, config)
    if calibration is not None:
        calibrate(plain, calibration, config.graph.action_units)
    plain.save(path)


def calibrate(
    plain: Any, calibration: Calibration, action_units: Sequence[str]
) -> None:
    """Calibrates a ``plain_model``: its last layers compute logits, and are scaled.

    So it stays one of stock layers, and its outputs are the calibrated probabilities.
    """
    if calibration.temperature is not None:
        _scale(plain.get_layer(EMOTION), 1 / calibration.temperature, 0.0)
    if calibration.units:
        lines = [calibration.units.get(unit, (1.0, 0.0)) for unit in action_units]
        slopes, offsets = np.array(lines).T
        _scale(plain.get_layer(ACTION_UNITS), slopes, offsets)


def _scale(layer: Any, slopes: Any, offsets: Any) -> None:
    kernel, bias = layer.get_weights()
    layer.set_weights([kernel * slopes, bias * slopes + offsets])


def plain_model(
    config: ModelConfig, statistics: ChannelStatistics | None = None
) -> Any:
    """Builds a model of stock layers only, with weights of no meaning.

    ``statistics`` are the training rows', where pixels are standardized. The model
    maps raw pixels (B, S, S, C) in [0, 255] to a dict: probabilities ``emotion``
    (B, E) and ``action_units`` (B, U), ``action_unit_intensities`` (B, I) in [0, 5]
    and ``valence_arousal`` (B, D) in [-1, 1].
    """
    units = int(config.runtime.dense_units)
    graph = replace(config.graph, dense_width=units, dense_optional=False, stage=FULL)
    side, channels = graph.image_size, graph.channels
    pixels = keras.Input((side, side, channels), name="pixels")
    rule = statistics.rescaling(STANDARDIZE) if statistics else None
    features = load_backbone(graph.backbone).features(pixels, graph, rule)
    dropout = keras.layers.Dropout(config.runtime.dropout, name=DROPOUT)
    outputs = add_head(features, graph, dropout, logits=False)
    return keras.Model(pixels, outputs, name=_model_name(graph.backbone))


def _model_name(backbone: str) -> str:
    """Names a model after its backbone; TensorFlow allows no colon."""
    return backbone.replace(":", ".").lstrip("_")


def copy_weights(trained: Sequence[Any], plain: Any, config: ModelConfig) -> None:
    """Copies weights of layers to a ``plain_model`` of the same configuration.

    Layers are paired by position: Keras numbers some of its names process-wide. Dense
    units beyond the configuration's width are left out.
    """
    units = int(config.runtime.dense_units)
    parts = used_parts(config.graph, units)
    sources = [layer for layer in _weighted(trained) if units or layer.name != DENSE]
    for source, target in zip(sources, _weighted(plain.layers), strict=True):
        target.set_weights(
            [
                weight.numpy()[parts.get((source.name, weight.name), ...)]
                for weight in source.weights
            ]
        )
        refresh(target)


def _weighted(layers: Sequence[Any]) -> list[Any]:
    return [
        layer for layer in layers if layer.weights and layer.name not in NOT_EXPORTED
    ]


def exported_bytes(layers: Sequence[Any], config: ModelConfig) -> int:
    """Counts the bytes of the weights that an export of these layers has."""
    parts = used_parts(config.graph, int(config.runtime.dense_units))
    used = _weighted(layers)
    weights = (w for layer in used for w in layer.weights if w.name != SEED_STATE)
    whole = sum(math.prod(weight.shape) for weight in weights)
    return int(BYTES * (whole - unused_weights(used, parts)))


def latency_ms(config: ModelConfig) -> float:
    """Measures the milliseconds that the exported model takes for one image.

    In a batch of one on this machine: the median of a few calls after a warm-up.
    """
    graph = config.graph
    model = plain_model(config)
    # XLA on CPUs is slower, and takes long to compile.
    model.compile(jit_compile=keras.backend.backend() != "tensorflow")
    pixels = np.zeros((1, graph.image_size, graph.image_size, graph.channels), "f4")
    seconds = []
    for _ in range(WARM_UP + CALLS):
        start = time.perf_counter()
        model.predict_on_batch(pixels)
        seconds.append(time.perf_counter() - start)
    return 1000 * median(seconds[WARM_UP:])
