"""ResNet18: a stem and four stages of two residual blocks. Keras has none.

Source: He et al. 2016, "Deep Residual Learning for Image Recognition": table 1 from
96 pixels on (a stem of 7x7 that halves the map, and a pooling that halves it once
more); below, the stem that section 4.2 has for images of 32 pixels (3x3, nothing
halved). Pixels are scaled to [-1, 1]. Keras publishes no ImageNet weights for it.
Features: (B, S/8, S/8, 512), or S/32 from 96 pixels on; sides are rounded up.
"""

from models.backbones.backbone import Backbone, Tensor
from models.backbones.layers import SIGNED, convolution, residual
from models.keras_api import layers

STAGES = (64, 128, 256, 512)
"""Filters of each stage."""

HALVED_FROM = 96
"""Image side, in pixels, from which the stem is that of large images."""


def build(pixels: Tensor) -> Tensor:
    """Adds the network to scaled pixels; their side decides the stem."""
    large = pixels.shape[1] >= HALVED_FROM
    size, stride = (7, 2) if large else (3, 1)
    x = convolution(pixels, STAGES[0], size=size, stride=stride, name="stem")
    x = layers.ReLU(name="stem_relu")(x)
    if large:
        x = layers.MaxPooling2D(3, strides=2, padding="same", name="stem_pool")(x)
    for stage, filters in enumerate(STAGES, start=1):
        stride = 1 if stage == 1 else 2
        x = residual(x, filters, stride=stride, name=f"stage{stage}_block1")
        x = residual(x, filters, stride=1, name=f"stage{stage}_block2")
    return x


BACKBONE = Backbone(own=SIGNED, build=build, penalized=True)
