"""DenseNet121 of ``keras.applications``, with the preprocessing it was made for.

Source: Huang et al. 2017, "Densely Connected Convolutional Networks". Its weights
expect ImageNet's mean and deviation on a [0, 1] scale, as in Torch.
Features: (B, S//32, S//32, 1024).
"""

from models.backbones.backbone import Tensor
from models.backbones.layers import rgb, stock
from models.keras_api import keras, layers

RGB_MEAN = (0.485, 0.456, 0.406)
RGB_DEVIATION = (0.229, 0.224, 0.225)


def scale(pixels: Tensor) -> Tensor:
    """Scales as Torch does, to three channels."""
    factors = [1 / (255 * deviation) for deviation in RGB_DEVIATION]
    offset = [
        -mean / deviation
        for mean, deviation in zip(RGB_MEAN, RGB_DEVIATION, strict=True)
    ]
    return layers.Rescaling(factors, offset=offset, name="torch_scale")(rgb(pixels))


BACKBONE = stock(keras.applications.DenseNet121, scale)
