"""How a network of ``keras.applications`` joins a model: flat, without its top."""

from collections.abc import Callable
from typing import Any

import keras
from keras import layers

from models.backbones.kind import Tensor

RGB = 3
MOMENTUM = 0.9
"""Keras's 0.99 lags behind in short trainings: validation would show noise."""


def rgb(pixels: Tensor) -> Tensor:
    """Repeats a grey channel to the three that the networks were made for.

    Args:
        pixels: shape (B, S, S, 1) or (B, S, S, 3).

    Returns:
        Shape (B, S, S, 3).
    """
    if pixels.shape[-1] == RGB:
        return pixels
    return layers.Concatenate(name="grey_to_rgb")([pixels] * RGB)


def join(application: Callable[..., Any], pixels: Tensor) -> Tensor:
    """Adds the layers of a stock network, with fresh weights, to a tensor.

    The network is flat in the model, not nested: saliency tools, export and the
    reset of weights see its layers.

    Args:
        application: a function of ``keras.applications``.
        pixels: the preprocessed input, shape (B, S, S, 3).

    Returns:
        The features before pooling, shape (B, h, w, F).
    """
    network = application(include_top=False, weights=None, input_tensor=pixels)
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = MOMENTUM
    return network.output
