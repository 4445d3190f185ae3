"""DenseNet121 of ``keras.applications``, with the preprocessing it was made for.

Source: Huang et al. 2017, "Densely Connected Convolutional Networks". Its weights
expect ImageNet's mean and deviation on a [0, 1] scale, as in Torch.
Features: (B, S//32, S//32, 1024).
"""

from models.backbones.layers import TORCH, stock
from models.keras_api import keras

BACKBONE = stock(keras.applications.DenseNet121, TORCH)
