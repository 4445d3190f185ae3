"""The head: pooling, a dense layer, dropout, and one output for each target."""

from typing import Any

from keras import layers, ops

from models.config import Structure
from models.metrics import Predictions

EMOTION = "emotion"
ACTION_UNITS = "action_units"
POOL = "pool"
"""The first layer after the backbone."""


def add_head(
    features: Any, structure: Structure, dropout: Any, *, logits: bool
) -> dict[str, Any]:
    """Adds the head to a backbone's features.

    Args:
        features: shape (B, h, w, F).
        structure: dense units and the labels of the outputs; an output without
            labels does not exist.
        dropout: the layer between the dense layer and the outputs.
        logits: leave out softmax and sigmoid (training), or add them (export).

    Returns:
        Tensors by output name: ``emotion`` (B, E), ``action_units`` (B, U).
    """
    x = layers.GlobalAveragePooling2D(name=POOL)(features)
    x = layers.Dense(structure.dense_units, activation="relu", name="dense")(x)
    x = dropout(x)
    kinds = (
        (EMOTION, structure.emotions, "softmax"),
        (ACTION_UNITS, structure.action_units, "sigmoid"),
    )
    return {
        name: layers.Dense(
            len(labels), activation=None if logits else activation, name=name
        )(x)
        for name, labels, activation in kinds
        if labels
    }


def probabilities(logits: dict[str, Any]) -> Predictions:
    """Turns logits into probabilities; those that are not finite stay so.

    Args:
        logits: arrays by output name, shape (N, E) and (N, U).

    Returns:
        Predictions of the same rows.
    """
    emotion, units = logits.get(EMOTION), logits.get(ACTION_UNITS)
    return Predictions(
        emotion=None
        if emotion is None
        else ops.convert_to_numpy(ops.softmax(emotion, axis=-1)),
        action_units=None
        if units is None
        else ops.convert_to_numpy(ops.sigmoid(units)),
    )
