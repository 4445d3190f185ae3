"""The plain network of a FER+ course work: five convolution blocks, no skips.

A block is two times convolution (3x3), batch normalisation and ReLU; the first four
end in a pooling that halves the map. Pixels are scaled to [-1, 1].
Features: (B, S//16, S//16, 512).

Source: the project's text names five convolution blocks and one dense layer; the
rest is taken from its notebook ``CNN_Default.ipynb``. There, global average pooling
and a dense block (256 and 128 units, each with layer normalisation and dropout)
follow. Here the head of every backbone follows, whose dense layer is
``head.dense_units`` and whose dropout is ``head.dropout``: set 256 and 0.4. Its
convolutions had biases, which batch normalisation cancels: here they have none.
"""

from models.backbones.backbone import Backbone, Tensor
from models.backbones.layers import SIGNED, convolution
from models.keras_api import layers

BLOCKS = (32, 64, 128, 256, 512)
"""Filters of each block."""


def build(pixels: Tensor) -> Tensor:
    """Adds the network to scaled pixels."""
    x = pixels
    for block, filters in enumerate(BLOCKS, start=1):
        for place in ("first", "second"):
            name = f"block{block}_{place}"
            x = convolution(x, filters, name=name)
            x = layers.ReLU(name=f"{name}_relu")(x)
        if block < len(BLOCKS):
            x = layers.MaxPooling2D(2, name=f"block{block}_pool")(x)
    return x


BACKBONE = Backbone(own=SIGNED, build=build, penalized=True)
