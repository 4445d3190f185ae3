"""An exported network cut in two at its last convolutional map."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from models.explanation.grad_cam.cells import Shift, measured_shift
from models.keras_api import keras, layers, ops
from models.network.heads import HEADS, LEVELS

LEAST_CELLS = 4
"""Cells a side that a map needs to say where something is."""

CONVOLUTIONS = (layers.Conv2D, layers.DepthwiseConv2D, layers.SeparableConv2D)
MAP_RANK = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CutNetwork:
    """Both parts of a network.

    Attributes:
        front: from raw pixels (B, S, S, C) to the map, (B, h, w, F).
        back: from the map to each output before its softmax, sigmoid or tanh, (B, K).
        shift: how far the map's cells look beside an even grid.
    """

    front: Any
    back: Any
    shift: Shift


def networks_in(model: Any) -> tuple[Any, ...]:
    """Returns the models that an ensemble averages, or the model itself."""
    inner = (each for each in model.layers if isinstance(each, keras.Model))
    return tuple(inner) or (model,)


def head_names(model: Any) -> tuple[str, ...]:
    """Names a model's heads in the order of its outputs."""
    return tuple(head.name for head in HEADS if head.name in model.output)


def cut_network(model: Any) -> CutNetwork | None:
    """Cuts a network behind its last convolutional map that says where something is.

    Such a map has ``LEAST_CELLS`` a side or more, and all that reaches the outputs
    comes from it. Returns ``None`` where there is none.
    """
    scores = _scores(model)
    for features in _maps(model):
        try:
            back = keras.Model(features, scores)
        except ValueError:  # something reaches the outputs past this map
            continue
        front = keras.Model(model.input, features)
        return CutNetwork(front=front, back=back, shift=measured_shift(front))
    return None


def _maps(model: Any) -> Iterator[Any]:
    """Yields the maps at and behind the first convolution, the last one first."""
    kinds = [isinstance(layer, CONVOLUTIONS) for layer in model.layers]
    if not any(kinds):
        return
    for layer in reversed(model.layers[kinds.index(True) :]):
        shape = getattr(layer.output, "shape", ())
        if len(shape) == MAP_RANK and min(shape[1:3]) >= LEAST_CELLS:
            yield layer.output


def _scores(model: Any) -> Any:
    """Joins the heads' outputs before their activations, (B, K).

    Gradients behind an activation vanish where a model is sure.
    """
    heads = [_score(model, name) for name in head_names(model)]
    return heads[0] if len(heads) == 1 else layers.Concatenate()(heads)


def _score(model: Any, name: str) -> Any:
    """Returns one head's; the mean over the levels of an intensity."""
    layer = model.get_layer(name)
    config = layer.get_config()
    linear = layers.Dense.from_config(
        {**config, "name": f"{name}_score", "activation": "linear"}
    )
    scores = linear(layer.input)
    linear.set_weights(layer.get_weights())
    count = model.output[name].shape[-1]
    if scores.shape[-1] == count:
        return scores
    return ops.mean(ops.reshape(scores, (-1, count, LEVELS)), axis=-1)
