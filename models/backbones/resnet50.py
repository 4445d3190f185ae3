"""ResNet50 of ``keras.applications``, with the preprocessing it was made for.

Source: He et al. 2016, "Deep Residual Learning for Image Recognition". Its ImageNet
weights come from Caffe: channels in BGR order, each less its ImageNet mean.
"""

import keras
from keras import layers

from models.backbones.kind import Backbone, Tensor
from models.backbones.stock import join, rgb
from models.catalogue import BACKBONE_FACTS
from models.config import Structure

BGR_MEAN = (103.939, 116.779, 123.68)


def build(pixels: Tensor, structure: Structure) -> Tensor:
    """Adds the network.

    Args:
        pixels: raw pixels, shape (B, S, S, C), in [0, 255].
        structure: C = 1 is repeated to three channels; nothing else is read.

    Returns:
        Features, shape (B, ceil(S/32), ceil(S/32), 2048).
    """
    x = rgb(pixels)
    # Three equal channels, as grey pixels have, need no new order.
    bgr = x if structure.channels == 1 else keras.ops.flip(x, axis=-1)
    offset = [-mean for mean in BGR_MEAN]
    x = layers.Rescaling(1.0, offset=offset, name="caffe_mean")(bgr)
    return join(keras.applications.ResNet50, x)


BACKBONE = Backbone(
    build=build,
    smallest=BACKBONE_FACTS["resnet50"].smallest,
    application=keras.applications.ResNet50,
)
