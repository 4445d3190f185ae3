"""Knobs as weights: numbers that change without a new graph.

Every knob is a variable of the model or of its optimizer. Held anywhere else, a
backend that compiles (JAX) would bake it in as a constant, silently.
"""

from typing import Any

from models.config.config import Knobs
from models.keras_api import keras
from models.network.optimizers import plain


def knob(layer: Any, name: str, shape: tuple[int, ...] = ()) -> Any:
    """Adds one knob, numbers that no optimizer touches, to a layer."""
    return layer.add_weight(
        name=name, shape=shape, initializer="zeros", trainable=False
    )


class KnobDropout(keras.layers.Layer):  # type: ignore[misc]  # Keras is untyped
    """Dropout whose rate is a weight."""

    def __init__(self, **kwargs: Any) -> None:
        """Makes the layer; its rate is 0 until ``set_knobs``."""
        super().__init__(**{"dtype": "float32"} | kwargs)
        self.seed_generator = keras.random.SeedGenerator(seed=0)
        self.rate = knob(self, "rate")
        self.built = True

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Drops values in training and scales the kept ones by 1 / (1 - rate)."""
        if not training:
            return inputs
        shape = keras.ops.shape(inputs)
        draws = keras.random.uniform(shape, seed=self.seed_generator)
        kept = keras.ops.cast(draws >= self.rate, inputs.dtype)
        return inputs * kept / (1.0 - self.rate)


class LossKnobs(keras.layers.Layer):  # type: ignore[misc]  # Keras is untyped
    """The knobs of the loss; never called, it only makes them weights of the model."""

    def __init__(self, **kwargs: Any) -> None:
        """Makes the knobs, all 0 until ``set_knobs``."""
        super().__init__(**{"dtype": "float32"} | kwargs)
        self.au_weight = knob(self, "au_weight")
        self.valence_arousal_weight = knob(self, "valence_arousal_weight")
        self.ccc_share = knob(self, "ccc_share")
        self.label_smoothing = knob(self, "label_smoothing")
        self.focal_gamma = knob(self, "focal_gamma")
        self.l1 = knob(self, "l1")
        self.l2 = knob(self, "l2")
        self.built = True


def knob_variables(model: Any) -> dict[str, Any]:
    """Finds the variable behind each knob of a compiled model.

    Args:
        model: a compiled ``ExpressionModel``.

    Returns:
        Names of ``Knobs`` to variables, those that its optimizer and Structure have.
    """
    optimizer, loss = plain(model.optimizer), model.loss_knobs
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
    if hasattr(optimizer, "momentum_knob"):
        found["momentum"] = optimizer.momentum_knob
        found["nesterov"] = optimizer.nesterov_knob
    if model.average is not None:
        found["ema"] = model.average.momentum
    if model.sharpness is not None:
        found["sam_rho"] = model.sharpness.rho
    return found


def set_knobs(model: Any, knobs: Knobs) -> None:
    """Sets every knob of a compiled model."""
    for name, variable in knob_variables(model).items():
        variable.assign(getattr(knobs, name))
