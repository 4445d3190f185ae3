"""ResNet50 of ``keras.applications``, with the preprocessing it was made for.

Source: He et al. 2016, "Deep Residual Learning for Image Recognition". Its ImageNet
weights come from Caffe: channels in BGR order, each less its ImageNet mean.
Features: (B, ceil(S/32), ceil(S/32), 2048).
"""

from models.backbones.layers import stock
from models.backbones.pixel_scale import ChannelStatistics
from models.keras_api import keras

CAFFE = ChannelStatistics(mean=(123.68, 116.779, 103.939), deviation=(1.0, 1.0, 1.0))

BACKBONE = stock(keras.applications.ResNet50, CAFFE, bgr=True)
