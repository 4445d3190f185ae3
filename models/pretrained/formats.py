"""Files that a backbone can start from: of this project, of Keras, of other projects.

Layers have names in a ``.keras`` file and in a ``.h5`` file (a whole model or only its
weights, as Keras 2 wrote them); in a ``.weights.h5`` file they have only an order.
"""

import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from data_pipeline.system.errors import WeightsError
from models.config.hyperparameters import DEVELOPMENT, OWN
from models.keras_api import keras
from models.network.augmentation import AUGMENT
from models.network.heads import POOL
from models.network.standardization import STANDARDIZE, is_standardized
from models.pretrained.saved_models import check_arrays, load_model

Values = dict[str, list[np.ndarray]]
"""A layer's name to its weights, in the layer's order."""

RGB, KERNEL = 3, 4
"""Colours, and the axes of a kernel: height, width, channels, filters."""

CAFFE = {"0": "1x1_proj", "1": "1x1_reduce", "2": "3x3", "3": "1x1_increase"}
"""Convolutions of a ResNet50 block by their number in Keras and by Caffe's names."""


def read_values(path: Path, model: Any) -> Values:
    """Reads values for the backbone layers of an assembled model, of those that fit.

    The model's weights may change on the way.

    Raises:
        WeightsError: only part of a file without names fits.
    """
    name = path.name
    if name.endswith(".weights.h5"):
        return _in_order(path, model)
    if name.endswith(".h5"):
        return pair_layers(named_h5(path), backbone_layers(model))
    return pair_layers(_named_keras(path, model), backbone_layers(model))


def backbone_layers(model: Any) -> list[Any]:
    """Lists a model's layers with weights that come before the head, in order.

    Augmentation and normalization are left out. The model may be of this project
    (trained, exported, or a bare backbone) or of another, with a nested backbone.
    """
    layers = []
    for layer in _flat(model):
        if layer.name == POOL:
            break
        if layer.weights and layer.name not in (AUGMENT, STANDARDIZE):
            layers.append(layer)
    return layers


def _flat(model: Any) -> Iterator[Any]:
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _flat(layer)
        else:
            yield layer


def _named_keras(path: Path, model: Any) -> Values:
    pretrained = load_model(path)
    if is_standardized(pretrained) != is_standardized(model):
        theirs = DEVELOPMENT if is_standardized(pretrained) else OWN
        raise WeightsError(
            f"backbone.weights: {path} was trained with backbone.normalization = "
            f'"{theirs}", so its weights expect such pixels; set the same here, or '
            f'backbone.weights = "none"'
        )
    return {layer.name: layer.get_weights() for layer in backbone_layers(pretrained)}


def named_h5(path: Path) -> Values:
    """Reads the older format: a group for each layer, weights by their own names.

    A nested model is one group; the names of its weights begin with their layers'.

    Raises:
        OSError: the file cannot be opened.
        ValueError: it refers to other files.
    """
    values: Values = {}
    check_arrays(path)
    with h5py.File(path, "r") as file:
        root = file.get("model_weights", file)
        for layer in root.attrs["layer_names"]:
            group = root[_text(layer)]
            for weight in group.attrs["weight_names"]:
                owner = _text(weight).rpartition("/")[0]
                values.setdefault(owner, []).append(np.asarray(group[_text(weight)]))
    return values


def _text(name: Any) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)


def pair_layers(given: Values, mine: list[Any]) -> Values:
    """Pairs layers by name and shape; by position where names differ and all fit.

    ``given`` has values by layer; of ``mine`` those that fit get theirs. Kernels for
    grey and for colour images are converted.
    """
    named: Values = {}
    for own in mine:
        values = _find(given, own.name)
        adapted = None if values is None else _adapted(values, own)
        if adapted is not None and _fits(adapted, own):
            named[own.name] = adapted
    if len(named) == len(mine) or len(given) != len(mine):
        return named
    pairs = zip(given.values(), mine, strict=True)
    placed = {own.name: _adapted(values, own) for values, own in pairs}
    return placed if all(_fits(placed[own.name], own) for own in mine) else named


def _find(given: Values, name: str) -> list[np.ndarray] | None:
    """Finds a layer by its name or by Caffe's, alone or below a nested model's."""
    wanted = {name, caffe_name(name)}
    for owner, values in given.items():
        if any(owner == one or owner.endswith(f"/{one}") for one in wanted):
            return values
    return None


def caffe_name(name: str) -> str:
    """Returns the name of a ResNet50 layer in models ported from Caffe, as VGGFace2's.

    Example:
        >>> caffe_name("conv3_block4_1_bn"), caffe_name("conv1_conv")
        ('conv3_4_1x1_reduce/bn', 'conv1/7x7_s2')
    """
    found = re.fullmatch(r"conv(\d)_block(\d+)_([0-3])_(conv|bn)", name)
    if found:
        stage, block, place, kind = found.groups()
        first = f"conv{stage}_{block}_{CAFFE[place]}"
    else:
        first, kind = "conv1/7x7_s2", name.removeprefix("conv1_")
    return {"conv": first, "bn": f"{first}/bn"}.get(kind, name)


def _fits(values: list[np.ndarray], layer: Any) -> bool:
    return [value.shape for value in values] == _shapes(layer)


def _adapted(values: list[np.ndarray], own: Any) -> list[np.ndarray]:
    """Converts a layer's weights to the shapes of a similar layer.

    An RGB kernel is summed for grey, and a grey one divided among three channels: on
    grey images the output stays the same. A missing convolution bias becomes 0.
    """
    shapes = _shapes(own)
    changed = [_recoloured(v, shape) for v, shape in zip(values, shapes, strict=False)]
    if len(values) == 1 and len(shapes) == 2 and len(shapes[0]) == KERNEL:  # noqa: PLR2004
        changed.append(np.zeros(shapes[1], values[0].dtype))
    return changed + values[len(shapes) :]


def _recoloured(value: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    if value.ndim == KERNEL == len(shape):
        if value.shape[2] == RGB and shape[2] == 1:
            return np.asarray(value.sum(axis=2, keepdims=True))
        if value.shape[2] == 1 and shape[2] == RGB:
            return np.repeat(value / RGB, RGB, axis=2)
    return value


def _in_order(path: Path, model: Any) -> Values:
    """Loads a file without names; the whole backbone has to fit.

    Such a file pairs layers by kind and number only, so that a part of a backbone
    would land in the wrong place.
    """
    check_arrays(path)
    mine = backbone_layers(model)
    twin = keras.Model(model.inputs, model.get_layer(POOL).output)
    kept = [layer.get_weights() for layer in mine]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the head's layers need not fit
        twin.load_weights(path, skip_mismatch=True)
    values = {layer.name: layer.get_weights() for layer in mine}
    for layer, before in zip(mine, kept, strict=True):
        if "kernel" in {w.name for w in layer.weights} and _same(
            before, values[layer.name]
        ):
            raise WeightsError(
                f"backbone.weights: {path} does not fit layer {layer.name}; a "
                f".weights.h5 file has to hold this very backbone (a .keras file may "
                f'share a part of it), or set backbone.weights = "none"'
            )
    return values


def _shapes(layer: Any) -> list[tuple[int, ...]]:
    return [tuple(weight.shape) for weight in layer.weights]


def _same(first: list[np.ndarray], second: list[np.ndarray]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
