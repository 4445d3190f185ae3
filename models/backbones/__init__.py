"""The backbones by the name a study gives them."""

from models.backbones import (
    densenet121,
    efficientnet,
    ferplus_cnn,
    mobilenet,
    residual_cnn,
    resnet18,
    resnet50,
)
from models.backbones.backbone import Backbone

BACKBONES: dict[str, Backbone] = {
    "residual_cnn": residual_cnn.BACKBONE,
    "resnet18": resnet18.BACKBONE,
    "resnet50": resnet50.BACKBONE,
    "densenet121": densenet121.BACKBONE,
    "efficientnet_b0": efficientnet.BACKBONE,
    "efficientnet_b1": efficientnet.BACKBONE_B1,
    "efficientnet_b2": efficientnet.BACKBONE_B2,
    "efficientnet_b3": efficientnet.BACKBONE_B3,
    "mobilenet": mobilenet.BACKBONE,
    "ferplus_cnn": ferplus_cnn.BACKBONE,
}
