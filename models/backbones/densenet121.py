"""DenseNet121 of ``keras.applications``, with the preprocessing it was made for.

Source: Huang et al. 2017, "Densely Connected Convolutional Networks". Its weights
expect ImageNet's mean and deviation on a [0, 1] scale, as in Torch.
"""

from models.backbones.backbone import Backbone, Tensor
from models.backbones.layers import join, rgb
from models.config.config import GraphConfig
from models.keras_api import keras, layers

RGB_MEAN = (0.485, 0.456, 0.406)
RGB_DEVIATION = (0.229, 0.224, 0.225)


def scale(pixels: Tensor) -> Tensor:
    """Scales as Torch does, to three channels, shape (B, S, S, 3)."""
    factors = [1 / (255 * deviation) for deviation in RGB_DEVIATION]
    offset = [
        -mean / deviation
        for mean, deviation in zip(RGB_MEAN, RGB_DEVIATION, strict=True)
    ]
    return layers.Rescaling(factors, offset=offset, name="torch_scale")(rgb(pixels))


def build(pixels: Tensor, graph: GraphConfig) -> Tensor:
    """Adds the network.

    Args:
        pixels: scaled, shape (B, S, S, C).
        graph: not read.

    Returns:
        Features, shape (B, S//32, S//32, 1024).
    """
    del graph
    return join(keras.applications.DenseNet121, pixels)


BACKBONE = Backbone(
    scale=scale, build=build, application=keras.applications.DenseNet121
)
