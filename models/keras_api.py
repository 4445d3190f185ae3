"""Keras with this project's settings; every module takes it from here."""

from typing import Any

from data_pipeline.system.keras_import import load_keras

keras: Any = load_keras()
layers: Any = keras.layers
ops: Any = keras.ops
