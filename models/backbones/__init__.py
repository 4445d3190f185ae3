"""The backbones by the name a study gives them."""

from models.backbones import densenet121, efficientnet, residual_cnn, resnet50
from models.backbones.kind import Backbone

BACKBONES: dict[str, Backbone] = {
    "residual_cnn": residual_cnn.BACKBONE,
    "resnet50": resnet50.BACKBONE,
    "densenet121": densenet121.BACKBONE,
    "efficientnet_b0": efficientnet.BACKBONE,
}
