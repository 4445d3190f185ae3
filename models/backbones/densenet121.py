"""DenseNet121 of ``keras.applications``, with the preprocessing it was made for.

Source: Huang et al. 2017, "Densely Connected Convolutional Networks". Its weights
expect ImageNet's mean and deviation on a [0, 1] scale, as in Torch.
"""

import keras
from keras import layers

from models.backbones.kind import Backbone, Tensor
from models.backbones.stock import join, rgb
from models.catalogue import BACKBONE_FACTS
from models.config import Structure

RGB_MEAN = (0.485, 0.456, 0.406)
RGB_DEVIATION = (0.229, 0.224, 0.225)


def build(pixels: Tensor, structure: Structure) -> Tensor:
    """Adds the network.

    Args:
        pixels: raw pixels, shape (B, S, S, C), in [0, 255].
        structure: not read; C = 1 is repeated to three channels.

    Returns:
        Features, shape (B, S//32, S//32, 1024).
    """
    del structure
    scale = [1 / (255 * deviation) for deviation in RGB_DEVIATION]
    offset = [
        -mean / deviation
        for mean, deviation in zip(RGB_MEAN, RGB_DEVIATION, strict=True)
    ]
    x = layers.Rescaling(scale, offset=offset, name="torch_scale")(rgb(pixels))
    return join(keras.applications.DenseNet121, x)


BACKBONE = Backbone(
    build=build,
    smallest=BACKBONE_FACTS["densenet121"].smallest,
    application=keras.applications.DenseNet121,
)
