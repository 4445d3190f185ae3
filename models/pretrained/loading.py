"""Pretrained initial weights, as values for a model's layers."""

from pathlib import Path
from typing import Any

import numpy as np

from data_pipeline.system.errors import WeightsError, first_line
from models.backbones import load_backbone
from models.config.backbone_catalogue import WeightsFile
from models.config.backbone_sizes import backbone_entry
from models.config.config import GraphConfig
from models.keras_api import keras
from models.pretrained.fetching import obtain
from models.pretrained.formats import (
    Values,
    backbone_layers,
    pair_layers,
    read_values,
)
from models.pretrained.ports import read_port
from models.pretrained.saved_models import check_arrays
from models.pretrained.shelf import SHELF, find_row
from models.pretrained.sources import (
    IMAGENET,
    NONE,
    LoadedWeights,
    check_weights,
    not_downloaded,
    weights_folder,
)

DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)
"""Of ImageNet's RGB channels on a [0, 1] scale."""


def initial_weights(model: Any, graph: GraphConfig) -> Values:
    """Reads the weights that a graph's backbone starts from, if not random ones.

    Args:
        model: just assembled; reading some file formats changes its weights.
        graph: ``weights`` names their source.

    Returns:
        Values for layers of ``model``; empty for ``"none"``.

    Raises:
        WeightsError: they cannot be had or do not fit.
    """
    check_weights(graph.backbone, graph.weights)
    if graph.weights == NONE:
        return {}
    if graph.weights == IMAGENET:
        return _imagenet(model, graph)
    if graph.weights.startswith(SHELF):
        return _from_shelf(model, graph.weights)
    return _from_file(model, Path(graph.weights))


def loaded_weights(model: Any, values: Values) -> LoadedWeights:
    """Lists the backbone layers with initial weights, and those with random ones.

    Args:
        model: the assembled model.
        values: from ``initial_weights``.
    """
    names = [layer.name for layer in backbone_layers(model)]
    return LoadedWeights(
        loaded=tuple(name for name in names if name in values),
        skipped=tuple(name for name in names if name not in values),
    )


def _imagenet(model: Any, graph: GraphConfig) -> Values:
    """Reads the weights that ``keras.applications`` publishes."""
    file = backbone_entry(graph.backbone).imagenet
    application = load_backbone(graph.backbone).application
    if file is None or application is None:
        raise WeightsError(f"{graph.backbone} has no ImageNet weights")
    path = _fetch(graph.backbone, file)
    side = graph.input_size
    network = application(include_top=False, weights=None, input_shape=(side, side, 3))
    try:
        check_arrays(path)
        network.load_weights(path)
    except Exception as error:  # a broken file fails in many ways
        raise WeightsError(
            f'backbone.weights = "imagenet": {path} is not the file that Keras '
            f"publishes ({first_line(error)}); remove it to download it again"
        ) from error
    mine = backbone_layers(model)
    pairs = zip(backbone_layers(network), mine, strict=True)
    values = {own.name: _in_shapes_of(own, given) for given, own in pairs}
    for layer in mine:
        if isinstance(layer, keras.layers.Normalization):
            # Keras adds a division by sqrt(deviation) for these weights; it is folded
            # into the variance, so that the graph is the same with any weights.
            values[layer.name][1] = values[layer.name][1] * DEVIATION
    return values


def _in_shapes_of(own: Any, given: Any) -> list[np.ndarray]:
    """Returns a layer's weights in the shapes of one that holds the same numbers.

    Of ConvNeXt a kernel (h, w, 1, C) is one of (h, w, C, 1) here: the same order.
    """
    shapes = [tuple(weight.shape) for weight in own.weights]
    pairs = zip(given.get_weights(), shapes, strict=True)
    return [values.reshape(shape) for values, shape in pairs]


def _fetch(backbone: str, file: WeightsFile) -> str:
    """Returns the path of a file in Keras's folder, downloading it if needed."""
    try:
        return str(
            keras.utils.get_file(
                file.name,
                file.url,
                cache_dir=str(weights_folder().parent),
                cache_subdir="models",
                file_hash=file.digest,
            )
        )
    except Exception as error:  # Keras raises a bare one
        raise not_downloaded(backbone, file, error) from error


def _from_shelf(model: Any, weights: str) -> Values:
    """Reads a file of the shelf, which fills every layer of its backbone."""
    row = find_row(weights)
    path = obtain(row)
    mine = backbone_layers(model)
    names = [layer.name for layer in mine]
    values = pair_layers(read_port(row.backbone, path, names), mine)
    if missing := [name for name in names if name not in values]:
        raise WeightsError(
            f'backbone.weights = "{weights}" does not fit these layers of '
            f'{row.backbone}: {", ".join(missing)}; set backbone.weights = "none"'
        )
    return values


def _from_file(model: Any, path: Path) -> Values:
    """Reads the backbone of a file."""
    mine = backbone_layers(model)
    try:
        values = read_values(path, model)
    except WeightsError:
        raise
    except Exception as error:  # a broken file fails in many ways
        raise WeightsError(
            f"backbone.weights: {path} cannot be read as a model "
            f"({first_line(error)}); export it again, or set backbone.weights = "
            '"none"'
        ) from error
    if not values:
        raise WeightsError(
            f"backbone.weights: no layer of {path} fits the {len(mine)} layers of this "
            f"backbone by name and shape; start from a model with the same "
            f'backbone.name and sizes, or set backbone.weights = "none"'
        )
    return values
