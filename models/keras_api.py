"""Keras with this project's settings; every module takes it from here."""

from typing import Any

from data_pipeline.system.keras_import import load_keras

keras: Any = load_keras()
layers: Any = keras.layers
ops: Any = keras.ops


def untrained_weight(layer: Any, name: str, shape: tuple[int, ...] = ()) -> Any:
    """Adds a weight of zeros to a layer that no optimizer touches."""
    return layer.add_weight(
        name=name, shape=shape, initializer="zeros", trainable=False
    )
