"""Networks whose rows differ, as trained ones' do, and the laws of what they say.

Fresh batch statistics, mean 0 and variance 1, let the features of a deep network die
out layer by layer: all rows look alike, and no law of rows could fail. Those of very
few rows are hardly better: they magnify how floats are rounded.
"""

import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from data_pipeline.own_code.laws import must
from models.config.config import ModelConfig
from models.conformance.pictures import SETTLED_ON, faces
from models.keras_api import keras
from models.network.heads import probabilities
from models.training.saving import copy_weights, plain_model

LEAST_SPREAD = 0.1
TOLERANCE = 5e-3
"""Of the spread over rows: floats of deep networks differ by less, rows by more."""


def settle(model: Any) -> None:
    """Gives a model batch statistics of pictures, and outputs that differ by them.

    Logits come to mean 0 and deviation 1 over these; other weights stay as they are.

    Args:
        model: one of ``assemble``.
    """
    images = faces(SETTLED_ON, *model.input_shape[2:])
    norms = _layers(model, keras.layers.BatchNormalization)
    drops = _layers(model, keras.layers.Dropout)
    variable = model.get_layer("dropout").rate
    momenta = [layer.momentum for layer in norms]
    rates, rate = [layer.rate for layer in drops], float(variable.numpy())
    _set(norms, "momentum", [0.0] * len(norms))
    _set(drops, "rate", [0.0] * len(drops))
    variable.assign(0.0)
    model(images.astype(np.float32), training=True)
    _set(norms, "momentum", momenta)
    _set(drops, "rate", rates)
    variable.assign(rate)
    # Of the network as it predicts: of a deep one that is far from how it trains.
    for name, rows in logits(model, images).items():
        head = model.get_layer(name)
        kernel, bias = head.get_weights()
        mean, deviation = rows.mean(axis=0), rows.std(axis=0)
        head.set_weights([kernel / deviation, (bias - mean) / deviation])


def numbers(outputs: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Turns a model's outputs into arrays, keyed by head."""
    return {name: keras.ops.convert_to_numpy(rows) for name, rows in outputs.items()}


def logits(model: Any, images: np.ndarray) -> dict[str, np.ndarray]:
    """Predicts rows as one batch."""
    return numbers(model(images.astype(np.float32), training=False))


def assert_same(found: np.ndarray, expected: np.ndarray) -> None:
    """Compares rows to what they differ by, which must not be nothing."""
    must(found.shape == expected.shape, f"shapes {found.shape}, {expected.shape}")
    kinds = {found.dtype, expected.dtype}
    must(kinds == {np.dtype(np.float32)}, f"types {kinds}")
    np.testing.assert_allclose(found, expected, rtol=0, atol=_allowed(expected))


def assert_rows_apart(model: Any, images: np.ndarray, alone: Sequence[int]) -> None:
    """Compares a batch with its reverse, and with single rows."""
    together, turned = logits(model, images), logits(model, images[::-1])
    single = [logits(model, images[row : row + 1]) for row in alone]
    for name, rows in together.items():
        assert_same(turned[name][::-1], rows)
        for row, outputs in zip(alone, single, strict=True):
            whole = rows.copy()
            whole[row] = outputs[name]
            assert_same(whole, rows)


def settle_apart(compiled: Any, config: ModelConfig, images: np.ndarray) -> None:
    """Settles a model, with the first seed by which the outputs of rows differ."""
    for seed in range(1, 20):
        compiled.reset(config.runtime, seed)
        settle(compiled.model)
        outputs = probabilities(logits(compiled.model, images))
        heads = [head for head in outputs.heads() if head is not None]
        if min(float(np.ptp(head, axis=0).max()) for head in heads) > 2 * LEAST_SPREAD:
            return
    must(holds=False, found="no seed of 19 sets the rows apart")


def assert_exported(
    model: Any, config: ModelConfig, images: np.ndarray, path: Path
) -> None:
    """Exports a model; the file is of stock layers and predicts the same."""
    plain = plain_model(config)
    copy_weights(model.layers, plain, config)
    plain.save(path)
    with zipfile.ZipFile(path) as file:
        text = json.loads(file.read("config.json"))
    modules = set(_values(text, "module")) - {None, "builtins"}
    loaded = keras.saving.load_model(path)
    found = numbers(loaded(images, training=False))
    expected = probabilities(logits(model, images))
    graph = config.graph

    foreign = {name for name in modules if name.split(".")[0] != "keras"}
    must(not foreign, f"layers of {', '.join(foreign)}")
    for ours, theirs in zip(plain.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(theirs, ours)
    shapes = {
        "emotion": (len(images), len(graph.emotions)),
        "action_units": (len(images), len(graph.action_units)),
    }
    must({n: rows.shape for n, rows in found.items()} == shapes, f"outputs {found}")
    for name, rows in found.items():
        assert_same(rows, getattr(expected, name))


def _allowed(rows: np.ndarray) -> float:
    spread = float(np.ptp(rows, axis=0).max())
    must(spread > LEAST_SPREAD, f"rows that differ by {spread} only")
    return TOLERANCE * spread


def _layers(model: Any, kind: Any) -> list[Any]:
    return [layer for layer in model.layers if isinstance(layer, kind)]


def _set(layers: Sequence[Any], name: str, values: Sequence[float]) -> None:
    for layer, value in zip(layers, values, strict=True):
        setattr(layer, name, value)


def _values(tree: Any, key: str) -> Iterator[Any]:
    """Finds every value under a key of nested lists and dicts."""
    if isinstance(tree, dict):
        if key in tree:
            yield tree[key]
        tree = list(tree.values())
    if isinstance(tree, list):
        for item in tree:
            yield from _values(item, key)
