"""ConvNeXt-Tiny, the function of ``keras.applications``, of stock layers only.

Source: Liu et al. 2022, "A ConvNet for the 2020s". Keras builds it of nested models
and a layer of its own; a reset, freezing and export need flat stock layers. So a
convolution of each channel is a depthwise one here, a dense layer on maps a
convolution of single pixels, and the scale of a block a depthwise kernel of one
pixel: the same numbers in other shapes. It has no batch normalisation. Its weights
expect ImageNet's mean and deviation.
Features: (B, S//32, S//32, 768).
"""

from models.backbones.backbone import Backbone, Tensor
from models.backbones.layers import TORCH
from models.keras_api import keras, layers

NAME = "convnext_tiny"
STAGES = ((3, 96), (3, 192), (9, 384), (3, 768))
"""Blocks and filters of each stage."""

EPSILON = 1e-6
FIRST_SCALE = 1e-6
"""Initial scale of every block: at first the skips alone decide."""


def build(pixels: Tensor) -> Tensor:
    """Adds the network to scaled pixels (B, S, S, 3)."""
    x = pixels
    for stage, (blocks, filters) in enumerate(STAGES):
        x = _smaller(x, filters, stage)
        for block in range(blocks):
            x = _block(x, filters, f"{NAME}_stage_{stage}_block_{block}")
    return _normalized(x, f"{NAME}_layernorm")


def _smaller(x: Tensor, filters: int, stage: int) -> Tensor:
    """Halves the map, or quarters it as the stem does; patches do not overlap."""
    if stage == 0:
        x = layers.Conv2D(filters, 4, strides=4, name=f"{NAME}_stem_conv")(x)
        return _normalized(x, f"{NAME}_stem_layernorm")
    x = _normalized(x, f"{NAME}_downsampling_layernorm_{stage - 1}")
    name = f"{NAME}_downsampling_conv_{stage - 1}"
    return layers.Conv2D(filters, 2, strides=2, name=name)(x)


def _block(x: Tensor, filters: int, name: str) -> Tensor:
    y = layers.DepthwiseConv2D(7, padding="same", name=f"{name}_depthwise_conv")(x)
    y = _normalized(y, f"{name}_layernorm")
    y = layers.Conv2D(4 * filters, 1, name=f"{name}_pointwise_conv_1")(y)
    y = layers.Activation("gelu", name=f"{name}_gelu")(y)
    y = layers.Conv2D(filters, 1, name=f"{name}_pointwise_conv_2")(y)
    y = layers.DepthwiseConv2D(
        1,
        use_bias=False,
        depthwise_initializer=keras.initializers.Constant(FIRST_SCALE),
        name=f"{name}_layer_scale",
    )(y)
    return layers.Add(name=f"{name}_add")([x, y])


def _normalized(x: Tensor, name: str) -> Tensor:
    return layers.LayerNormalization(epsilon=EPSILON, name=name)(x)


BACKBONE = Backbone(
    own=TORCH,
    build=build,
    colour=True,
    application=keras.applications.ConvNeXtTiny,
)
