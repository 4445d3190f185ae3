"""A running average of a model's weights, for validation and export.

Source: Polyak and Juditsky 1992, "Acceleration of Stochastic Approximation by
Averaging"; exponential, and without Adam's kind of bias at the start: the sum is
divided by the sum of its factors.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from models.keras_api import keras, ops, untrained_weight
from models.optimization.flat_weights import assign, join, shapes_of, split


class WeightAverage(keras.layers.Layer):  # type: ignore[misc]  # Keras is untyped
    """Sums of weights; each step counts ``momentum`` times less than the next.

    The sum is a weight of the model, one vector. A momentum of 0 keeps no average.
    """

    def __init__(self, followed: list[Any], **kwargs: Any) -> None:
        """Makes a sum of 0 for the variables that are averaged."""
        super().__init__(**kwargs)
        self.momentum = untrained_weight(self, "momentum")
        self.mass = untrained_weight(self, "mass")
        size = sum(math.prod(variable.shape) for variable in followed)
        self.sums = untrained_weight(self, "sums", (size,))
        self.built = True

    def follow(self, variables: list[Any]) -> None:
        """Adds the present values; called in a training step, before it updates."""
        sums = ops.convert_to_tensor(self.sums)
        self.sums.assign(
            ops.cond(
                self.momentum > 0,
                lambda: self._next(sums, join(variables)),
                lambda: sums,
            )
        )
        self.mass.assign(self._next(self.mass, 1.0))

    def averages(self, variables: list[Any]) -> list[Any]:
        """Averages the values added so far, with the present ones as the last."""
        mass = self._next(self.mass, 1.0)
        average = self._next(self.sums, join(variables)) / mass
        return split(average, shapes_of(variables))

    def clear(self) -> None:
        """Forgets all values; the average is then that of the present weights."""
        for variable in (self.mass, self.sums):
            variable.assign(ops.zeros(variable.shape))

    def _next(self, total: Any, value: Any) -> Any:
        return self.momentum * total + (1.0 - self.momentum) * value


def followed(layers: list[Any]) -> list[Any]:
    """Lists what training changes in layers: weights, and statistics of batches."""
    weights = [weight for layer in layers for weight in layer.trainable_variables]
    return weights + statistics_of(layers)


def statistics_of(layers: list[Any]) -> list[Any]:
    """Lists the moving statistics that batches change."""
    return [
        statistic
        for layer in layers
        if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable
        for statistic in (layer.moving_mean, layer.moving_variance)
    ]


@contextmanager
def averaged(model: Any) -> Iterator[None]:
    """Gives a model its averaged weights, if it has any; restores its own after."""
    if model.average is None or not float(model.average.momentum):
        yield
        return
    variables = followed(model.layers)
    own = [ops.copy(variable) for variable in variables]
    assign(variables, model.average.averages(variables))
    try:
        yield
    finally:
        assign(variables, own)
