"""Resets a trained model to a fresh one, to the bit, in a tenth of a second.

``initialize`` also serves a fresh model: it sets everything that a training depends
on. Seeds are derived from a layer's position, because Keras numbers names
process-wide.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from data_pipeline.system.seeds import child_seed
from models.keras_api import keras

SEED_STATE = "seed_generator_state"
INITIALIZERS = ("{name}_initializer", "depthwise_initializer")
"""Where layers keep the initializer of a weight; the second is a depthwise kernel's."""

Given = Mapping[str, list[np.ndarray]]
"""Initial weights that are not random: values by layer name, in the layer's order."""


def initialize(model: Any, seed: int, given: Given) -> None:
    """Initializes weights anew, and restores statistics and seed generators.

    Equal seeds give equal weights, whatever the flat functional model was used for
    before. ``given`` weights are set instead of initialized.
    """
    for position, layer in enumerate(model.layers):
        for variable in layer.variables:
            child = child_seed(seed, "weights", position, variable.name)
            if variable.name == SEED_STATE:
                variable.assign(np.array([child, 0], dtype="uint32"))
            elif layer.name not in given:
                _draw(layer, variable, child)
        if layer.name in given:
            layer.set_weights(given[layer.name])
            refresh(layer)


def refresh(layer: Any) -> None:
    """Updates a layer that computes with copies of its weights."""
    if isinstance(layer, keras.layers.Normalization):
        layer.finalize_state()


def _draw(layer: Any, variable: Any, seed: int) -> None:
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
    variable.assign(initializer(variable.shape, dtype=variable.dtype))
