"""Optimizers whose learning rate, decay, momentum and clipping are variables."""

from collections.abc import Sequence
from typing import Any

from models.keras_api import keras, ops

UNDECAYED = ("bias", "gamma", "beta")
"""Weights that decoupled decay leaves alone, as L1 and L2 do."""

SMALLEST = 1e-12
"""Least number that a gradient's norm is taken for in a division."""


class Clipped:
    """Scales all gradients together where their norm exceeds ``clip_norm``.

    A norm of 0 leaves them unchanged, to the bit. This mixin precedes the optimizer's
    class, whose own clipping would bake the norm into the graph.

    Source: Pascanu et al. 2013, "On the difficulty of training RNNs", algorithm 1.
    """

    clip_norm: Any

    def apply(self, grads: Any, trainable_variables: Any = None) -> None:
        """Clips, then updates."""
        clipped = clip(grads, self.clip_norm)
        super().apply(clipped, trainable_variables)  # type: ignore[misc]  # a mixin


class Adam(Clipped, keras.optimizers.Adam):  # type: ignore[misc]  # Keras is untyped
    """Kingma and Ba 2015."""


class AdamW(Clipped, keras.optimizers.AdamW):  # type: ignore[misc]  # Keras is untyped
    """Loshchilov and Hutter 2019."""


class Lion(Clipped, keras.optimizers.Lion):  # type: ignore[misc]  # Keras is untyped
    """Chen et al. 2023, with decoupled decay; its rate is a tenth of Adam's."""


class SGD(Clipped, keras.optimizers.SGD):  # type: ignore[misc]  # Keras is untyped
    """Stochastic gradient descent whose momentum, and its kind, are variables.

    ``nesterov_variable`` is 1 for Nesterov's momentum and 0 for the plain one.

    Source: Sutskever et al. 2013, "On the importance of initialization and momentum".
    """

    momentum_variable: Any
    nesterov_variable: Any

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Updates one weight as Keras does, which allows only constants for both."""
        rate = ops.cast(learning_rate, variable.dtype)
        moving = self.momentums[self._get_variable_index(variable)]
        momentum = ops.cast(self.momentum_variable, variable.dtype)
        step = moving * momentum - gradient * rate
        ahead = step * momentum - gradient * rate
        self.assign(moving, step)
        self.assign_add(variable, ops.where(self.nesterov_variable > 0, ahead, step))


def clip(grads: list[Any], norm: Any) -> list[Any]:
    """Scales gradients so that their common norm is at most ``norm``; 0 is no limit.

    Gradients of a smaller norm are unchanged to the bit; ``None`` stays.
    """
    present = [grad for grad in grads if grad is not None]
    limited = ops.cond(norm > 0, lambda: _scaled(present, norm), lambda: present)
    rest = iter(limited)
    return [None if grad is None else next(rest) for grad in grads]


def global_norm(grads: Sequence[Any]) -> Any:
    """Computes the length of all gradients together; a scalar."""
    squares = [ops.sum(ops.square(grad)) for grad in grads]
    return ops.sqrt(sum(squares[1:], start=squares[0]))


def _scaled(grads: list[Any], norm: Any) -> list[Any]:
    length = global_norm(grads)
    limit = ops.cast(norm, length.dtype)
    scale = limit / ops.maximum(ops.maximum(length, limit), SMALLEST)
    return [grad * scale for grad in grads]


def make_optimizer(name: str) -> Any:
    """Makes an unbuilt optimizer, of ``OPTIMIZER_NAMES``, with variables for numbers.

    All have ``clip_norm``; adamw and lion ``weight_decay``; sgd ``momentum_variable``
    and ``nesterov_variable``.
    """
    match name:
        case "adam":
            optimizer = Adam()
        case "adamw" | "lion":
            optimizer = AdamW() if name == "adamw" else Lion()
            optimizer.weight_decay = _variable("weight_decay")
            optimizer.exclude_from_weight_decay(var_names=list(UNDECAYED))
        case "sgd":
            # Keras reads only whether there is a momentum at all.
            optimizer = SGD(momentum=0.9, nesterov=True)
            optimizer.momentum_variable = _variable("momentum")
            optimizer.nesterov_variable = _variable("nesterov")
        case _:
            raise ValueError(f"optimizer is adam, adamw, sgd or lion, found {name!r}")
    optimizer.clip_norm = _variable("clip_norm")
    return optimizer


def plain(optimizer: Any) -> Any:
    """Returns the optimizer itself, which a loss-scaling one may wrap."""
    return getattr(optimizer, "inner_optimizer", optimizer)


def _variable(name: str) -> Any:
    return keras.Variable(0.0, trainable=False, name=name)
