"""The custom residual network: a stem and two stages of residual blocks.

By default 6 blocks of 64 filters, then 6 of 256. The stem and the first block of
each stage halve the map; from 96 pixels on a pooling after the stem halves it
once more, so that the cost of a large image stays that of a common network.
"""

import keras
from keras import layers

from models.backbones.kind import Backbone, Tensor
from models.catalogue import BACKBONE_FACTS
from models.config import Structure

STEM_FILTERS = 64
MOMENTUM = 0.9
"""Keras's 0.99 lags behind in short trainings: validation would show noise."""

POOLED_FROM = 96
"""Image side, in pixels, from which the stem is followed by a pooling."""


def build(pixels: Tensor, structure: Structure) -> Tensor:
    """Adds the network.

    Args:
        pixels: raw pixels, shape (B, S, S, C), in [0, 255].
        structure: ``blocks`` a stage; ``filters`` of the second stage, and of the
            first where they are fewer than 64.

    Returns:
        Features, shape (B, S/8, S/8, filters), or S/16 from 96 pixels on.
    """
    blocks, filters = structure.blocks, structure.filters
    if blocks is None or filters is None:
        raise ValueError("a residual CNN needs blocks and filters, found None")
    x = layers.Rescaling(1 / 127.5, offset=-1.0, name="scale")(pixels)
    x = _conv(x, STEM_FILTERS, stride=2, name="stem")
    x = layers.ReLU(name="stem_relu")(x)
    if structure.image_size >= POOLED_FROM:
        x = layers.MaxPooling2D(3, strides=2, padding="same", name="stem_pool")(x)
    for stage, width in enumerate((min(STEM_FILTERS, filters), filters), start=1):
        for block in range(1, blocks + 1):
            stride = 2 if block == 1 else 1
            x = _block(x, width, stride=stride, name=f"stage{stage}_block{block}")
    return x


def _block(x: Tensor, width: int, *, stride: int, name: str) -> Tensor:
    """Adds one residual block; the skip is a projection where the shape changes."""
    skip = x
    if stride > 1 or x.shape[-1] != width:
        skip = _conv(x, width, size=1, stride=stride, name=f"{name}_skip")
    y = _conv(x, width, stride=stride, name=f"{name}_first")
    y = layers.ReLU(name=f"{name}_first_relu")(y)
    # Starting the second gamma at 0, as is often advised, learns far slower here:
    # macro-F1 .27 against .69 after 10 epochs on drawn faces of 48 pixels.
    y = _conv(y, width, name=f"{name}_second")
    y = layers.Add(name=f"{name}_add")([skip, y])
    return layers.ReLU(name=f"{name}_relu")(y)


def _conv(
    x: Tensor, filters: int, *, name: str, size: int = 3, stride: int = 1
) -> Tensor:
    """Adds a convolution without bias and its batch normalisation."""
    x = layers.Conv2D(
        filters,
        size,
        strides=stride,
        padding="same",
        use_bias=False,
        kernel_initializer=keras.initializers.HeNormal(),
        name=f"{name}_conv",
    )(x)
    return layers.BatchNormalization(momentum=MOMENTUM, name=f"{name}_bn")(x)


BACKBONE = Backbone(
    build=build, smallest=BACKBONE_FACTS["residual_cnn"].smallest, penalized=True
)
