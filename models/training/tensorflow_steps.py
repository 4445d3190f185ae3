"""Training and prediction as TensorFlow functions of one model, traced once each.

They are compiled directly: without Keras's training loop, which adds metrics, a
distribution strategy and the rewriting of Python code to each trace. While a model
trains, its weights are one vector, and its moving statistics another: a variable that
a step reads twice and assigns costs three operations, a part of a vector at most one.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import tensorflow as tf

from models.keras_api import keras
from models.optimization.ema import followed, statistics_of
from models.optimization.flat_weights import assign, join, shapes_of, split
from models.optimization.sam import climbed

Batch = tuple[np.ndarray, Mapping[str, np.ndarray]]


class Steps:
    """The compiled functions of a model."""

    def __init__(self, model: Any) -> None:
        """Compiles nothing yet."""
        self._model = model
        self._statistics = statistics_of(model.layers)
        in_vectors = {id(v) for v in (*model.trained, *self._statistics)}
        self._others = [v for v in model.variables if id(v) not in in_vectors]
        self._train: Any = None
        self._predict: Any = None

    def train(self, batches: Iterable[Batch]) -> Iterator[tuple[Any, int]]:
        """Takes one step on each batch; yields losses before steps, and sizes.

        The model has its new weights when the batches end.
        """
        variables = (self._model.trained, self._statistics)
        vectors = [join(part) for part in variables]
        try:
            for images, targets in batches:
                if self._train is None:
                    self._train = _traced(self._step, vectors, images, targets)
                loss, *vectors = self._train(*vectors, images, targets)
                yield loss, len(images)
        finally:
            for part, vector in zip(variables, vectors, strict=True):
                assign(part, split(vector, shapes_of(part)))

    def predict(self, images: np.ndarray) -> dict[str, Any]:
        """Computes the logits of a batch, which always has the same shape."""
        if self._predict is None:
            self._predict = tf.function(self._logits, autograph=False)
        logits: dict[str, Any] = self._predict(images)
        return logits

    def _logits(self, images: Any) -> Any:
        return self._model(images, training=False)

    def _step(
        self, weights: Any, statistics: Any, images: Any, targets: Any
    ) -> tuple[Any, Any, Any]:
        """Takes one step on a batch; returns the loss before it and both vectors."""
        model = self._model
        with self._scope(weights, statistics) as scope:
            loss, gradient = self._gradient(weights, images, targets)
            if model.average is not None:
                model.average.follow(followed(model.layers))
            after = join([variable.value for variable in self._statistics])
        if model.sharpness is not None:
            top = partial(self._at_the_top, weights, statistics, images, targets)
            gradient = tf.cond(
                model.sharpness.rho > 0, lambda: top(gradient), lambda: gradient
            )
        self._keep_changes(scope)
        return loss, model.optimizer.step(weights, gradient), after

    def _scope(self, weights: Any, statistics: Any) -> Any:
        """Gives the model's variables these values; what assigns them is put off."""
        variables = [*self._model.trained, *self._statistics]
        values = [
            *split(weights, self._model.layout.shapes),
            *split(statistics, shapes_of(self._statistics)),
        ]
        return keras.StatelessScope(list(zip(variables, values, strict=True)))

    def _gradient(self, weights: Any, images: Any, targets: Any) -> tuple[Any, Any]:
        """Computes the loss at the scope's weights, and its gradient, as a vector."""
        parts = [variable.value for variable in self._model.trained]
        with tf.GradientTape() as tape:
            tape.watch(parts)
            logits = self._model(images, training=True)
            loss = self._model.total_loss(targets, logits)
        # Zero, where a head has no targets.
        slopes = tape.gradient(loss, parts, unconnected_gradients="zero")
        result: tuple[Any, Any] = self._model.penalize(weights, loss, slopes)
        return result

    def _at_the_top(
        self, weights: Any, statistics: Any, images: Any, targets: Any, slope: Any
    ) -> Any:
        """Computes the gradient at the top of the climb, and changes nothing."""
        top = climbed(weights, slope, self._model.sharpness.rho)
        with self._scope(top, statistics):
            return self._gradient(top, images, targets)[1]

    def _keep_changes(self, scope: Any) -> None:
        """Assigns the variables outside both vectors what they were given."""
        for variable in self._others:
            value = scope.get_current_value(variable)
            if value is not None:
                variable.assign(value)


def _traced(
    step: Any,
    vectors: Sequence[Any],
    images: np.ndarray,
    targets: Mapping[str, np.ndarray],
) -> Any:
    """Traces a step for batches of any size."""
    function = tf.function(step, autograph=False)
    return function.get_concrete_function(
        *(tf.TensorSpec(vector.shape, vector.dtype) for vector in vectors),
        _any_size(images),
        {name: _any_size(value) for name, value in targets.items()},
    )


def _any_size(batch: np.ndarray) -> Any:
    return tf.TensorSpec((None, *batch.shape[1:]), batch.dtype)
