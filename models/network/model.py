"""Builds a compiled model from a GraphConfig; runtime hyperparameters are variables."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from models.backbones import load_backbone
from models.config.config import GraphConfig, RuntimeHyperparameters
from models.keras_api import keras
from models.network.augmentation import AUGMENT, Augment
from models.network.ema import WeightAverage, followed
from models.network.freezing import freeze
from models.network.heads import ACTION_UNITS, EMOTION, VALENCE_AROUSAL, add_head
from models.network.hyperparameters import (
    DROPOUT,
    LOSS_HYPERPARAMETERS,
    LossHyperparameters,
    VariableDropout,
)
from models.network.losses import (
    action_unit_loss,
    emotion_loss,
    multi_target_loss,
    penalty,
    valence_arousal_loss,
)
from models.network.optimizers import make_optimizer, plain
from models.network.sam import STEPS, Sharpness
from models.network.standardization import STANDARDIZE, standardize

NOT_EXPORTED = (AUGMENT, DROPOUT, STANDARDIZE)
"""Layers of a trained model that an export leaves out or replaces by stock ones."""


class ExpressionModel(keras.Model):  # type: ignore[misc]  # Keras is untyped
    """Heads, and one loss: the weighted sum of theirs, and penalties.

    The emotion head has weight 1, the others the values of their variables.

    Attributes:
        parameters: weights that training can change, frozen ones among them.
    """

    def __init__(
        self, *, penalized: tuple[Any, ...], graph: GraphConfig, **functional: Any
    ) -> None:
        """Wraps the ``inputs`` and ``outputs`` of a functional model.

        L1 and L2 act on the kernels of layers of the ``penalized`` kinds.
        """
        super().__init__(**functional)
        self.penalized = penalized
        self.multi_target = graph.multi_target
        self.parameters = sum(math.prod(v.shape) for v in self.trainable_variables)
        freeze(self, graph)
        self.average = (
            WeightAverage(followed(self.layers), name="average", dtype="float32")
            if graph.weight_averaging
            else None
        )
        self.sharpness = Sharpness(name="sharpness") if graph.sharpness_aware else None
        self.loss_hyperparameters = LossHyperparameters(name="loss_hyperparameters")

    def runtime_variables(self) -> dict[str, Any]:
        """Returns the variable of each runtime hyperparameter that the graph has."""
        optimizer = plain(self.optimizer)
        variables = {
            "learning_rate": optimizer.learning_rate,
            "clip_norm": optimizer.clip_norm,
            "dropout": self.get_layer(DROPOUT).rate,
            "augmentation": self.get_layer(AUGMENT).amounts,
        }
        for name in LOSS_HYPERPARAMETERS:
            variables[name] = getattr(self.loss_hyperparameters, name)
        if optimizer.weight_decay is not None:
            variables["weight_decay"] = optimizer.weight_decay
        if hasattr(optimizer, "momentum_variable"):
            variables["momentum"] = optimizer.momentum_variable
            variables["nesterov"] = optimizer.nesterov_variable
        if self.average is not None:
            variables["ema"] = self.average.momentum
        if self.sharpness is not None:
            variables["sam_rho"] = self.sharpness.rho
        return variables

    def set_runtime(self, runtime: RuntimeHyperparameters) -> None:
        """Sets every runtime hyperparameter of the compiled model."""
        for name, variable in self.runtime_variables().items():
            variable.assign(getattr(runtime, name))

    def train_step(self, *given: Any) -> Any:
        """Takes one step: Keras's own, or a sharpness-aware one.

        ``given`` is a batch; where a backend keeps no state, a state and a batch.
        """
        if self.sharpness is None:
            return super().train_step(*given)
        return STEPS[keras.backend.backend()](self, *given)

    def kernels(self) -> list[Any]:
        """Lists the kernels that L1 and L2 act on."""
        return [
            layer.kernel for layer in self.layers if isinstance(layer, self.penalized)
        ]

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Sums the penalties and the losses of the heads that have targets."""
        del x, sample_weight
        if training and self.average is not None:
            self.average.follow(followed(self.layers))
        numbers = self.loss_hyperparameters
        total = penalty(self.kernels(), numbers.l1, numbers.l2)
        for name, (weight, loss) in self._head_losses().items():
            if name in y:
                total = total + weight * loss(y[name], y_pred[name])
        return total

    def _head_losses(self) -> dict[str, tuple[Any, Callable[[Any, Any], Any]]]:
        """Returns the weight and the loss of each head."""
        numbers = self.loss_hyperparameters
        gamma = numbers.focal_gamma
        emotion: Callable[[Any, Any], Any] = multi_target_loss
        if not self.multi_target:
            emotion = partial(
                emotion_loss, smoothing=numbers.label_smoothing, gamma=gamma
            )
        ratings = partial(valence_arousal_loss, ccc_share=numbers.ccc_share)
        return {
            EMOTION: (1.0, emotion),
            ACTION_UNITS: (numbers.au_weight, partial(action_unit_loss, gamma=gamma)),
            VALENCE_AROUSAL: (numbers.valence_arousal_weight, ratings),
        }


def assemble(graph: GraphConfig) -> ExpressionModel:
    """Builds and compiles the model of a graph's configuration.

    Its weights are Keras's own random ones, its runtime hyperparameters 0;
    ``CompiledModel.reset`` sets both.

    Args:
        graph: what the graph depends on.

    Returns:
        A model from raw pixels (B, S, S, C) in [0, 255] to logits by output name.
        Its optimizer is built.
    """
    with _precision(graph.precision):
        model = _compiled(graph)
    # Building it here rather than while tracing saves a quarter of the first step.
    model.optimizer.build(model.trainable_variables)
    return model


def _compiled(graph: GraphConfig) -> ExpressionModel:
    backbone = load_backbone(graph.backbone)
    side, channels = graph.image_size, graph.channels
    pixels = keras.Input((side, side, channels), name="pixels")
    features = backbone.features(Augment()(pixels), graph, standardize(graph))
    outputs = add_head(features, graph, VariableDropout(), logits=True)
    convolutions = (keras.layers.Conv2D,) if backbone.penalized else ()
    model = ExpressionModel(
        penalized=(keras.layers.Dense, *convolutions),
        graph=graph,
        inputs=pixels,
        outputs=outputs,
    )
    # For half floats Keras scales the loss, to keep gradients from becoming 0.
    model.compile(optimizer=make_optimizer(graph.optimizer), jit_compile=_jit())
    return model


@contextmanager
def _precision(name: str) -> Iterator[None]:
    """Sets Keras's dtype policy while layers and models are made."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _jit() -> bool | str:
    """XLA is slower on a CPU under TensorFlow, and lacks the augmentation's kernel."""
    return False if keras.backend.backend() == "tensorflow" else "auto"
