"""EfficientNetB0 of ``keras.applications``, which rescales raw pixels itself.

Source: Tan and Le 2019, "EfficientNet: Rethinking Model Scaling". Its stochastic depth
draws from seed generators of its own; a reset restores them with all others.
"""

import keras

from models.backbones.kind import Backbone, Tensor
from models.backbones.stock import join, rgb
from models.catalogue import BACKBONE_FACTS
from models.config import Structure


def build(pixels: Tensor, structure: Structure) -> Tensor:
    """Adds the network.

    Args:
        pixels: raw pixels, shape (B, S, S, C), in [0, 255].
        structure: not read; C = 1 is repeated to three channels.

    Returns:
        Features, shape (B, ceil(S/32), ceil(S/32), 1280).
    """
    del structure
    return join(keras.applications.EfficientNetB0, rgb(pixels))


BACKBONE = Backbone(
    build=build,
    smallest=BACKBONE_FACTS["efficientnet_b0"].smallest,
    application=keras.applications.EfficientNetB0,
)
