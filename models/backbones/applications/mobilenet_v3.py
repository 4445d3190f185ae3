"""MobileNetV3 of ``keras.applications``, small and large, at full width (alpha 1).

Source: Howard et al. 2019, "Searching for MobileNetV3": squeeze-and-excitation and
hard-swish. Its weights expect pixels in [-1, 1], which Keras's own first layer makes;
here the common one does. Features: (B, ceil(S/32), ceil(S/32), 576), or 960 (large).
"""

from functools import partial
from typing import Any

from models.backbones.backbone import Backbone
from models.backbones.layers import SIGNED, stock
from models.keras_api import keras


def _backbone(application: Any) -> Backbone:
    return stock(partial(application, include_preprocessing=False), SIGNED)


SMALL = _backbone(keras.applications.MobileNetV3Small)
LARGE = _backbone(keras.applications.MobileNetV3Large)
