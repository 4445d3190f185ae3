"""Builds a compiled model from a GraphConfig; runtime numbers are variables."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from models.backbones import load_backbone
from models.config.config import GraphConfig
from models.keras_api import keras
from models.network.augmentation import Augment
from models.network.ema import WeightAverage, followed
from models.network.freezing import freeze
from models.network.heads import ACTION_UNITS, EMOTION, VALENCE_AROUSAL, add_head
from models.network.hyperparameters import LossHyperparameters, VariableDropout
from models.network.losses import (
    action_unit_loss,
    emotion_loss,
    multi_target_loss,
    penalty,
    valence_arousal_loss,
)
from models.network.optimizers import make_optimizer
from models.network.sam import STEPS, Sharpness
from models.network.standardization import standardize


class ExpressionModel(keras.Model):  # type: ignore[misc]  # Keras is untyped
    """Heads, and one loss: the weighted sum of theirs, and penalties.

    The emotion head weighs 1, the others what their variables say.

    Attributes:
        parameters: weights that training can change, frozen ones among them.
    """

    def __init__(
        self, *, penalized: tuple[Any, ...], graph: GraphConfig, **functional: Any
    ) -> None:
        """Wraps a graph.

        Args:
            penalized: kinds of layers whose kernels L1 and L2 act on.
            graph: says whether any of a row's emotions is right, whether weights
                are averaged and steps sharpness-aware, and which are frozen.
            functional: ``inputs`` and ``outputs`` of a functional model.
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

    def train_step(self, *given: Any) -> Any:
        """Makes one step: Keras's own, or a sharpness-aware one.

        Args:
            given: a batch, or where a backend keeps no state a state and a batch.
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
        """Sums the losses of the heads and the penalties; a scalar."""
        del x, sample_weight
        if training and self.average is not None:
            self.average.follow(followed(self.layers))
        runtime = self.loss_hyperparameters
        total = penalty(self.kernels(), runtime.l1, runtime.l2)
        for weight, loss in self._head_losses(y, y_pred):
            total = total + weight * loss
        return total

    def _head_losses(self, y: Any, y_pred: Any) -> Iterator[tuple[Any, Any]]:
        """Computes the weight and the loss of each head that has targets."""
        runtime = self.loss_hyperparameters
        if EMOTION in y:
            yield 1.0, self._emotion_loss(y[EMOTION], y_pred[EMOTION])
        if ACTION_UNITS in y:
            asked, given = y[ACTION_UNITS], y_pred[ACTION_UNITS]
            yield runtime.au_weight, action_unit_loss(asked, given, runtime.focal_gamma)
        if VALENCE_AROUSAL in y:
            asked, given = y[VALENCE_AROUSAL], y_pred[VALENCE_AROUSAL]
            loss = valence_arousal_loss(asked, given, runtime.ccc_share)
            yield runtime.valence_arousal_weight, loss

    def _emotion_loss(self, asked: Any, given: Any) -> Any:
        runtime = self.loss_hyperparameters
        if self.multi_target:
            return multi_target_loss(asked, given)
        return emotion_loss(asked, given, runtime.label_smoothing, runtime.focal_gamma)


def assemble(graph: GraphConfig) -> ExpressionModel:
    """Builds and compiles the model of a GraphConfig.

    Its weights are Keras's own draws, its runtime numbers 0: ``initialize`` and
    ``set_hyperparameters`` give both their values.

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
    features = backbone.features(
        Augment(name="augment")(pixels), graph, standardize(graph)
    )
    outputs = add_head(features, graph, VariableDropout(name="dropout"), logits=True)
    convolutions = (keras.layers.Conv2D,) if backbone.penalized else ()
    model = ExpressionModel(
        penalized=(keras.layers.Dense, *convolutions),
        graph=graph,
        inputs=pixels,
        outputs=outputs,
    )
    # For half floats Keras scales the loss, lest gradients become 0.
    model.compile(optimizer=make_optimizer(graph.optimizer), jit_compile=_jit())
    return model


@contextmanager
def _precision(name: str) -> Iterator[None]:
    """Lets layers and compiled models be made with a policy of Keras."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _jit() -> bool | str:
    """XLA is slower on a CPU under TensorFlow, and lacks the augmentation's kernel."""
    return False if keras.backend.backend() == "tensorflow" else "auto"
