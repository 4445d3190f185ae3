"""Any number of dense units in one graph: the widest layer, of which a part is used.

Units beyond the width are masked, and their weights are 0 and stay 0: function,
gradients and penalties are those of a layer of that width. Where a width of 0 is among
the values, the features also reach the outputs directly, masked unless it is chosen.
"""

import math
from collections.abc import Mapping
from typing import Any

from models.config.config import GraphConfig
from models.keras_api import keras, ops, untrained_weight
from models.network.heads import DENSE, HEADS

WIDTH = "width"
"""Name of the layer in a trained model; an export has none."""

Part = tuple[slice, ...]
"""The part of a weight that a width uses."""


class DenseWidth(keras.layers.Layer):  # type: ignore[misc]  # Keras is untyped
    """Masks dense units (B, W) beyond the width, which is a weight.

    With ``optional`` it appends the features before them, (B, F), which are masked
    unless the width is 0. Shape: (B, W) or (B, W + F) out.
    """

    def __init__(self, widest: int, *, optional: bool, **kwargs: Any) -> None:
        """Makes the weight; all units are used."""
        super().__init__(**{"dtype": "float32", "name": WIDTH} | kwargs)
        self._optional = optional
        self.units = untrained_weight(self, "units")
        self.units.assign(widest)
        self.built = True

    def call(self, dense: Any, features: Any) -> Any:
        """Masks what the width does not use."""
        places = ops.arange(dense.shape[-1], dtype="float32")
        used = ops.where(places < self.units, dense, 0.0)
        if not self._optional:
            return used
        direct = ops.where(self.units > 0, 0.0, features)
        return ops.concatenate([used, direct], axis=-1)


def used_parts(graph: GraphConfig, units: int) -> dict[tuple[str, str], Part]:
    """Lists, by layer and weight, the parts of the head that a width uses.

    Weights that are not listed are used whole.
    """
    if not graph.dense_width:
        return {}
    everything, units_used = slice(None), slice(0, units)
    rows = units_used if units else slice(graph.dense_width, None)
    return {
        (DENSE, "kernel"): (everything, units_used),
        (DENSE, "bias"): (units_used,),
    } | {(head.name, "kernel"): (rows, everything) for head in HEADS}


def part_shape(shape: tuple[int, ...], part: Part) -> tuple[int, ...]:
    """Returns the shape of a part of a weight."""
    return tuple(
        len(range(*cut.indices(size))) for size, cut in zip(shape, part, strict=True)
    )


def unused_weights(layers: list[Any], parts: Mapping[tuple[str, str], Part]) -> int:
    """Counts the numbers outside the parts."""
    return sum(
        math.prod(weight.shape) - math.prod(part_shape(tuple(weight.shape), part))
        for layer in layers
        for weight in layer.weights
        if (part := parts.get((layer.name, weight.name))) is not None
    )
