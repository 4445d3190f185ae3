"""MobileNet (V1) of ``keras.applications``, small enough for a camera on a laptop.

Source: Howard et al. 2017, "MobileNets: Efficient Convolutional Neural Networks for
Mobile Vision Applications", at full width (alpha 1). Its weights expect pixels in
[-1, 1]. Features: (B, S//32, S//32, 1024), or one more a side.
"""

from models.backbones.backbone import Tensor
from models.backbones.layers import rgb, signed, stock
from models.keras_api import keras


def scale(pixels: Tensor) -> Tensor:
    """Scales pixels to [-1, 1], to three channels."""
    return signed(rgb(pixels))


BACKBONE = stock(keras.applications.MobileNet, scale)
