"""Keras's layers that TensorFlow computes faster by other operations; one table."""

from collections.abc import Callable
from typing import Any

from models.keras_api import keras
from models.network.batch_normalization import BatchNormalization, normalizes_maps
from models.network.convolutions import (
    Conv2D,
    DepthwiseConv2D,
    is_plain_depthwise,
    is_pointwise,
)

FASTER: dict[type[Any], tuple[type[Any], Callable[[Any], bool]]] = {
    keras.layers.BatchNormalization: (BatchNormalization, normalizes_maps),
    keras.layers.Conv2D: (Conv2D, is_pointwise),
    keras.layers.DepthwiseConv2D: (DepthwiseConv2D, is_plain_depthwise),
}
"""Keras's class to ours, and whether ours computes what a layer is configured to."""


def use_faster(layers: list[Any]) -> None:
    """Lets layers of a model that is not traced yet use the faster operations.

    A layer changes its class: replaced, it would need the whole graph rebuilt.
    """
    if keras.backend.backend() != "tensorflow":
        return  # a compiler chooses operations by itself
    for layer in layers:
        if type(layer) in FASTER:
            faster, fits = FASTER[type(layer)]
            layer.__class__ = faster if fits(layer) else type(layer)
