"""Batch normalisation by one fused operation, where the backend has one.

Keras computes it of about 20 operations, a third of a graph. TensorFlow's own is the
same function but for rounding, and traces and trains faster.
"""

from typing import Any

from models.backend import fused_batch_normalization
from models.keras_api import keras, ops


class BatchNormalization(
    keras.layers.BatchNormalization  # type: ignore[misc]  # Keras is untyped
):
    """Normalises maps (B, h, w, C) channel by channel.

    Keras names groups of a weights file by classes, so the name is Keras's.
    """

    def call(self, inputs: Any, training: bool = False, mask: Any = None) -> Any:
        """Normalises; in training by the batch, which the moving statistics follow."""
        del mask
        learns = bool(training and self.trainable)
        weights = (self.gamma, self.beta, self.moving_mean, self.moving_variance)
        outputs, *batch = fused_batch_normalization(
            inputs,
            *map(ops.convert_to_tensor, weights),
            epsilon=self.epsilon,
            training=learns,
        )
        if learns:
            for moving, value in zip(weights[2:], batch, strict=True):
                moving.assign_sub((moving - value) * (1.0 - self.momentum))
        return outputs


def fuse(layers: list[Any]) -> None:
    """Lets layers of a model that is not traced yet use the fused operation.

    A layer changes its class: replaced, it would need the whole graph rebuilt.
    """
    if keras.backend.backend() != "tensorflow":
        return  # a compiler fuses them
    for layer in layers:
        if type(layer) is keras.layers.BatchNormalization and _fits(layer):
            layer.__class__ = BatchNormalization


def _fits(layer: Any) -> bool:
    """Whether the operation computes what a layer is configured to."""
    maps = len(layer.input.shape) == 4  # noqa: PLR2004 - rows, height, width, channels
    last = layer.axis in (-1, 3)
    return maps and last and layer.scale and layer.center and not layer.renorm
