"""The head: pooling, an optional dense layer, dropout, and an output per target."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from models.config.config import GraphConfig
from models.config.hyperparameters import FULL
from models.keras_api import keras, layers, ops
from models.metrics.predictions import Predictions

EMOTION = "emotion"
ACTION_UNITS = "action_units"
INTENSITIES = "action_unit_intensities"
VALENCE_AROUSAL = "valence_arousal"
LEVELS = 5
"""Intensities above 0, A to E: each has an output, the chance of this much or more."""

RARE = -2.0
"""Initial bias of these outputs, a chance of .12: most units are absent in most faces.

Source: Lin et al. 2017, Focal loss for dense object detection, section 3.3.
"""

DENSE = "dense"
"""Name of the layer before the outputs, if there is one."""

POOL = "pool"
"""Name of the first layer after the backbone."""

GRID = 2
"""Cells a side of the pooling ``grid``, which keeps where in the image a feature is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """One kind of output; ``labels`` is the ``GraphConfig`` field of its labels.

    ``each`` is the number of its logits for a label, ``bias`` their initial value.
    """

    name: str
    labels: str
    activation: str
    each: int = 1
    bias: float = 0.0


HEADS = (
    Head(name=EMOTION, labels="emotions", activation="softmax"),
    Head(name=ACTION_UNITS, labels="action_units", activation="sigmoid"),
    Head(
        name=INTENSITIES,
        labels="intensities",
        activation="sigmoid",
        each=LEVELS,
        bias=RARE,
    ),
    Head(name=VALENCE_AROUSAL, labels="dimensions", activation="tanh"),
)
"""In the order of ``Predictions.heads``."""


def pool_average(maps: Any, name: str) -> Any:
    """Averages maps (B, h, w, F) over all places: (B, F)."""
    return layers.GlobalAveragePooling2D(name=name)(maps)


def pool_max(maps: Any, name: str) -> Any:
    """Takes the largest value over all places: (B, F)."""
    return layers.GlobalMaxPooling2D(name=name)(maps)


def pool_grid(maps: Any, name: str) -> Any:
    """Averages equal cells, which overlap where a side is odd: (B, GRID GRID F)."""
    sides = maps.shape[1:3]
    strides = tuple(max(1, side // GRID) for side in sides)
    cells = tuple(
        max(1, side - (GRID - 1) * step)
        for side, step in zip(sides, strides, strict=True)
    )
    pooled = layers.AveragePooling2D(cells, strides=strides, name=name)(maps)
    return layers.Flatten(name=f"{name}_flat")(pooled)


PARTS: dict[str, Callable[[Any, str], Any]] = {
    "average": pool_average,
    "max": pool_max,
    "grid": pool_grid,
}
"""Vectors that a map is pooled to, in the order in which features are kept."""

POOLED: dict[str, tuple[str, ...]] = {
    "average": ("average",),
    "max": ("max",),
    "average_max": ("average", "max"),
    "grid": ("grid",),
}
"""The parts of each pooling; neighbours in ``PARTS``."""


def pooled_parts(maps: Any, parts: tuple[str, ...]) -> list[Any]:
    """Pools a backbone's map, (B, h, w, F), to a vector for each part.

    The first layer has the name that ends a backbone.
    """
    names = [POOL, *(f"{POOL}_{part}" for part in parts[1:])]
    return [PARTS[part](maps, name) for part, name in zip(parts, names, strict=True)]


def pool(maps: Any, pooling: str) -> Any:
    """Pools a backbone's map, (B, h, w, F), to one vector."""
    vectors = pooled_parts(maps, POOLED[pooling])
    if len(vectors) == 1:
        return vectors[0]
    return layers.Concatenate(name=f"{POOL}_all")(vectors)


def add_head(
    features: Any,
    graph: GraphConfig,
    dropout: Any,
    *,
    logits: bool,
    width: Callable[[Any, Any], Any] | None = None,
) -> dict[str, Any]:
    """Adds the head to a backbone's features: (B, h, w, F), or pooled ones, (B, F).

    An output without labels does not exist. With ``logits`` (training) softmax,
    sigmoid and tanh are left out; an export has them. ``width`` (training) masks dense
    units; it takes them and the features before them. Returns tensors by output name:
    ``emotion`` (B, E), ``action_units`` (B, U), ``action_unit_intensities`` (B, I), or
    logits (B, 5 I), unit by unit, and ``valence_arousal`` (B, D).
    """
    x = pool(features, graph.pooling) if graph.stage == FULL else features
    if graph.dense_width:
        dense = layers.Dense(graph.dense_width, activation="relu", name=DENSE)(x)
        x = width(dense, x) if width else dense
    x = dropout(x)
    return {
        head.name: _output(x, head, getattr(graph, head.labels), logits=logits)
        for head in HEADS
        if getattr(graph, head.labels)
    }


def _output(x: Any, head: Head, labels: tuple[str, ...], *, logits: bool) -> Any:
    output = layers.Dense(
        head.each * len(labels),
        activation=None if logits else head.activation,
        bias_initializer=keras.initializers.Constant(head.bias),
        name=head.name,
        dtype="float32",  # half floats would round what losses take logarithms of
    )(x)
    if logits or head.each == 1:
        return output
    # The sum over levels by stock layers, which any Keras can load.
    chances = layers.Reshape((len(labels), head.each), dtype="float32")(output)
    mean = layers.GlobalAveragePooling1D(data_format="channels_first", dtype="float32")
    return layers.Rescaling(float(head.each), dtype="float32")(mean(chances))


def expected_levels(chances: Any) -> Any:
    """Sums the chances of each level or more, (B, 5 I): the expected intensity, (B, I).

    For a whole number from 0 to 5 it is the sum over k of the chance of k or more.
    """
    return ops.sum(ops.reshape(chances, (-1, chances.shape[-1] // LEVELS, LEVELS)), -1)


def probabilities(logits: Mapping[str, Any]) -> Predictions:
    """Converts logits of ``add_head``, N rows, to predictions."""
    outputs = {
        head.name: getattr(ops, head.activation)(logits[head.name])
        for head in HEADS
        if head.name in logits
    }
    if INTENSITIES in outputs:
        outputs[INTENSITIES] = expected_levels(outputs[INTENSITIES])
    return Predictions.of(
        {name: ops.convert_to_numpy(output) for name, output in outputs.items()}
    )
