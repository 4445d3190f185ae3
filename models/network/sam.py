"""Sharpness-aware minimization: steps by the gradient at the worst weights nearby.

From the weights w a step climbs to w + rho g / |g|, takes the gradient there, and goes
by it from w. Both gradients are of one batch, augmented and dropped out alike, and
only the first pass, at w, leaves statistics behind. It costs two passes.

Source: Foret et al. 2021, "Sharpness-Aware Minimization for Efficiently Improving
Generalization", algorithm 1.
"""

from collections.abc import Callable, Sequence
from typing import Any

from models.backend import differentiated, value_and_gradients
from models.keras_api import keras, ops
from models.network.hyperparameters import untrained_weight
from models.network.optimizers import SMALLEST, global_norm


class Sharpness(keras.layers.Layer):  # type: ignore[misc]  # Keras is untyped
    """Holds the radius; never called, it only makes it a weight of the model."""

    def __init__(self, **kwargs: Any) -> None:
        """Makes the weight, 0 until ``set_hyperparameters``."""
        super().__init__(**{"dtype": "float32"} | kwargs)
        self.rho = untrained_weight(self, "rho")
        self.built = True


def climbed(weights: Sequence[Any], gradients: Sequence[Any], rho: Any) -> list[Any]:
    """Goes up along all gradients together, by a length of ``rho``.

    Args:
        weights: of any shapes.
        gradients: of the same shapes, or ``None``: that weight stays.
        rho: scalar; however large the gradients are.

    Returns:
        The weights at the top.
    """
    norm = global_norm([g for g in gradients if g is not None])
    scale = ops.cast(rho, norm.dtype) / ops.maximum(norm, SMALLEST)
    return [
        ops.convert_to_tensor(weight) if g is None else weight + scale * g
        for weight, g in zip(weights, gradients, strict=True)
    ]


def tensorflow_step(model: Any, data: Any) -> dict[str, Any]:
    """Makes one step where variables are changed in place.

    Args:
        model: an ``ExpressionModel`` with a ``sharpness``.
        data: a batch.

    Returns:
        What Keras shows of the step, at the weights before it.
    """
    x, y, _ = keras.utils.unpack_x_y_sample_weight(data)
    weights, others = model.trainable_variables, model.non_trainable_variables

    def loss() -> tuple[Any, Any]:
        predicted = model(x, training=True)
        found = model.compute_loss(x=x, y=y, y_pred=predicted, training=True)
        return model.optimizer.scale_loss(found), (found, predicted)

    start, before = _copies(weights), _copies(others)
    (found, predicted), gradients = differentiated(loss, weights)
    after = _copies(others)
    _assign(weights, climbed(start, gradients, model.sharpness.rho))
    _assign(others, before)
    _, gradients = differentiated(loss, weights)
    _assign(weights, start)
    _assign(others, after)
    model.optimizer.apply(gradients, weights)
    for metric in model.metrics:
        metric.update_state(found, sample_weight=ops.shape(x)[0])
    shown: dict[str, Any] = model.compute_metrics(x, y, predicted)
    return shown


def jax_step(model: Any, state: Any, data: Any) -> tuple[dict[str, Any], Any]:
    """Makes one step where variables are values that go in and come out.

    Args:
        model: an ``ExpressionModel`` with a ``sharpness``.
        state: trainable, other, optimizer's and metrics' variables.
        data: a batch.

    Returns:
        What Keras shows of the step, at the weights before it, and the next state.
    """
    x, y, _ = keras.utils.unpack_x_y_sample_weight(data)
    weights, others, optimizer, metrics = state
    gradients_at = value_and_gradients(model.compute_loss_and_updates)

    def passed(at: Any) -> Any:
        more = {"training": True, "optimizer_variables": optimizer}
        return gradients_at(at, others, metrics, x, y, None, **more)

    (_, (found, predicted, after, metrics)), gradients = passed(weights)
    mapping = list(zip(model.non_trainable_variables, others, strict=True))
    with keras.StatelessScope(state_mapping=mapping):
        rho = ops.convert_to_tensor(model.sharpness.rho)
    _, gradients = passed(climbed(weights, gradients, rho))
    weights, optimizer = model.optimizer.stateless_apply(optimizer, gradients, weights)
    logs, metrics = model._update_metrics_variables(  # noqa: SLF001 - as its own step
        metrics, found, x, y, predicted, None
    )
    return logs, (weights, after, optimizer, metrics)


STEPS: dict[str, Callable[..., Any]] = {
    "tensorflow": tensorflow_step,
    "jax": jax_step,
}
"""By the names of Keras's backends."""


def _copies(variables: Sequence[Any]) -> list[Any]:
    return [ops.copy(variable) for variable in variables]


def _assign(variables: Sequence[Any], values: Sequence[Any]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
