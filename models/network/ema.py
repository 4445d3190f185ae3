"""A running average of a model's weights, for validation and export.

Source: Polyak and Juditsky 1992, "Acceleration of Stochastic Approximation by
Averaging"; exponential, and without Adam's kind of bias at the start: the sum is
divided by the sum of its factors.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from models.keras_api import keras, ops
from models.network.hyperparameters import untrained_weight


class WeightAverage(keras.layers.Layer):  # type: ignore[misc]  # Keras is untyped
    """Sums of weights; each step counts ``momentum`` times less than the next.

    The sums are weights of the model, so a compiling backend keeps them.
    """

    def __init__(self, followed: list[Any], **kwargs: Any) -> None:
        """Makes a sum of 0 for each variable that is averaged."""
        super().__init__(**kwargs)
        self.momentum = untrained_weight(self, "momentum")
        self.mass = untrained_weight(self, "mass")
        self.sums = [
            untrained_weight(self, f"sum_{place}", tuple(variable.shape))
            for place, variable in enumerate(followed)
        ]
        self.built = True

    def follow(self, variables: list[Any]) -> None:
        """Adds the present values; called in a training step, before it updates."""
        for total, variable in zip(self.sums, variables, strict=True):
            total.assign(self._next(total, ops.stop_gradient(variable)))
        self.mass.assign(self._next(self.mass, 1.0))

    def averages(self, variables: list[Any]) -> list[Any]:
        """Averages the values added so far, with the present ones as the last."""
        mass = self._next(self.mass, 1.0)
        return [
            self._next(total, variable) / mass
            for total, variable in zip(self.sums, variables, strict=True)
        ]

    def clear(self) -> None:
        """Forgets all values; the average is then that of the present weights."""
        for variable in (self.mass, *self.sums):
            variable.assign(ops.zeros(variable.shape))

    def _next(self, total: Any, value: Any) -> Any:
        return self.momentum * total + (1.0 - self.momentum) * value


def followed(layers: list[Any]) -> list[Any]:
    """Lists what training changes in layers: weights, and statistics of batches."""
    weights = [weight for layer in layers for weight in layer.trainable_variables]
    statistics = [
        statistic
        for layer in layers
        if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable
        for statistic in (layer.moving_mean, layer.moving_variance)
    ]
    return weights + statistics


@contextmanager
def averaged(model: Any) -> Iterator[None]:
    """Gives a model its averaged weights, if it has any; restores its own after."""
    if model.average is None:
        yield
        return
    variables = followed(model.layers)
    own = [ops.copy(variable) for variable in variables]
    assign(variables, model.average.averages(variables))
    try:
        yield
    finally:
        assign(variables, own)


def assign(variables: Iterable[Any], values: Iterable[Any]) -> None:
    """Sets as many variables as there are values."""
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
