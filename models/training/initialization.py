"""Resets a trained model to a fresh one, to the bit, in a tenth of a second.

``initialize`` also serves a fresh model: it sets everything that a training depends
on. Seeds are derived from a layer's position, because Keras numbers names
process-wide.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from data_pipeline.system.seeds import child_seed
from models.keras_api import keras
from models.network.dense_width import Part, part_shape
from models.network.heads import DENSE, HEADS

SEED_STATE = "seed_generator_state"
HEAD_LAYERS = (DENSE, *(head.name for head in HEADS))
INITIALIZERS = ("{name}_initializer", "depthwise_initializer")
"""Where layers keep the initializer of a weight; the second is a depthwise kernel's."""

Given = Mapping[str, list[np.ndarray]]
"""Initial weights that are not random: values by layer name, in the layer's order."""


def initialize(
    model: Any, seed: int, given: Given, parts: Mapping[tuple[str, str], Part]
) -> None:
    """Initializes weights anew, and restores statistics and seed generators.

    Equal seeds give equal weights, whatever the flat functional model was used for
    before. ``given`` weights are set instead of initialized. Of some weights, by layer
    and name, only ``parts`` are initialized, as if they were all; the rest is 0.
    """
    for position, layer in enumerate(model.layers):
        for variable in layer.variables:
            place = layer.name if layer.name in HEAD_LAYERS else position
            child = child_seed(seed, "weights", place, variable.name)
            if variable.name == SEED_STATE:
                variable.assign(np.array([child, 0], dtype="uint32"))
            elif layer.name not in given:
                _draw(layer, variable, child, parts.get((layer.name, variable.name)))
        if layer.name in given:
            layer.set_weights(given[layer.name])
            refresh(layer)


def refresh(layer: Any) -> None:
    """Updates a layer that computes with copies of its weights."""
    if isinstance(layer, keras.layers.Normalization):
        layer.finalize_state()


def _draw(layer: Any, variable: Any, seed: int, part: Part | None) -> None:
    """Initializes a weight as its layer would; skips variables that never change."""
    initializer = next(
        (
            getattr(layer, pattern.format(name=variable.name))
            for pattern in INITIALIZERS
            if hasattr(layer, pattern.format(name=variable.name))
        ),
        None,
    )
    if initializer is None:
        if variable.trainable:
            raise TypeError(
                f"layer {layer.name} ({type(layer).__name__}) keeps no initializer "
                f"for its weight {variable.name}: a reset cannot initialize it"
            )
        return
    config = initializer.get_config()
    if "seed" in config:
        initializer = type(initializer).from_config({**config, "seed": seed})
    if part is None:
        variable.assign(initializer(variable.shape, dtype=variable.dtype))
        return
    values = np.zeros(variable.shape, variable.dtype)
    shape = part_shape(values.shape, part)
    if math.prod(shape):
        values[part] = keras.ops.convert_to_numpy(
            initializer(shape, dtype=variable.dtype)
        )
    variable.assign(values)
