"""EfficientNetB0 to B3 of ``keras.applications``, which rescale raw pixels themselves.

Source: Tan and Le 2019, "EfficientNet: Rethinking Model Scaling". Each is wider and
deeper than the one before; the images are those of the study, not the sizes they were
tuned for (224, 240, 260, 300). Their stochastic depth draws from seed generators of
its own; a reset restores them with all others.
Features: (B, ceil(S/32), ceil(S/32), F).
"""

from collections.abc import Callable
from typing import Any

from models.backbones.backbone import Backbone, Tensor
from models.backbones.layers import join, rgb
from models.config.config import GraphConfig
from models.config.hyperparameters import DEVELOPMENT
from models.keras_api import keras, layers


def _backbone(application: Callable[..., Any]) -> Backbone:
    def build(pixels: Tensor, graph: GraphConfig) -> Tensor:
        if graph.normalization == DEVELOPMENT:
            # The network divides by 255 what is standardized already.
            pixels = layers.Rescaling(255.0, name="undo_rescaling")(pixels)
        return join(application, pixels)

    return Backbone(scale=rgb, build=build, application=application)


B0 = _backbone(keras.applications.EfficientNetB0)
B1 = _backbone(keras.applications.EfficientNetB1)
B2 = _backbone(keras.applications.EfficientNetB2)
B3 = _backbone(keras.applications.EfficientNetB3)
