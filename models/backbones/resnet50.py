"""ResNet50 of ``keras.applications``, with the preprocessing it was made for.

Source: He et al. 2016, "Deep Residual Learning for Image Recognition". Its ImageNet
weights come from Caffe: channels in BGR order, each less its ImageNet mean.
"""

from models.backbones.backbone import Backbone, Tensor
from models.backbones.layers import join, rgb
from models.config.config import GraphConfig
from models.keras_api import keras, layers

BGR_MEAN = (103.939, 116.779, 123.68)


def scale(pixels: Tensor) -> Tensor:
    """Takes the means off, in Caffe's order of channels, shape (B, S, S, 3)."""
    x = rgb(pixels)
    # Three equal channels, as grey pixels have, need no new order.
    bgr = x if pixels.shape[-1] == 1 else keras.ops.flip(x, axis=-1)
    offset = [-mean for mean in BGR_MEAN]
    return layers.Rescaling(1.0, offset=offset, name="caffe_mean")(bgr)


def build(pixels: Tensor, graph: GraphConfig) -> Tensor:
    """Adds the network.

    Args:
        pixels: scaled, shape (B, S, S, C).
        graph: not read.

    Returns:
        Features, shape (B, ceil(S/32), ceil(S/32), 2048).
    """
    del graph
    return join(keras.applications.ResNet50, pixels)


BACKBONE = Backbone(scale=scale, build=build, application=keras.applications.ResNet50)
