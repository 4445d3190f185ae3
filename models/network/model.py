"""Builds a model from a GraphConfig; runtime hyperparameters are its variables."""

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from models.backbones import load_backbone
from models.config.config import GraphConfig, RuntimeHyperparameters
from models.config.hyperparameters import FULL
from models.keras_api import keras, ops
from models.network.augmentation import AUGMENT, Augment
from models.network.batch_normalization import statistics_follow_together
from models.network.dense_width import (
    WIDTH,
    DenseWidth,
    unused_weights,
    used_parts,
)
from models.network.faster_layers import use_faster
from models.network.freezing import freeze
from models.network.heads import (
    ACTION_UNITS,
    EMOTION,
    INTENSITIES,
    VALENCE_AROUSAL,
    add_head,
)
from models.network.hyperparameters import (
    DROPOUT,
    LOSS_HYPERPARAMETERS,
    LossHyperparameters,
    VariableDropout,
)
from models.network.losses import (
    action_unit_loss,
    emotion_loss,
    intensity_loss,
    multi_target_loss,
    penalty,
    valence_arousal_loss,
)
from models.network.own_losses import own_losses
from models.network.standardization import STANDARDIZE, standardize
from models.optimization.ema import WeightAverage, followed
from models.optimization.flat_weights import join, layout_of, ordered
from models.optimization.optimizer import NUMBERS, Optimizer
from models.optimization.sam import Sharpness

SCALED = "mixed_float16"
"""The precision whose loss is scaled."""

NOT_EXPORTED = (AUGMENT, DROPOUT, STANDARDIZE, WIDTH)
"""Layers of a trained model that an export leaves out or replaces by stock ones."""


class ExpressionModel(keras.Model):  # type: ignore[misc]  # Keras is untyped
    """Heads, and one loss: the weighted sum of theirs, and penalties.

    The emotion head has weight 1, the others the values of their variables. A model is
    trained by the steps of ``models.training``, not by Keras's ``fit``.

    Attributes:
        kernels: the variables that L1 and L2 act on, where they are not frozen.
        trained: the variables that are not frozen, in the order of ``layout``.
    """

    def __init__(
        self, *, penalized: tuple[Any, ...], graph: GraphConfig, **functional: Any
    ) -> None:
        """Wraps the ``inputs`` and ``outputs`` of a functional model.

        L1 and L2 act on the kernels of layers of the ``penalized`` kinds.
        """
        super().__init__(**functional)
        use_faster(self.layers)
        self.multi_target = graph.multi_target
        self._graph = graph
        self._parameters = sum(math.prod(v.shape) for v in self.trainable_variables)
        if graph.stage == FULL:
            freeze(self, graph)
        self.kernels = [x.kernel for x in self.layers if isinstance(x, penalized)]
        self.trained = ordered(self.trainable_variables, self.kernels)
        self.layout = layout_of(self.trained, self.kernels)
        self.average = (
            WeightAverage(followed(self.layers), name="average", dtype="float32")
            if graph.weight_averaging
            else None
        )
        self.sharpness = Sharpness(name="sharpness") if graph.sharpness_aware else None
        self.loss_hyperparameters = LossHyperparameters(name="loss_hyperparameters")
        self.optimizer = Optimizer(
            self.layout, scaled=graph.precision == SCALED, name="optimizer"
        )

    def call(self, inputs: Any, training: bool = False, mask: Any = None) -> Any:
        """Computes logits by output name."""
        with statistics_follow_together():
            return super().call(inputs, training=training, mask=mask)

    def parameters(self, units: int) -> int:
        """Counts the weights that training can change at a width, frozen ones too."""
        parts = used_parts(self._graph, units)
        return int(self._parameters - unused_weights(self.layers, parts))

    def runtime_variables(self) -> dict[str, Any]:
        """Returns the variable of each runtime hyperparameter that the graph has."""
        variables = {"dropout": self.get_layer(DROPOUT).rate}
        if self._graph.stage == FULL:
            variables["augmentation"] = self.get_layer(AUGMENT).amounts
        for name in LOSS_HYPERPARAMETERS:
            variables[name] = getattr(self.loss_hyperparameters, name)
        for name in NUMBERS:
            variables[name] = getattr(self.optimizer, name)
        if self._graph.dense_width:
            variables["dense_units"] = self.get_layer(WIDTH).units
        if self.average is not None:
            variables["ema"] = self.average.momentum
        if self.sharpness is not None:
            variables["sam_rho"] = self.sharpness.rho
        return variables

    def set_runtime(self, runtime: RuntimeHyperparameters) -> None:
        """Sets every runtime hyperparameter of the model."""
        for name, variable in self.runtime_variables().items():
            variable.assign(getattr(runtime, name))

    def total_loss(self, targets: Mapping[str, Any], logits: Mapping[str, Any]) -> Any:
        """Sums the losses of the heads that have targets, scaled for half floats."""
        total = ops.zeros(())
        for name, (weight, loss) in self._head_losses().items():
            if name in targets:
                total = total + weight * loss(targets[name], logits[name])
        return total * self.optimizer.scale

    def penalize(self, weights: Any, loss: Any, slopes: list[Any]) -> tuple[Any, Any]:
        """Adds penalties to a loss and to its gradient, and unscales both.

        ``weights`` is the vector of ``layout``, ``slopes`` the gradient of each
        variable of ``trained``. Returns the loss and the gradient's vector.
        """
        numbers, layout = self.loss_hyperparameters, self.layout
        value, slope = penalty(weights[: layout.penalized], numbers.l1, numbers.l2)
        if self._graph.precision == SCALED:
            loss = loss / self.optimizer.scale
            slopes = [one / self.optimizer.scale for one in slopes]
        first, others = slopes[: layout.kernels], slopes[layout.kernels :]
        # Joined apart: a sum of the whole vector would copy millions of numbers.
        penalized = [join(first) + slope] if first else []
        return loss + value, join([*penalized, *others])

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
        losses: dict[str, Callable[[Any, Any], Any]] = {
            EMOTION: emotion,
            ACTION_UNITS: partial(action_unit_loss, gamma=gamma),
            INTENSITIES: partial(intensity_loss, kind=numbers.intensity_loss),
            VALENCE_AROUSAL: ratings,
        }
        losses |= own_losses(self._graph)
        weights = {
            EMOTION: 1.0,
            ACTION_UNITS: numbers.au_weight,
            INTENSITIES: numbers.au_intensity_weight,
            VALENCE_AROUSAL: numbers.valence_arousal_weight,
        }
        return {head: (weights[head], loss) for head, loss in losses.items()}


def assemble(graph: GraphConfig, width: int = 0) -> ExpressionModel:
    """Builds the model of a graph's configuration.

    Its weights are Keras's own random ones, its runtime hyperparameters 0;
    ``CompiledModel.reset`` sets both.

    Args:
        graph: what the graph depends on.
        width: of the vectors that a head alone is trained on, at stage ``features``.

    Returns:
        A model from raw pixels (B, S, S, C) in [0, 255], or from features (B, width),
        to logits by output name.
    """
    with _precision(graph.precision):
        return _assembled(graph, width)


def _assembled(graph: GraphConfig, width_of_features: int) -> ExpressionModel:
    backbone = load_backbone(graph.backbone)
    if graph.stage == FULL:
        side, channels = graph.image_size, graph.channels
        inputs = keras.Input((side, side, channels), name="pixels")
        features = backbone.features(Augment()(inputs), graph, standardize(graph))
    else:
        inputs = features = keras.Input((width_of_features,), name="features")
    widest, optional = graph.dense_width, graph.dense_optional
    width = DenseWidth(widest, optional=optional) if widest else None
    outputs = add_head(features, graph, VariableDropout(), logits=True, width=width)
    convolutions = (keras.layers.Conv2D,) if backbone.penalized else ()
    return ExpressionModel(
        penalized=(keras.layers.Dense, *convolutions),
        graph=graph,
        inputs=inputs,
        outputs=outputs,
    )


@contextmanager
def _precision(name: str) -> Iterator[None]:
    """Sets Keras's dtype policy while layers and models are made."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
