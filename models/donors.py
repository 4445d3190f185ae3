"""Initial weights that are taken from elsewhere, as values for a model's layers."""

import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np

from data_pipeline.errors import WeightsError
from models.backbones import BACKBONES
from models.catalogue import BACKBONE_FACTS, WeightsFile
from models.config import Structure
from models.heads import POOL
from models.normalization import STANDARDIZE, is_standardized
from models.settings import DEVELOPMENT, OWN
from models.weights import (
    IMAGENET,
    NONE,
    Taken,
    check_weights,
    not_downloaded,
    weights_folder,
)

Values = dict[str, list[np.ndarray]]
"""A layer's name to its weights, in the layer's order."""

RGB, KERNEL = 3, 4
"""Colours, and the axes of a kernel: height, width, channels, filters."""

DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)
"""Of ImageNet's RGB channels on a [0, 1] scale."""


def initial_weights(model: Any, structure: Structure) -> Values:
    """Reads the weights that a Structure's backbone starts from, if not random ones.

    Args:
        model: the assembled model; its present weights do not matter.
        structure: ``weights`` says where they come from.

    Returns:
        Values for layers of ``model``; empty for ``"none"``.

    Raises:
        WeightsError: they cannot be had or do not fit.
    """
    check_weights(structure.backbone, structure.weights)
    if structure.weights == NONE:
        return {}
    if structure.weights == IMAGENET:
        return _imagenet(model, structure)
    return _from_file(model, Path(structure.weights))


def taken(model: Any, values: Values) -> Taken:
    """Says which layers of a backbone have initial weights, and which are drawn."""
    names = [layer.name for layer in backbone_layers(model)]
    return Taken(
        taken=tuple(name for name in names if name in values),
        left=tuple(name for name in names if name not in values),
    )


def backbone_layers(model: Any) -> list[Any]:
    """Lists a model's layers with weights that come before the head.

    Args:
        model: of this project: trained, exported, or a bare backbone.

    Returns:
        The layers in the graph's order, augmentation and normalization left out.
    """
    layers = []
    for layer in model.layers:
        if layer.name == POOL:
            break
        if layer.weights and layer.name not in ("augment", STANDARDIZE):
            layers.append(layer)
    return layers


def _imagenet(model: Any, structure: Structure) -> Values:
    """Takes the weights that ``keras.applications`` publishes."""
    file = BACKBONE_FACTS[structure.backbone].imagenet
    application = BACKBONES[structure.backbone].application
    if file is None or application is None:
        raise WeightsError(f"{structure.backbone} has no ImageNet weights")
    path = _fetch(structure.backbone, file)
    side = structure.image_size
    donor = application(include_top=False, weights=None, input_shape=(side, side, 3))
    donor.load_weights(path)
    values = _by_position(backbone_layers(donor), backbone_layers(model))
    for layer in backbone_layers(model):
        if isinstance(layer, keras.layers.Normalization):
            # Keras adds a division by sqrt(deviation) for these weights; it is folded
            # into the variance, so that the graph is the same with any weights.
            values[layer.name][1] = values[layer.name][1] * DEVIATION
    return values


def _fetch(backbone: str, file: WeightsFile) -> str:
    """Finds a file in Keras's folder, or downloads it there."""
    try:
        return str(
            keras.utils.get_file(
                file.name,
                file.url,
                cache_dir=str(weights_folder().parent),
                cache_subdir="models",
                file_hash=file.md5,
            )
        )
    except Exception as error:  # Keras raises a bare one
        raise not_downloaded(backbone, file, error) from error


def _from_file(model: Any, path: Path) -> Values:
    """Takes the backbone of an exported model."""
    read = _read_keras if path.suffix == ".keras" else _read_h5
    mine = backbone_layers(model)
    try:
        values = read(path, model)
    except WeightsError:
        raise
    except Exception as error:  # a broken file fails in many ways
        raise WeightsError(
            f"backbone.weights: {path} cannot be read as a model ({error}); export it "
            f'again, or set backbone.weights = "none"'
        ) from error
    if not values:
        raise WeightsError(
            f"backbone.weights: no layer of {path} fits the {len(mine)} layers of this "
            f"backbone by name and shape; start from a model with the same "
            f'backbone.name and sizes, or set backbone.weights = "none"'
        )
    return values


def _read_keras(path: Path, model: Any) -> Values:
    """Pairs layers by position where all fit, else by name and shape."""
    donor = keras.saving.load_model(path, compile=False)
    _check_scale(path, donor, model)
    theirs, mine = backbone_layers(donor), backbone_layers(model)
    if len(theirs) == len(mine):
        paired = zip(theirs, mine, strict=True)
        placed = {own.name: _recoloured(given, own) for given, own in paired}
        if all(_fits(placed[own.name], own) for own in mine):
            return placed
    given = {layer.name: layer for layer in theirs}
    shared = [own for own in mine if own.name in given]
    named = {own.name: _recoloured(given[own.name], own) for own in shared}
    return {own.name: named[own.name] for own in shared if _fits(named[own.name], own)}


def _fits(values: list[np.ndarray], layer: Any) -> bool:
    return [value.shape for value in values] == _shapes(layer)


def _recoloured(given: Any, own: Any) -> list[np.ndarray]:
    """Takes a layer's weights, as a grey or coloured input needs them.

    A kernel that saw red, green and blue is summed for grey, and one that saw grey is
    divided among three: on a grey picture both give what they gave.
    """
    values: list[np.ndarray] = given.get_weights()
    for index, (value, shape) in enumerate(zip(values, _shapes(own), strict=False)):
        if value.ndim == KERNEL == len(shape):
            if value.shape[2] == RGB and shape[2] == 1:
                values[index] = value.sum(axis=2, keepdims=True)
            elif value.shape[2] == 1 and shape[2] == RGB:
                values[index] = np.repeat(value / RGB, RGB, axis=2)
    return values


def _check_scale(path: Path, donor: Any, model: Any) -> None:
    """Refuses weights that were trained on pixels of another scale."""
    if is_standardized(donor) == is_standardized(model):
        return
    theirs = DEVELOPMENT if is_standardized(donor) else OWN
    raise WeightsError(
        f"backbone.weights: {path} was trained with backbone.normalization = "
        f'"{theirs}", so its weights expect such pixels; set the same here, or '
        f'backbone.weights = "none"'
    )


def _read_h5(path: Path, model: Any) -> Values:
    """Loads a file without names into the layers it was saved from.

    Such a file pairs layers by kind and number only, so a part of a backbone would
    land in the wrong place: the whole of it has to fit.
    """
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


def _by_position(theirs: list[Any], mine: list[Any]) -> Values:
    return {
        own.name: given.get_weights() for given, own in zip(theirs, mine, strict=True)
    }


def _shapes(layer: Any) -> list[tuple[int, ...]]:
    return [tuple(weight.shape) for weight in layer.weights]


def _same(first: list[np.ndarray], second: list[np.ndarray]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
