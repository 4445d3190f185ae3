"""Training and prediction as JAX functions of one model, compiled by batch size.

Variables are values that go in and come out of a step; they are written back to the
model after an epoch.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import jax
import numpy as np

from models.keras_api import keras
from models.optimization.ema import followed
from models.optimization.flat_weights import assign, join, split
from models.optimization.sam import climbed

Batch = tuple[np.ndarray, Mapping[str, np.ndarray]]
Values = list[Any]
"""Of the trained variables, or of all others."""


class Steps:
    """The compiled functions of a model."""

    def __init__(self, model: Any) -> None:
        """Compiles nothing yet."""
        self._model = model
        held = {id(variable) for variable in model.trained}
        self._others = [v for v in model.variables if id(v) not in held]
        self._train = jax.jit(self._step, donate_argnums=(0, 1))
        self._predict = jax.jit(self._logits)

    def train(self, batches: Iterable[Batch]) -> Iterator[tuple[Any, int]]:
        """Takes one step on each batch; yields losses before steps, and sizes."""
        weights, others = self._values()
        # A copy: a step gives the memory of its variables to the next.
        weights, others = jax.tree.map(jax.numpy.copy, (weights, others))
        try:
            for images, targets in batches:
                loss, weights, others = self._train(weights, others, images, targets)
                yield loss, len(images)
        finally:
            # A step that fails has used up their memory: the values before stay.
            if not any(value.is_deleted() for value in (*weights, *others)):
                assign(self._model.trained, weights)
                assign(self._others, others)

    def predict(self, images: np.ndarray) -> dict[str, Any]:
        """Computes the logits of a batch, which always has the same shape."""
        logits: dict[str, Any] = self._predict(*self._values(), images)
        return logits

    def _values(self) -> tuple[Values, Values]:
        return (
            [variable.value for variable in self._model.trained],
            [variable.value for variable in self._others],
        )

    def _scope(self, weights: Values, others: Values) -> Any:
        """Gives the model's variables these values."""
        variables = [*self._model.trained, *self._others]
        values = [*weights, *others]
        return keras.StatelessScope(list(zip(variables, values, strict=True)))

    def _logits(self, weights: Values, others: Values, images: Any) -> Any:
        with self._scope(weights, others):
            return self._model(images, training=False)

    def _step(
        self, weights: Values, others: Values, images: Any, targets: Any
    ) -> tuple[Any, Values, Values]:
        """Takes one step on a batch; returns the loss before it and the new values."""
        model = self._model
        gradient_of = jax.value_and_grad(self._loss, has_aux=True)
        (loss, after), slopes = gradient_of(weights, others, images, targets)
        with self._scope(weights, after) as scope:
            vector = join(weights)
            loss, gradient = model.penalize(vector, loss, slopes)
            if model.average is not None:
                model.average.follow(followed(model.layers))
            if model.sharpness is not None:
                gradient = jax.lax.cond(
                    model.sharpness.rho.value > 0,
                    lambda: self._at_the_top(vector, gradient, others, images, targets),
                    lambda: gradient,
                )
            vector = model.optimizer.step(vector, gradient)
            others = [_current(scope, variable) for variable in self._others]
        return loss, split(vector, model.layout.shapes), others

    def _loss(
        self, weights: Values, others: Values, images: Any, targets: Any
    ) -> tuple[Any, Values]:
        """Computes the scaled loss, and what the pass changes."""
        with self._scope(weights, others) as scope:
            logits = self._model(images, training=True)
            loss = self._model.total_loss(targets, logits)
            return loss, [_current(scope, variable) for variable in self._others]

    def _at_the_top(
        self, weights: Any, slope: Any, others: Values, images: Any, targets: Any
    ) -> Any:
        """Computes the gradient at the top of the climb."""
        model = self._model
        with self._scope(split(weights, model.layout.shapes), others):
            top = climbed(weights, slope, model.sharpness.rho)
        parts = split(top, model.layout.shapes)
        gradient_of = jax.value_and_grad(self._loss, has_aux=True)
        (loss, _), slopes = gradient_of(parts, others, images, targets)
        with self._scope(parts, others):
            _, gradient = model.penalize(top, loss, slopes)
            return gradient


def _current(scope: Any, variable: Any) -> Any:
    value = scope.get_current_value(variable)
    return variable.value if value is None else value
