"""What a study is checked against of any backbone: its entry and its sizes.

An own backbone says both itself, and is imported for them.
"""

import inspect
import re
from collections.abc import Mapping
from typing import Any

from data_pipeline.own_code.named_code import load, unusable
from data_pipeline.system.keras_import import load_keras
from models.config.backbone_catalogue import BACKBONES, OWN_BACKBONE, BackboneEntry
from models.config.hyperparameters import HYPERPARAMETERS, SIZES, Hyperparameter, Value

PREFIX = "backbone."
SMALLEST = 16
"""Smallest image of an own backbone that names none, in pixels a side."""

BLOCK = r"(?P<block>block\d+)_"
"""Names of the layers of an own backbone's blocks, if it has no other pattern."""


def is_size(key: str) -> bool:
    """Checks whether a key sets a size of a backbone, of an own one perhaps."""
    row = HYPERPARAMETERS.get(key)
    return is_own_size(key) if row is None else row.part == SIZES


def is_own_size(key: str) -> bool:
    """Checks whether a key that is not in the table can set an own backbone's size."""
    return key not in HYPERPARAMETERS and bool(
        re.fullmatch(rf"{re.escape(PREFIX)}[A-Za-z]\w*", key, re.ASCII)
    )


def own_size(values: object) -> Hyperparameter:
    """Describes the size that a study gives values, as far as the study tells.

    ``values`` is one value, a list of choices or the table of a range.
    """
    if isinstance(values, Mapping):
        values = values.get("choices", [values.get(end) for end in ("low", "high")])
    found = values if isinstance(values, list) else [values]
    kind: Any = str if any(isinstance(value, str) for value in found) else int
    if kind is int and any(isinstance(value, float) for value in found):
        kind = float
    return Hyperparameter(
        kind=kind, default=kind(), sets=f"{SIZES}.own", doc="a size of an own backbone"
    )


def backbone_entry(name: str) -> BackboneEntry:
    """Returns the entry of a backbone, of a registered one or the user's own.

    Raises:
        StudyError: own code cannot be imported, or is no backbone.
    """
    if name in BACKBONES:
        return BACKBONES[name]
    found = _found(name)
    return BackboneEntry(
        code=name,
        smallest=getattr(found, "smallest", SMALLEST),
        block=getattr(found, "block", BLOCK),
        hyperparameters=tuple(backbone_sizes(name)),
    )


def backbone_sizes(name: str) -> dict[str, Value]:
    """Maps the keys of a backbone's sizes to their defaults.

    Those of an own backbone are the parameters of its function after the pixels.

    Raises:
        StudyError: own code cannot be imported, or a parameter has no usable default.
    """
    if name in BACKBONES:
        keys = BACKBONES[name].hyperparameters
        return {key: HYPERPARAMETERS[key].default for key in keys}
    found = _found(name)
    try:
        parameters = inspect.signature(getattr(found, "build", found)).parameters
    except (TypeError, ValueError) as error:
        raise unusable(OWN_BACKBONE, name, error) from error
    sizes = list(parameters.values())[1:]
    for size in sizes:
        if type(size.default) not in {int, float, str}:
            reason = f"its parameter {size.name} needs a number or a text as default"
            raise unusable(OWN_BACKBONE, name, reason)
    return {f"{PREFIX}{size.name}": size.default for size in sizes}


def _found(name: str) -> Any:
    """Imports an own backbone, whose module imports Keras."""
    load_keras()  # with this project's settings
    return load(OWN_BACKBONE, name)
