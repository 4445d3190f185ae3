"""The custom residual network: a stem and two stages of residual blocks.

By default 6 blocks of 64 filters, then 6 of 256. The stem and the first block of
each stage halve the map; from 96 pixels on, a pooling after the stem halves it
once more, so that a large image costs as much as in a common network.
Features: (B, S/8, S/8, filters), or S/16 from 96 pixels on; sides are rounded up.
"""

from models.backbones.backbone import Backbone, Tensor
from models.backbones.layers import SIGNED, convolution, residual
from models.keras_api import layers

STEM_FILTERS = 64

POOLED_FROM = 96
"""Image side, in pixels, from which a pooling follows the stem."""


def build(pixels: Tensor, *, blocks: int, filters: int) -> Tensor:
    """Adds so many blocks a stage; the first stage has at most 64 filters."""
    x = convolution(pixels, STEM_FILTERS, stride=2, name="stem")
    x = layers.ReLU(name="stem_relu")(x)
    if pixels.shape[1] >= POOLED_FROM:
        x = layers.MaxPooling2D(3, strides=2, padding="same", name="stem_pool")(x)
    for stage, width in enumerate((min(STEM_FILTERS, filters), filters), start=1):
        for block in range(1, blocks + 1):
            stride = 2 if block == 1 else 1
            x = residual(x, width, stride=stride, name=f"stage{stage}_block{block}")
    return x


BACKBONE = Backbone(own=SIGNED, build=build, penalized=True)
