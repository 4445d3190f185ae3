"""The head: pooling, maybe a dense layer, dropout, and an output for each target."""

from collections.abc import Callable
from typing import Any

from models.config.config import GraphConfig
from models.keras_api import layers, ops
from models.metrics.predictions import Predictions

EMOTION = "emotion"
ACTION_UNITS = "action_units"
VALENCE_AROUSAL = "valence_arousal"
POOL = "pool"
"""The first layer after the backbone."""


def add_head(
    features: Any, graph: GraphConfig, dropout: Any, *, logits: bool
) -> dict[str, Any]:
    """Adds the head to a backbone's features.

    Args:
        features: shape (B, h, w, F).
        graph: dense units, 0 for no such layer, and the labels of the outputs; an
            output without labels does not exist.
        dropout: the layer before the outputs.
        logits: leave out softmax, sigmoid and tanh (training), or add them (export).

    Returns:
        Tensors by output name: ``emotion`` (B, E), ``action_units`` (B, U),
        ``valence_arousal`` (B, D).
    """
    x = layers.GlobalAveragePooling2D(name=POOL)(features)
    if graph.dense_units:
        x = layers.Dense(graph.dense_units, activation="relu", name="dense")(x)
    x = dropout(x)
    kinds = (
        (EMOTION, graph.emotions, "softmax"),
        (ACTION_UNITS, graph.action_units, "sigmoid"),
        (VALENCE_AROUSAL, graph.dimensions, "tanh"),
    )
    return {
        name: layers.Dense(
            len(labels),
            activation=None if logits else activation,
            name=name,
            dtype="float32",  # half floats would round what losses take logarithms of
        )(x)
        for name, labels, activation in kinds
        if labels
    }


def probabilities(logits: dict[str, Any]) -> Predictions:
    """Turns logits into probabilities and ratings; what is not finite stays so.

    Args:
        logits: arrays by output name, shape (N, E), (N, U) and (N, D).

    Returns:
        Predictions of the same rows.
    """

    def of(head: str, activation: Callable[[Any], Any]) -> Any:
        found = logits.get(head)
        return None if found is None else ops.convert_to_numpy(activation(found))

    return Predictions(
        emotion=of(EMOTION, ops.softmax),
        action_units=of(ACTION_UNITS, ops.sigmoid),
        valence_arousal=of(VALENCE_AROUSAL, ops.tanh),
    )
