"""What backbones are built from: scaling, convolutions, blocks, networks of Keras."""

from collections.abc import Callable
from typing import Any

from models.backbones.backbone import Backbone, Tensor
from models.backbones.pixel_scale import ChannelStatistics
from models.keras_api import keras, layers

MOMENTUM = 0.9
"""Of every batch normalisation, stock networks' too.

Keras's 0.99 lags behind in short trainings: validation would show noise.
"""


SIGNED = ChannelStatistics(mean=(127.5,), deviation=(127.5,))
"""Scales raw pixels from [0, 255] to [-1, 1]."""

TORCH = ChannelStatistics(
    mean=(255 * 0.485, 255 * 0.456, 255 * 0.406),
    deviation=(255 * 0.229, 255 * 0.224, 255 * 0.225),
)
"""ImageNet's mean and deviation on a [0, 1] scale, as in Torch."""

FACES = ChannelStatistics(mean=(122.782, 117.001, 104.298), deviation=(255.0,) * 3)
"""The mean of dlib's faces, by 255, as face-api.js scales pixels."""


def convolution(
    x: Tensor,
    filters: int,
    *,
    name: str,
    size: int = 3,
    stride: int = 1,
    padding: str = "same",
) -> Tensor:
    """Adds a convolution without bias and its batch normalisation.

    A stride of 2 halves the map: (B, ceil(h/stride), ceil(w/stride), filters). With
    ``padding`` "valid" the map loses ``size`` - 1 pixels a side instead.
    """
    x = layers.Conv2D(
        filters,
        size,
        strides=stride,
        padding=padding,
        use_bias=False,
        kernel_initializer=keras.initializers.HeNormal(),
        name=f"{name}_conv",
    )(x)
    return layers.BatchNormalization(momentum=MOMENTUM, name=f"{name}_bn")(x)


def biased(
    x: Tensor,
    filters: int,
    *,
    name: str,
    size: int = 3,
    stride: int = 1,
) -> Tensor:
    """Adds a convolution with bias and no normalisation."""
    return layers.Conv2D(
        filters,
        size,
        strides=stride,
        padding="same",
        kernel_initializer=keras.initializers.HeNormal(),
        name=name,
    )(x)


def depthwise(x: Tensor, *, name: str, size: int = 3, stride: int = 1) -> Tensor:
    """Adds a convolution of each channel by itself, without bias."""
    return layers.DepthwiseConv2D(
        size, strides=stride, padding="same", use_bias=False, name=name
    )(x)


def residual(x: Tensor, filters: int, *, stride: int, name: str) -> Tensor:
    """Adds a residual block; the skip is a projection where the shape changes.

    Source: He et al. 2016, "Deep Residual Learning for Image Recognition", figure 2
    and option B of section 4.1.
    """
    skip = x
    if stride > 1 or x.shape[-1] != filters:
        skip = convolution(x, filters, size=1, stride=stride, name=f"{name}_skip")
    y = convolution(x, filters, stride=stride, name=f"{name}_first")
    y = layers.ReLU(name=f"{name}_first_relu")(y)
    # Starting the second gamma at 0, as is often advised, learns far slower here:
    # macro-F1 .27 against .69 after 10 epochs on synthetic faces of 48 pixels.
    y = convolution(y, filters, name=f"{name}_second")
    y = layers.Add(name=f"{name}_add")([skip, y])
    return layers.ReLU(name=f"{name}_relu")(y)


def stock(
    application: Callable[..., Any], own: ChannelStatistics, **more: Any
) -> Backbone:
    """Makes a backbone of a function of ``keras.applications``.

    ``more`` are other fields of ``Backbone``.
    """

    def build(pixels: Tensor) -> Tensor:
        return join(application, pixels)

    return Backbone(own=own, build=build, colour=True, application=application, **more)


def join(application: Callable[..., Any], pixels: Tensor) -> Tensor:
    """Adds a stock network, with fresh weights, to scaled pixels (B, S, S, 3).

    The layers are flat in the model, not nested, so that saliency tools, export and
    the reset of weights see them. Returns the features before pooling, (B, h, w, F).
    """
    network = application(include_top=False, weights=None, input_tensor=pixels)
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = MOMENTUM
    return network.output
