"""How a network of ``keras.applications`` joins a model: flat, without its top."""

from collections.abc import Callable
from typing import Any

from models.backbones.blocks import MOMENTUM
from models.backbones.kind import Tensor
from models.backbones.pixels import rgb
from models.pinned import keras


def join(application: Callable[..., Any], pixels: Tensor) -> Tensor:
    """Adds the layers of a stock network, with fresh weights, to a tensor.

    The network is flat in the model, not nested: saliency tools, export and the
    reset of weights see its layers.

    Args:
        application: a function of ``keras.applications``.
        pixels: the scaled input, shape (B, S, S, C); C = 1 is repeated to three.

    Returns:
        The features before pooling, shape (B, h, w, F).
    """
    network = application(include_top=False, weights=None, input_tensor=rgb(pixels))
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = MOMENTUM
    return network.output
