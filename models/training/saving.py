"""A trained model as stock Keras layers, for people without this project."""

from pathlib import Path
from typing import Any

import numpy as np

from data_pipeline.files.atomic_write import atomic_write
from models.backbones import load_backbone
from models.config.config import ModelConfig
from models.keras_api import keras
from models.network.ema import averaged
from models.network.heads import add_head
from models.network.standardization import (
    STANDARDIZE,
    ChannelStatistics,
    frozen,
    is_standardized,
    statistics_of,
)
from models.training.initialization import refresh

UNKNOWN_OUTSIDE = ("augment", "dropout", STANDARDIZE)
"""Layers of a trained model that an export leaves out or replaces."""


def export(model: Any, config: ModelConfig, path: Path) -> None:
    """Writes the inference model.

    Args:
        model: the trained ``ExpressionModel`` of the configuration.
        config: its GraphConfig and the dropout rate that is frozen into the file.
        path: ends in ``.keras``.
    """
    measured = statistics_of(model) if is_standardized(model) else None
    plain = plain_model(config, measured)
    copy_weights(model, plain)
    plain.save(path)


def plain_model(config: ModelConfig, measured: ChannelStatistics | None = None) -> Any:
    """Builds a model of stock layers only, with weights of no meaning.

    Args:
        config: GraphConfig, and the dropout rate.
        measured: the training rows' mean and deviation, where pixels are scaled so.

    Returns:
        A model from raw pixels (B, S, S, C) in [0, 255] to a dict: probabilities
        ``emotion`` (B, E) and ``action_units`` (B, U), and ``valence_arousal`` (B, D)
        in [-1, 1].
    """
    graph = config.graph
    side, channels = graph.image_size, graph.channels
    pixels = keras.Input((side, side, channels), name="pixels")
    scale = frozen(measured) if measured else None
    features = load_backbone(graph.backbone).features(pixels, graph, scale)
    dropout = keras.layers.Dropout(config.runtime.dropout, name="dropout")
    outputs = add_head(features, graph, dropout, logits=False)
    return keras.Model(pixels, outputs, name=graph.backbone)


def copy_weights(trained: Any, plain: Any) -> None:
    """Copies the weights of each layer, paired by position.

    Names do not pair them: Keras numbers some of its names process-wide.

    Args:
        trained: the model to copy from.
        plain: a ``plain_model`` of the same GraphConfig.
    """
    sources, targets = _weighted(trained), _weighted(plain)
    for source, target in zip(sources, targets, strict=True):
        target.set_weights(source.get_weights())
        refresh(target)


def _weighted(model: Any) -> list[Any]:
    return [
        layer
        for layer in model.layers
        if layer.weights and layer.name not in UNKNOWN_OUTSIDE
    ]


def write_weights(model: Any, path: Path) -> None:
    """Writes what a model validates with: its averages, where it keeps any.

    Args:
        model: an ``ExpressionModel``.
        path: of a file that appears when it is whole.
    """
    with averaged(model):
        values = [value for layer in model.layers for value in layer.get_weights()]
    with atomic_write(path) as part, part.open("wb") as file:
        np.savez(file, *values)


def read_weights(model: Any, path: Path) -> None:
    """Gives a model the weights of a file, which it then validates with.

    Args:
        model: of the GraphConfig that they were written of, or of one that differs in
            what is frozen alone.
        path: of a file of ``write_weights``.
    """
    with np.load(path, allow_pickle=False) as file:
        # In the order in which they were written, whatever the archive's.
        values = iter([file[f"arr_{place}"] for place in range(len(file.files))])
    for layer in model.layers:
        layer.set_weights([next(values) for _ in layer.weights])
        refresh(layer)
    if model.average is not None:
        # Of nothing followed, the average is the present weights.
        model.average.clear()
