"""Resizing as products of matrices, which every format has an operation for.

Keras's ``Resizing`` with antialiasing is TensorFlow's ``ScaleAndTranslate``, which
neither ONNX nor LiteRT knows. Each of its rows and columns is a fixed sum of those it
replaces.
"""

from typing import Any

import numpy as np

from models.keras_api import keras, ops


class MatrixResizing(keras.layers.Layer):  # type: ignore[misc]  # Keras is untyped
    """Computes what a ``Resizing`` does with images of one size, (B, S, S, C)."""

    def __init__(self, resizing: Any, shape: tuple[int, ...], **kwargs: Any) -> None:
        """Measures the sums by resizing single lines; ``shape`` is (S, S, C)."""
        super().__init__(**{"dtype": "float32", "name": resizing.name} | kwargs)
        lines = np.eye(shape[0], dtype=np.float32)[:, :, None, None]
        images = np.broadcast_to(lines, (shape[0], *shape[:2], 1))
        resized = ops.convert_to_numpy(resizing(images, training=False))
        self._sums = np.ascontiguousarray(resized[:, :, 0, 0])
        self.built = True

    def call(self, images: Any) -> Any:
        """Resizes images, which are as high as they are wide."""
        # LiteRT in 8 bits wants the matrix on the right side.
        narrow = ops.matmul(ops.transpose(images, (0, 3, 1, 2)), self._sums)
        small = ops.matmul(ops.transpose(narrow, (0, 1, 3, 2)), self._sums)
        return ops.transpose(small, (0, 3, 2, 1))


def with_matrix_resizing(model: Any) -> Any:
    """Returns the model, or where it resizes a copy that does it by matrices."""
    if not any(isinstance(each, keras.layers.Resizing) for each in _layers(model)):
        return model
    copy = keras.models.clone_model(model, clone_function=_copied, recursive=True)
    copy.set_weights(model.get_weights())
    return copy


def _layers(model: Any) -> Any:
    return model._flatten_layers(include_self=False)  # noqa: SLF001 - nested ones, too


def _copied(layer: Any) -> Any:
    if isinstance(layer, keras.layers.Resizing):
        return MatrixResizing(layer, tuple(layer.input.shape[1:]))
    return type(layer).from_config(layer.get_config())
