"""Pixels less the training rows' mean, by their deviation, channel by channel.

These numbers change with every fold, so they are weights of a layer that no training
touches; an export has them as constants of a stock layer. A graph that configurations
with a backbone's own rule share has that rule's numbers in their place.
"""

from typing import Any

import numpy as np

from models.backbones import load_backbone
from models.backbones.backbone import RGB
from models.backbones.pixel_scale import ChannelStatistics
from models.config.config import GraphConfig
from models.keras_api import keras, untrained_weight

STANDARDIZE = "standardize"
"""Name of the layer, in a trained model and in an exported one."""

READ_AT_ONCE = 64


class Standardize(keras.layers.Layer):  # type: ignore[misc]  # Keras is untyped
    """Subtracts the mean and divides by the deviation; both are weights.

    Shape: (B, S, S, C) in and out; in [0, 255] in, about -3 to 3 out.
    """

    def __init__(self, channels: int, **kwargs: Any) -> None:
        """Makes the layer; its numbers are 0 until they are measured."""
        super().__init__(**{"name": STANDARDIZE} | kwargs)
        self.mean = untrained_weight(self, "mean", (channels,))
        self.deviation = untrained_weight(self, "deviation", (channels,))
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Standardizes pixels."""
        return (inputs - self.mean) / self.deviation

    def set_statistics(self, statistics: ChannelStatistics) -> None:
        """Sets the numbers; one stands for all channels."""
        for weight, values in (
            (self.mean, statistics.mean),
            (self.deviation, statistics.deviation),
        ):
            weight.assign(np.broadcast_to(values, weight.shape))

    def statistics(self) -> ChannelStatistics:
        """Returns the numbers."""
        mean, deviation = self.get_weights()
        return ChannelStatistics(
            mean=tuple(mean.tolist()), deviation=tuple(deviation.tolist())
        )


def standardize(graph: GraphConfig) -> Standardize | None:
    """Makes the layer of a training graph that has one."""
    if not graph.standardized:
        return None
    return Standardize(RGB if load_backbone(graph.backbone).colour else graph.channels)


def channel_statistics(images: np.ndarray, rows: np.ndarray) -> ChannelStatistics:
    """Measures all pixels of some rows, a few rows at a time.

    ``images`` is raw pixels, (N, S, S, C), may be mapped from a file; ``rows`` has at
    least one. A deviation of 0, as of black images, becomes 1.
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


def is_standardized(model: Any) -> bool:
    """Whether a model, trained or exported, has such a layer, or one in it has."""
    return any(
        layer.name == STANDARDIZE
        or (isinstance(layer, keras.Model) and is_standardized(layer))
        for layer in model.layers
    )
