"""The head: pooling, an optional dense layer, dropout, and an output per target."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from models.config.config import GraphConfig
from models.keras_api import layers, ops
from models.metrics.predictions import Predictions

EMOTION = "emotion"
ACTION_UNITS = "action_units"
VALENCE_AROUSAL = "valence_arousal"
DENSE = "dense"
"""Name of the layer before the outputs, if there is one."""

POOL = "pool"
"""Name of the first layer after the backbone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """One kind of output; ``labels`` is the ``GraphConfig`` field of its labels."""

    name: str
    labels: str
    activation: str


HEADS = (
    Head(name=EMOTION, labels="emotions", activation="softmax"),
    Head(name=ACTION_UNITS, labels="action_units", activation="sigmoid"),
    Head(name=VALENCE_AROUSAL, labels="dimensions", activation="tanh"),
)
"""In the order of ``Predictions.heads``."""


def add_head(
    features: Any,
    graph: GraphConfig,
    dropout: Any,
    *,
    logits: bool,
    width: Callable[[Any, Any], Any] | None = None,
) -> dict[str, Any]:
    """Adds the head to a backbone's features, shape (B, h, w, F).

    An output without labels does not exist. With ``logits`` (training) softmax,
    sigmoid and tanh are left out; an export has them. ``width`` (training) masks dense
    units; it takes them and the features before them. Returns tensors by output name:
    ``emotion`` (B, E), ``action_units`` (B, U), ``valence_arousal`` (B, D).
    """
    x = layers.GlobalAveragePooling2D(name=POOL)(features)
    if graph.dense_width:
        dense = layers.Dense(graph.dense_width, activation="relu", name=DENSE)(x)
        x = width(dense, x) if width else dense
    x = dropout(x)
    return {
        head.name: layers.Dense(
            len(getattr(graph, head.labels)),
            activation=None if logits else head.activation,
            name=head.name,
            dtype="float32",  # half floats would round what losses take logarithms of
        )(x)
        for head in HEADS
        if getattr(graph, head.labels)
    }


def probabilities(logits: Mapping[str, Any]) -> Predictions:
    """Converts logits (N, E), (N, U), (N, D) by output name to predictions."""
    return Predictions.of(
        {
            head.name: ops.convert_to_numpy(
                getattr(ops, head.activation)(logits[head.name])
            )
            for head in HEADS
            if head.name in logits
        }
    )
