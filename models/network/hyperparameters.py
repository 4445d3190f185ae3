"""Runtime hyperparameters as weights: numbers that change without a new graph.

Each is a variable of the model or of its optimizer. Held anywhere else, a backend
that compiles (JAX) would silently bake it in as a constant.
"""

from typing import Any

from models.keras_api import keras, untrained_weight

DROPOUT = "dropout"
"""Name of the layer, in a trained model and in an exported one."""


class VariableDropout(keras.layers.Layer):  # type: ignore[misc]  # Keras is untyped
    """Dropout whose rate is a weight."""

    def __init__(self, **kwargs: Any) -> None:
        """Makes the layer with a rate of 0."""
        super().__init__(**{"dtype": "float32", "name": DROPOUT} | kwargs)
        self.seed_generator = keras.random.SeedGenerator(seed=0)
        self.rate = untrained_weight(self, "rate")
        self.built = True

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Drops values in training and scales the kept ones by 1 / (1 - rate)."""
        if not training:
            return inputs
        shape = keras.ops.shape(inputs)
        draws = keras.random.uniform(shape, seed=self.seed_generator)
        kept = keras.ops.cast(draws >= self.rate, inputs.dtype)
        return inputs * kept / (1.0 - self.rate)


LOSS_HYPERPARAMETERS = (
    "au_weight",
    "au_intensity_weight",
    "intensity_loss",
    "valence_arousal_weight",
    "ccc_share",
    "label_smoothing",
    "focal_gamma",
    "l1",
    "l2",
)


class LossHyperparameters(keras.layers.Layer):  # type: ignore[misc]  # Keras is untyped
    """Holds the numbers of the loss as weights of the model; never called."""

    def __init__(self, **kwargs: Any) -> None:
        """Makes the weights, all 0."""
        super().__init__(**{"dtype": "float32"} | kwargs)
        for name in LOSS_HYPERPARAMETERS:
            setattr(self, name, untrained_weight(self, name))
        self.built = True
