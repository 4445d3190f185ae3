"""EfficientNetB0 to B3 of ``keras.applications``, which rescale raw pixels themselves.

Source: Tan and Le 2019, "EfficientNet: Rethinking Model Scaling". Each is wider and
deeper than the one before; the images are those of the study, not the sizes they were
tuned for (224, 240, 260, 300). Their stochastic depth draws from seed generators of
its own; a reset restores them with all others.
Features: (B, ceil(S/32), ceil(S/32), F).
"""

from typing import Any

from models.backbones.backbone import Backbone
from models.backbones.layers import stock
from models.backbones.pixel_scale import ChannelStatistics
from models.keras_api import keras

UNIT = ChannelStatistics(mean=(0.0,), deviation=(255.0,))


def _backbone(application: Any) -> Backbone:
    # The network divides by 255 itself.
    return stock(application, UNIT, divisor=255.0)


B0 = _backbone(keras.applications.EfficientNetB0)
B1 = _backbone(keras.applications.EfficientNetB1)
B2 = _backbone(keras.applications.EfficientNetB2)
B3 = _backbone(keras.applications.EfficientNetB3)
