"""Sharpness-aware minimization: steps by the gradient at the worst weights nearby.

From the weights w a step climbs to w + rho g / |g|, takes the gradient there, and
applies it at w. Both gradients use one batch, with the same augmentation and dropout,
and only the first pass, at w, updates batch statistics. It costs two passes.

Source: Foret et al. 2021, "Sharpness-Aware Minimization for Efficiently Improving
Generalization", algorithm 1.
"""

from collections.abc import Callable, Sequence
from typing import Any

from models.backend import differentiated, value_and_gradients
from models.keras_api import keras, ops
from models.network.ema import assign
from models.network.hyperparameters import untrained_weight
from models.network.optimizers import SMALLEST, global_norm


class Sharpness(keras.layers.Layer):  # type: ignore[misc]  # Keras is untyped
    """Holds the radius as a weight of the model; never called."""

    def __init__(self, **kwargs: Any) -> None:
        """Makes the weight, 0."""
        super().__init__(**{"dtype": "float32"} | kwargs)
        self.rho = untrained_weight(self, "rho")
        self.built = True


def climbed(weights: Sequence[Any], gradients: Sequence[Any], rho: Any) -> list[Any]:
    """Moves weights by a total length of ``rho`` along their gradients.

    A weight whose gradient is ``None`` stays.
    """
    norm = global_norm([g for g in gradients if g is not None])
    scale = ops.cast(rho, norm.dtype) / ops.maximum(norm, SMALLEST)
    return [
        ops.convert_to_tensor(weight) if g is None else weight + scale * g
        for weight, g in zip(weights, gradients, strict=True)
    ]


def tensorflow_step(model: Any, data: Any) -> dict[str, Any]:
    """Takes one step on a batch; variables are changed in place.

    Returns Keras's metrics of the step, at the weights before it.
    """
    x, y, _ = keras.utils.unpack_x_y_sample_weight(data)
    weights, others = model.trainable_variables, model.non_trainable_variables

    def loss() -> tuple[Any, Any]:
        predicted = model(x, training=True)
        value = model.compute_loss(x=x, y=y, y_pred=predicted, training=True)
        return model.optimizer.scale_loss(value), (value, predicted)

    start, before = _copies(weights), _copies(others)
    (value, predicted), gradients = differentiated(loss, weights)
    after = _copies(others)
    assign(weights, climbed(start, gradients, model.sharpness.rho))
    assign(others, before)
    _, gradients = differentiated(loss, weights)
    assign(weights, start)
    assign(others, after)
    model.optimizer.apply(gradients, weights)
    for metric in model.metrics:
        metric.update_state(value, sample_weight=ops.shape(x)[0])
    shown: dict[str, Any] = model.compute_metrics(x, y, predicted)
    return shown


def jax_step(model: Any, state: Any, data: Any) -> tuple[dict[str, Any], Any]:
    """Takes one step on a batch; variables are values that go in and come out.

    ``state`` is the trainable, other, optimizer's and metrics' variables. Returns
    Keras's metrics of the step, at the weights before it, and the next state.
    """
    x, y, _ = keras.utils.unpack_x_y_sample_weight(data)
    weights, others, optimizer, metrics = state
    gradients_at = value_and_gradients(model.compute_loss_and_updates)

    def passed(at: Any) -> Any:
        more = {"training": True, "optimizer_variables": optimizer}
        return gradients_at(at, others, metrics, x, y, None, **more)

    (_, (value, predicted, after, metrics)), gradients = passed(weights)
    mapping = list(zip(model.non_trainable_variables, others, strict=True))
    with keras.StatelessScope(state_mapping=mapping):
        rho = ops.convert_to_tensor(model.sharpness.rho)
    _, gradients = passed(climbed(weights, gradients, rho))
    weights, optimizer = model.optimizer.stateless_apply(optimizer, gradients, weights)
    logs, metrics = model._update_metrics_variables(  # noqa: SLF001 - as its own step
        metrics, value, x, y, predicted, None
    )
    return logs, (weights, after, optimizer, metrics)


STEPS: dict[str, Callable[..., Any]] = {
    "tensorflow": tensorflow_step,
    "jax": jax_step,
}
"""By the names of Keras's backends."""


def _copies(variables: Sequence[Any]) -> list[Any]:
    return [ops.copy(variable) for variable in variables]
