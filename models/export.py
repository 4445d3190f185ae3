"""A trained model as stock Keras layers, for people without this project."""

from pathlib import Path
from typing import Any

from models.backbones import BACKBONES
from models.config import ModelConfig
from models.heads import add_head
from models.normalization import (
    STANDARDIZE,
    ChannelStatistics,
    frozen,
    is_standardized,
    statistics_of,
)
from models.pinned import keras
from models.reset import refresh

UNKNOWN_OUTSIDE = ("augment", "dropout", STANDARDIZE)
"""Layers of a trained model that an export leaves out or replaces."""


def export(model: Any, config: ModelConfig, path: Path) -> None:
    """Writes the inference model.

    Args:
        model: the trained ``ExpressionModel`` of the configuration.
        config: its Structure and the dropout rate that is frozen into the file.
        path: ends in ``.keras``.
    """
    measured = statistics_of(model) if is_standardized(model) else None
    plain = plain_model(config, measured)
    copy_weights(model, plain)
    plain.save(path)


def plain_model(config: ModelConfig, measured: ChannelStatistics | None = None) -> Any:
    """Builds a model of stock layers only, with weights of no meaning.

    Args:
        config: Structure, and the dropout rate.
        measured: the training rows' mean and deviation, where pixels are scaled so.

    Returns:
        A model from raw pixels (B, S, S, C) in [0, 255] to a dict: probabilities
        ``emotion`` (B, E) and ``action_units`` (B, U), and ``valence_arousal`` (B, D)
        in [-1, 1].
    """
    structure = config.structure
    side, channels = structure.image_size, structure.channels
    pixels = keras.Input((side, side, channels), name="pixels")
    scale = frozen(measured) if measured else None
    features = BACKBONES[structure.backbone].features(pixels, structure, scale)
    dropout = keras.layers.Dropout(config.knobs.dropout, name="dropout")
    outputs = add_head(features, structure, dropout, logits=False)
    return keras.Model(pixels, outputs, name=structure.backbone)


def copy_weights(trained: Any, plain: Any) -> None:
    """Copies the weights of each layer, paired by position.

    Names do not pair them: Keras numbers some of its names process-wide.

    Args:
        trained: the model to copy from.
        plain: a ``plain_model`` of the same Structure.
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
