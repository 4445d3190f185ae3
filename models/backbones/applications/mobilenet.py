"""MobileNet (V1) of ``keras.applications``, small enough for a camera on a laptop.

Source: Howard et al. 2017, "MobileNets: Efficient Convolutional Neural Networks for
Mobile Vision Applications", at full width (alpha 1). Its weights expect pixels in
[-1, 1]. Features: (B, S//32, S//32, 1024), or one more a side.
"""

from models.backbones.layers import SIGNED, stock
from models.keras_api import keras

BACKBONE = stock(keras.applications.MobileNet, SIGNED)
