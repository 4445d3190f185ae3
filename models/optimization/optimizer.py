"""One optimizer for all update rules; its state and its gradient are flat vectors.

The rule is a number, as are its rate, decay, momentum and clipping: another optimizer
needs no other graph. Each rule takes Keras's steps, but for the rounding of float32.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from models.config.hyperparameters import OPTIMIZER_NAMES
from models.keras_api import keras, ops, untrained_weight
from models.optimization.flat_weights import FlatLayout

SMALLEST = 1e-12
"""Least divisor where a gradient's norm divides."""

NUMBERS = (
    "optimizer",
    "learning_rate",
    "weight_decay",
    "momentum",
    "nesterov",
    "clip_norm",
)
"""Runtime hyperparameters that are weights of the optimizer."""

FIRST_SCALE, GROWTH_STEPS = 2.0**15, 2000
"""Of the loss in half floats; doubled after as many steps without an overflow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """What a rule reads: vectors of the gradient and of its moments, and the step."""

    gradient: Any
    first: Any
    second: Any
    rate: Any
    momentum: Any
    nesterov: Any
    count: Any


Update = tuple[Any, Any, Any]
"""What a rule returns: the change of the weights, and both moments."""


def adam(at: Moments) -> Update:
    """Takes the step of Kingma and Ba 2015, with bias corrections in the rate."""
    first = at.first + (at.gradient - at.first) * (1 - 0.9)
    second = at.second + (ops.square(at.gradient) - at.second) * (1 - 0.999)
    rate = at.rate * ops.sqrt(1 - ops.power(0.999, at.count))
    rate = rate / (1 - ops.power(0.9, at.count))
    change = first * -rate / (ops.sqrt(second) + 1e-7)
    return change, first, second


def sgd(at: Moments) -> Update:
    """Descends with momentum, Nesterov's where ``nesterov`` is 1.

    Source: Sutskever et al. 2013, "On the importance of initialization and momentum".
    """
    descent = at.gradient * at.rate
    first = at.first * at.momentum - descent
    ahead = first * at.momentum - descent
    return ops.where(at.nesterov > 0, ahead, first), first, at.second


def lion(at: Moments) -> Update:
    """Takes the step of Chen et al. 2023; its rate is a tenth of Adam's."""
    direction = ops.sign(at.first * 0.9 + at.gradient * (1 - 0.9))
    first = at.first * 0.99 + at.gradient * (1 - 0.99)
    return -direction * at.rate, first, at.second


RULES: dict[str, Callable[[Moments], Update]] = {
    "adam": adam,
    "adamw": adam,  # Loshchilov and Hutter 2019: its decay acts before the step
    "sgd": sgd,
    "lion": lion,
}


class Optimizer(keras.layers.Layer):  # type: ignore[misc]  # Keras is untyped
    """Holds rates, moments and the loss's scale as weights of the model; never called.

    ``scaled`` multiplies the loss, to keep gradients in half floats from becoming 0.
    """

    def __init__(self, layout: FlatLayout, *, scaled: bool, **kwargs: Any) -> None:
        """Makes the weights, all 0."""
        super().__init__(**{"dtype": "float32"} | kwargs)
        self._layout, self._scaled = layout, scaled
        for name in NUMBERS:
            setattr(self, name, untrained_weight(self, name))
        self.first = untrained_weight(self, "first", (layout.size,))
        self.second = untrained_weight(self, "second", (layout.size,))
        self.count = untrained_weight(self, "count")
        self.scale = untrained_weight(self, "scale")
        self.since_overflow = untrained_weight(self, "since_overflow")
        self.built = True

    def reset(self) -> None:
        """Forgets all steps."""
        for variable in (self.first, self.second, self.count, self.since_overflow):
            variable.assign(ops.zeros(variable.shape))
        self.scale.assign(FIRST_SCALE if self._scaled else 1.0)

    def step(self, weights: Any, gradient: Any) -> Any:
        """Returns the weights after a step, vectors all; its own state changes."""
        count = self.count + 1.0
        change, first, second = self._change(clipped(gradient, self.clip_norm), count)
        after = self._decayed(weights) + change
        new = [after, first, second, count]
        if self._scaled:
            old = [weights, *map(ops.convert_to_tensor, self._state())]
            new = self._unless_overflown(gradient, new, old)
        after, *state = new
        for variable, value in zip(self._state(), state, strict=True):
            variable.assign(value)
        return after

    def _state(self) -> list[Any]:
        return [self.first, self.second, self.count]

    def _change(self, gradient: Any, count: Any) -> Update:
        """Applies the rule; each is a branch, and only one of them is computed."""

        def branch(rule: Callable[[Moments], Update]) -> Callable[..., Update]:
            return lambda gradient, first, second: rule(
                Moments(
                    gradient=gradient,
                    first=first,
                    second=second,
                    rate=rate,
                    momentum=momentum,
                    nesterov=nesterov,
                    count=count,
                )
            )

        numbers = (self.learning_rate, self.momentum, self.nesterov)
        rate, momentum, nesterov = map(ops.convert_to_tensor, numbers)
        vectors = (gradient, *map(ops.convert_to_tensor, (self.first, self.second)))
        rules = [branch(RULES[name]) for name in OPTIMIZER_NAMES]
        update: Update = ops.switch(ops.cast(self.optimizer, "int32"), rules, *vectors)
        return update

    def _decayed(self, weights: Any) -> Any:
        """Shrinks kernels by decoupled decay, which is 0 where a rule has none."""
        end = self._layout.decayed
        kept = 1.0 - self.learning_rate * self.weight_decay
        return ops.cond(
            self.weight_decay > 0,
            lambda: ops.concatenate([weights[:end] * kept, weights[end:]]),
            lambda: weights,
        )

    def _unless_overflown(
        self, gradient: Any, new: list[Any], old: list[Any]
    ) -> list[Any]:
        """Skips a step whose gradient overflowed, and adapts the scale."""
        finite = ops.all(ops.isfinite(gradient))
        since = ops.where(finite, self.since_overflow + 1.0, 0.0)
        grown = since >= GROWTH_STEPS
        factor = ops.where(finite, ops.where(grown, 2.0, 1.0), 0.5)
        self.scale.assign(self.scale * factor)
        self.since_overflow.assign(ops.where(grown, 0.0, since))
        return [ops.where(finite, a, b) for a, b in zip(new, old, strict=True)]


def clipped(gradient: Any, norm: Any) -> Any:
    """Shortens a gradient to a length of at most ``norm``; 0 is no limit.

    A shorter gradient is unchanged to the bit.

    Source: Pascanu et al. 2013, "On the difficulty of training RNNs", algorithm 1.
    """

    def shortened() -> Any:
        length = ops.sqrt(ops.sum(ops.square(gradient)))
        return gradient * (norm / ops.maximum(ops.maximum(length, norm), SMALLEST))

    # A choice, because three passes over millions of numbers take time.
    return ops.cond(norm > 0, shortened, lambda: gradient)
