"""Runtime hyperparameters as weights: numbers that change without a new graph.

Each is a variable of the model or of its optimizer. Held anywhere else, a
backend that compiles (JAX) would bake it in as a constant, silently.
"""

from typing import Any

from models.config.config import RuntimeHyperparameters
from models.keras_api import keras
from models.network.optimizers import plain


def untrained_weight(layer: Any, name: str, shape: tuple[int, ...] = ()) -> Any:
    """Adds a weight that no optimizer touches to a layer."""
    return layer.add_weight(
        name=name, shape=shape, initializer="zeros", trainable=False
    )


class VariableDropout(keras.layers.Layer):  # type: ignore[misc]  # Keras is untyped
    """Dropout whose rate is a weight."""

    def __init__(self, **kwargs: Any) -> None:
        """Makes the layer; its rate is 0 until ``set_hyperparameters``."""
        super().__init__(**{"dtype": "float32"} | kwargs)
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


class LossHyperparameters(keras.layers.Layer):  # type: ignore[misc]  # Keras is untyped
    """Holds the numbers of the loss as weights of the model; never called."""

    def __init__(self, **kwargs: Any) -> None:
        """Makes the weights, all 0 until ``set_hyperparameters``."""
        super().__init__(**{"dtype": "float32"} | kwargs)
        self.au_weight = untrained_weight(self, "au_weight")
        self.valence_arousal_weight = untrained_weight(self, "valence_arousal_weight")
        self.ccc_share = untrained_weight(self, "ccc_share")
        self.label_smoothing = untrained_weight(self, "label_smoothing")
        self.focal_gamma = untrained_weight(self, "focal_gamma")
        self.l1 = untrained_weight(self, "l1")
        self.l2 = untrained_weight(self, "l2")
        self.built = True


def hyperparameter_variables(model: Any) -> dict[str, Any]:
    """Finds the variable of each runtime hyperparameter.

    Args:
        model: a compiled ``ExpressionModel``.

    Returns:
        Names to variables, of those that its optimizer and graph have.
    """
    optimizer, loss = plain(model.optimizer), model.loss_hyperparameters
    found = {
        "learning_rate": optimizer.learning_rate,
        "dropout": model.get_layer("dropout").rate,
        "l1": loss.l1,
        "l2": loss.l2,
        "au_weight": loss.au_weight,
        "valence_arousal_weight": loss.valence_arousal_weight,
        "ccc_share": loss.ccc_share,
        "label_smoothing": loss.label_smoothing,
        "focal_gamma": loss.focal_gamma,
        "clip_norm": optimizer.clip_norm,
        "augmentation": model.get_layer("augment").amounts,
    }
    if optimizer.weight_decay is not None:
        found["weight_decay"] = optimizer.weight_decay
    if hasattr(optimizer, "momentum_variable"):
        found["momentum"] = optimizer.momentum_variable
        found["nesterov"] = optimizer.nesterov_variable
    if model.average is not None:
        found["ema"] = model.average.momentum
    if model.sharpness is not None:
        found["sam_rho"] = model.sharpness.rho
    return found


def set_hyperparameters(model: Any, runtime: RuntimeHyperparameters) -> None:
    """Sets every runtime hyperparameter of a compiled model."""
    for name, variable in hyperparameter_variables(model).items():
        variable.assign(getattr(runtime, name))
