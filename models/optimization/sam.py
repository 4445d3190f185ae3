"""Sharpness-aware minimization: steps by the gradient at the worst weights nearby.

From the weights w a step climbs to w + rho g / |g|, takes the gradient there, and
applies it at w. Both gradients use one batch, with the same augmentation and dropout,
and only the first pass, at w, updates batch statistics. It costs two passes.

Source: Foret et al. 2021, "Sharpness-Aware Minimization for Efficiently Improving
Generalization", algorithm 1.
"""

from typing import Any

from models.keras_api import keras, ops, untrained_weight
from models.optimization.optimizer import SMALLEST


class Sharpness(keras.layers.Layer):  # type: ignore[misc]  # Keras is untyped
    """Holds the radius as a weight of the model; never called."""

    def __init__(self, **kwargs: Any) -> None:
        """Makes the weight, 0: steps are then plain ones."""
        super().__init__(**{"dtype": "float32"} | kwargs)
        self.rho = untrained_weight(self, "rho")
        self.built = True


def climbed(weights: Any, gradient: Any, rho: Any) -> Any:
    """Moves a vector of weights by a length of ``rho`` along its gradient."""
    length = ops.sqrt(ops.sum(ops.square(gradient)))
    return weights + gradient * (rho / ops.maximum(length, SMALLEST))
