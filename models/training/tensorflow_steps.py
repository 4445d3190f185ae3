"""Training and prediction as TensorFlow functions of one model, traced once each.

They are compiled directly: without Keras's training loop, which adds metrics, a
distribution strategy and the rewriting of Python code to each trace.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from models.keras_api import ops
from models.optimization.ema import followed
from models.optimization.flat_weights import assign, join, split
from models.optimization.sam import climbed

Batch = tuple[np.ndarray, Mapping[str, np.ndarray]]


class Steps:
    """The compiled functions of a model; its variables change in place."""

    def __init__(self, model: Any) -> None:
        """Compiles nothing yet."""
        self._model = model
        self._trained = [variable.value for variable in model.trained]
        self._untrained = [
            variable
            for layer in model.layers
            for variable in layer.non_trainable_variables
        ]
        self._train: Any = None
        self._predict: Any = None

    def train(self, batches: Iterable[Batch]) -> Iterator[tuple[Any, int]]:
        """Takes one step on each batch; yields losses before steps, and sizes."""
        for images, targets in batches:
            if self._train is None:
                self._train = _traced(self._step, images, targets)
            yield self._train(images, targets), len(images)

    def predict(self, images: np.ndarray) -> dict[str, Any]:
        """Computes the logits of a batch, which always has the same shape."""
        if self._predict is None:
            self._predict = tf.function(self._logits, autograph=False)
        logits: dict[str, Any] = self._predict(images)
        return logits

    def _logits(self, images: Any) -> Any:
        return self._model(images, training=False)

    def _step(self, images: Any, targets: Any) -> Any:
        """Takes one step on a batch; returns the loss before it."""
        model = self._model
        weights = join(model.trained)
        before = [ops.copy(v) for v in self._untrained] if model.sharpness else []
        loss, slopes = self._slopes(images, targets)
        loss, gradient = model.penalize(weights, loss, slopes)
        if model.average is not None:
            model.average.follow(followed(model.layers))
        if model.sharpness is not None:
            gradient = tf.cond(
                model.sharpness.rho > 0,
                lambda: self._at_the_top(images, targets, weights, gradient, before),
                lambda: gradient,
            )
        after = model.optimizer.step(weights, gradient)
        assign(model.trained, split(after, model.layout.shapes))
        return loss

    def _slopes(self, images: Any, targets: Any) -> tuple[Any, list[Any]]:
        """Computes the scaled loss at the present weights, and its gradients."""
        with tf.GradientTape() as tape:
            logits = self._model(images, training=True)
            loss = self._model.total_loss(targets, logits)
        # Zero, where a head has no targets.
        slopes = tape.gradient(loss, self._trained, unconnected_gradients="zero")
        return loss, slopes

    def _at_the_top(
        self, images: Any, targets: Any, weights: Any, slope: Any, before: list[Any]
    ) -> Any:
        """Computes the gradient at the top of the climb, and changes nothing."""
        model = self._model
        after = [ops.copy(variable) for variable in self._untrained]
        top = climbed(weights, slope, model.sharpness.rho)
        assign(model.trained, split(top, model.layout.shapes))
        assign(self._untrained, before)
        _, gradient = model.penalize(top, *self._slopes(images, targets))
        assign(self._untrained, after)
        return gradient


def _traced(step: Any, images: np.ndarray, targets: Mapping[str, np.ndarray]) -> Any:
    """Traces a step for batches of any size."""
    function = tf.function(step, autograph=False)
    return function.get_concrete_function(
        _any_size(images), {name: _any_size(value) for name, value in targets.items()}
    )


def _any_size(batch: np.ndarray) -> Any:
    return tf.TensorSpec((None, *batch.shape[1:]), batch.dtype)
