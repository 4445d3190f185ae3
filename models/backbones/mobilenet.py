"""MobileNet (V1) of ``keras.applications``, small enough for a camera on a laptop.

Source: Howard et al. 2017, "MobileNets: Efficient Convolutional Neural Networks for
Mobile Vision Applications", at full width (alpha 1). Its weights expect pixels in
[-1, 1].
"""

from models.backbones.backbone import Backbone, Tensor
from models.backbones.layers import join, rgb, signed
from models.config.config import GraphConfig
from models.keras_api import keras


def scale(pixels: Tensor) -> Tensor:
    """Brings pixels to [-1, 1] and three channels, shape (B, S, S, 3)."""
    return signed(rgb(pixels))


def build(pixels: Tensor, graph: GraphConfig) -> Tensor:
    """Adds the network.

    Args:
        pixels: scaled, shape (B, S, S, C).
        graph: not read.

    Returns:
        Features, shape (B, S//32, S//32, 1024), or one more a side.
    """
    del graph
    return join(keras.applications.MobileNet, pixels)


BACKBONE = Backbone(scale=scale, build=build, application=keras.applications.MobileNet)
