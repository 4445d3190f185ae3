"""ResNet50 of ``keras.applications``, with the preprocessing it was made for.

Source: He et al. 2016, "Deep Residual Learning for Image Recognition". Its ImageNet
weights come from Caffe: channels in BGR order, each less its ImageNet mean.
Features: (B, ceil(S/32), ceil(S/32), 2048).
"""

from models.backbones.backbone import Tensor
from models.backbones.layers import rgb, stock
from models.keras_api import keras, layers

BGR_MEAN = (103.939, 116.779, 123.68)


def scale(pixels: Tensor) -> Tensor:
    """Subtracts the means, in Caffe's order of channels."""
    x = rgb(pixels)
    # Three equal channels, as grey pixels have, need no reordering.
    bgr = x if pixels.shape[-1] == 1 else keras.ops.flip(x, axis=-1)
    offset = [-mean for mean in BGR_MEAN]
    return layers.Rescaling(1.0, offset=offset, name="caffe_mean")(bgr)


BACKBONE = stock(keras.applications.ResNet50, scale)
