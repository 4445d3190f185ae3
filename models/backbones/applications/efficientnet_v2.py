"""EfficientNetV2, B0 to B3, of ``keras.applications``.

Source: Tan and Le 2021, "EfficientNetV2: Smaller Models and Faster Training": plain
convolutions in the early blocks, where they train faster than depthwise ones. Their
weights expect ImageNet's mean and deviation, which Keras's own first layers apply;
here the common one does. Features: (B, ceil(S/32), ceil(S/32), F).
"""

from functools import partial
from typing import Any

from models.backbones.backbone import Backbone
from models.backbones.layers import TORCH, stock
from models.keras_api import keras


def _backbone(application: Any) -> Backbone:
    return stock(partial(application, include_preprocessing=False), TORCH)


B0 = _backbone(keras.applications.EfficientNetV2B0)
B1 = _backbone(keras.applications.EfficientNetV2B1)
B2 = _backbone(keras.applications.EfficientNetV2B2)
B3 = _backbone(keras.applications.EfficientNetV2B3)
