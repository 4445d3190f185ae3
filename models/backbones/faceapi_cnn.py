"""The expression network of face-api.js: 0.3 million weights, for faces of 112 pixels.

Source: class ``FaceFeatureExtractor`` of the package ``@vladmandic/face-api`` of npm,
a fork of face-api.js by Mühler. Four blocks of four convolutions, of which all but the
very first are depthwise-separable; each takes the sum of those before it in its block.
There is no batch normalisation. The last layer, of seven classes, is left out: the
common head follows. Pixels are scaled by FACES.
Features: (B, ceil(S/16), ceil(S/16), 256).
"""

from models.backbones.backbone import Backbone, Tensor
from models.backbones.layers import FACES, biased
from models.keras_api import keras, layers

BLOCKS = (32, 64, 128, 256)
"""Filters of each block."""

CONVOLUTIONS = 4
"""Of each block; the first halves the map."""

SIZE = 3


def build(pixels: Tensor) -> Tensor:
    """Adds the network to scaled pixels."""
    x = pixels
    for number, filters in enumerate(BLOCKS, start=1):
        x = _block(x, filters, f"block{number}", is_first=number == 1)
    return x


def _block(x: Tensor, filters: int, name: str, *, is_first: bool) -> Tensor:
    """Halves the map; later convolutions see the sum of the earlier ones."""
    if is_first:
        x = biased(x, filters, stride=2, name=f"{name}_conv1")
    else:
        x = _separable(x, filters, f"{name}_conv1", stride=2)
    x = layers.ReLU(name=f"{name}_relu1")(x)
    terms = [x]
    for place in range(2, CONVOLUTIONS + 1):
        terms.append(_separable(x, filters, f"{name}_conv{place}"))
        x = layers.Add(name=f"{name}_add{place}")(terms)
        x = layers.ReLU(name=f"{name}_relu{place}")(x)
    return x


def _separable(x: Tensor, filters: int, name: str, *, stride: int = 1) -> Tensor:
    # Keras's own initial deviation would shrink the map block by block: it counts all
    # channels, but each of these sums sees one.
    x = layers.DepthwiseConv2D(
        SIZE,
        strides=stride,
        padding="same",
        use_bias=False,
        depthwise_initializer=keras.initializers.RandomNormal(stddev=1 / SIZE),
        name=f"{name}_depthwise",
    )(x)
    return biased(x, filters, size=1, name=name)


BACKBONE = Backbone(own=FACES, build=build, colour=True, penalized=True)
