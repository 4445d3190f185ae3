"""Backbones: networks without head, one file each.

``models.config.backbone_catalogue`` registers them by the name a study gives them.
"""

from dataclasses import replace
from importlib import import_module
from typing import Any

from data_pipeline.own_code.named_code import load, unusable
from models.backbones.backbone import Backbone, Tensor, network_problem
from models.backbones.layers import SIGNED
from models.config.backbone_catalogue import BACKBONES, OWN_BACKBONE


def load_backbone(name: str) -> Backbone:
    """Imports a registered backbone, or the user's own.

    Raises:
        StudyError: own code cannot be imported, or is no backbone.
    """
    if name not in BACKBONES:
        return _own(name)
    module, _, attribute = BACKBONES[name].code.partition(":")
    found: Backbone = getattr(import_module(module), attribute)
    return found


def _own(name: str) -> Backbone:
    """Makes a backbone of a function, which gets pixels from -1 to 1."""
    found = load(OWN_BACKBONE, name)
    if isinstance(found, Backbone):
        return _checked(name, found)
    if isinstance(found, type) or not callable(found):
        raise unusable(OWN_BACKBONE, name, f"it is {found!r:.60}")
    return _checked(name, Backbone(own=SIGNED, build=found))


def _checked(name: str, backbone: Backbone) -> Backbone:
    """Names own code in what goes wrong while it builds a network."""

    def build(pixels: Tensor, **sizes: Any) -> Tensor:
        try:
            features = backbone.build(pixels, **sizes)
        except Exception as error:  # code of others may raise anything
            raise unusable(OWN_BACKBONE, name, error) from error
        problem = network_problem(pixels, features)
        if problem is not None:
            raise unusable(OWN_BACKBONE, name, problem)
        return features

    return replace(backbone, build=build)
