"""Backbones: networks without head, one file each.

``models.config.backbone_catalogue`` registers them by the name a study gives them.
"""

from importlib import import_module

from models.backbones.backbone import Backbone
from models.config.backbone_catalogue import BACKBONES


def load_backbone(name: str) -> Backbone:
    """Imports a registered backbone."""
    module, _, attribute = BACKBONES[name].code.partition(":")
    found: Backbone = getattr(import_module(module), attribute)
    return found
