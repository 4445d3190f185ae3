"""Pixels less the training rows' mean, by their deviation, channel by channel.

A backbone's own rule for pixels is a constant of its graph. These numbers change with
every fold, so they are weights of a layer that no training touches; an export has
them as constants of a stock layer.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from models.config.config import GraphConfig
from models.config.hyperparameters import DEVELOPMENT
from models.keras_api import keras
from models.network.hyperparameters import untrained_weight

STANDARDIZE = "standardize"
"""The name of the layer, in a trained model and in an exported one."""

READ_AT_ONCE = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelStatistics:
    """Mean and deviation of each channel, in [0, 255]; a deviation is not 0."""

    mean: tuple[float, ...]
    deviation: tuple[float, ...]


class Standardize(keras.layers.Layer):  # type: ignore[misc]  # Keras is untyped
    """Takes the mean off and divides by the deviation; both are weights.

    Shape: (B, S, S, C) in and out; in [0, 255] in, about -3 to 3 out.
    """

    def __init__(self, channels: int, **kwargs: Any) -> None:
        """Makes the layer for C channels; ``set_statistics`` gives its numbers."""
        super().__init__(**kwargs)
        self.mean = untrained_weight(self, "mean", (channels,))
        self.deviation = untrained_weight(self, "deviation", (channels,))
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Standardizes pixels."""
        return (inputs - self.mean) / self.deviation


def standardize(graph: GraphConfig) -> Standardize | None:
    """Makes the layer of a training graph, where its GraphConfig asks for it."""
    if graph.normalization != DEVELOPMENT:
        return None
    return Standardize(graph.channels, name=STANDARDIZE)


def frozen(statistics: ChannelStatistics) -> Any:
    """Makes the stock layer of an export that does the same.

    Args:
        statistics: as the training graph had them.

    Returns:
        A ``Rescaling`` layer.
    """
    mean, deviation = np.array(statistics.mean), np.array(statistics.deviation)
    return keras.layers.Rescaling(
        (1 / deviation).tolist(), offset=(-mean / deviation).tolist(), name=STANDARDIZE
    )


def channel_statistics(images: np.ndarray, rows: np.ndarray) -> ChannelStatistics:
    """Measures rows, a few at a time.

    Args:
        images: raw pixels, shape (N, S, S, C), in [0, 255], may be mapped from a file.
        rows: those to measure, at least one.

    Returns:
        Mean and deviation over all pixels of the rows; a deviation of 0, as of black
        images, is told as 1.
    """
    channels = images.shape[-1]
    total, squares = np.zeros(channels), np.zeros(channels)
    for start in range(0, len(rows), READ_AT_ONCE):
        some = images[rows[start : start + READ_AT_ONCE]].reshape(-1, channels)
        total += some.sum(axis=0, dtype=np.float64)
        squares += np.square(some, dtype=np.float64).sum(axis=0)
    count = len(rows) * images.shape[1] * images.shape[2]
    mean = total / count
    deviation = np.sqrt(np.maximum(squares / count - np.square(mean), 0.0))
    return ChannelStatistics(
        mean=tuple(mean.tolist()),
        deviation=tuple(np.where(deviation > 0, deviation, 1.0).tolist()),
    )


def set_statistics(model: Any, statistics: ChannelStatistics) -> None:
    """Gives a model's layer its numbers."""
    layer = model.get_layer(STANDARDIZE)
    layer.mean.assign(statistics.mean)
    layer.deviation.assign(statistics.deviation)


def statistics_of(model: Any) -> ChannelStatistics:
    """Reads the numbers of a trained model's layer."""
    mean, deviation = model.get_layer(STANDARDIZE).get_weights()
    return ChannelStatistics(
        mean=tuple(mean.tolist()), deviation=tuple(deviation.tolist())
    )


def is_standardized(model: Any) -> bool:
    """Tells whether a model, trained or exported, has such a layer."""
    return any(layer.name == STANDARDIZE for layer in model.layers)
