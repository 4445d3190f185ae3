"""Batch normalisation by one fused operation, where the backend has one.

Keras computes it of about 20 operations, a third of a graph, and updates the statistics
of each layer on its own. TensorFlow's own operation is the same function but for
rounding, and the statistics of all layers follow as one vector.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.backend import fused_batch_normalization
from models.keras_api import keras, ops
from models.optimization.flat_weights import assign, join, shapes_of, split


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Passed:
    """A layer that a batch has passed, and the statistics of its maps (B, h, w, C).

    ``variance`` divides by one less than the count B h w, Keras's by the count.
    """

    layer: Any
    maps: Any
    mean: Any
    variance: Any


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
        # Read only where they are used: each of hundreds is an operation.
        moving = (
            None if learns else (self.moving_mean.value, self.moving_variance.value)
        )
        outputs, mean, variance = fused_batch_normalization(
            inputs,
            ops.convert_to_tensor(self.gamma),
            ops.convert_to_tensor(self.beta),
            moving,
            epsilon=self.epsilon,
        )
        if learns:
            passed = Passed(layer=self, maps=inputs, mean=mean, variance=variance)
            collected = _collected.get()
            if collected is None:
                _follow([passed])
            else:
                collected.append(passed)
        return outputs


_collected: ContextVar[list[Passed] | None] = ContextVar("collected", default=None)


@contextmanager
def statistics_follow_together() -> Iterator[None]:
    """Updates the statistics of all layers that are called within it at its end."""
    collected: list[Passed] = []
    token = _collected.set(collected)
    try:
        yield
    finally:
        _collected.reset(token)
    if collected:
        _follow(collected)


def _follow(passed: list[Passed]) -> None:
    """Moves statistics towards those of a batch, as far as each layer's momentum."""
    moving = [x.layer.moving_mean for x in passed]
    moving += [x.layer.moving_variance for x in passed]
    shapes = shapes_of(moving)
    found = join([x.mean for x in passed] + [x.variance for x in passed])
    # To Keras's variance: by the count.
    places = [x.maps.shape[1] * x.maps.shape[2] for x in passed]
    shares = [0.0] * len(passed) + [1.0 / count for count in places]
    rows = ops.cast(ops.shape(passed[0].maps)[0], "float32")
    found = found * (1.0 - _repeated(shares, shapes) / rows)
    before = join(moving)
    rates = _repeated([1.0 - x.layer.momentum for x in passed] * 2, shapes)
    assign(moving, split(before - (before - found) * rates, shapes))


def _repeated(values: list[float], shapes: list[tuple[int, ...]]) -> np.ndarray:
    """Repeats the number of each vector for all of its places."""
    return np.repeat(np.asarray(values, np.float32), [shape[0] for shape in shapes])


def normalizes_maps(layer: Any) -> bool:
    """Whether the operation computes what a layer is configured to."""
    shape = layer.input.shape
    maps = len(shape) == 4 and None not in shape[1:]  # noqa: PLR2004 - B, h, w, C
    last = layer.axis in (-1, 3)
    return maps and last and layer.scale and layer.center and not layer.renorm
