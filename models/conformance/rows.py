"""Networks whose rows differ, as trained ones' do, and the laws of what they say.

Fresh batch statistics, mean 0 and variance 1, let the features of a deep network die
out layer by layer: all rows look alike, and no law of rows could fail. Those of very
few rows are hardly better: they magnify how floats are rounded.
"""

import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from data_pipeline.own_code.laws import must
from models.config.config import ModelConfig
from models.conformance.pictures import SETTLED_ON, faces
from models.keras_api import keras
from models.network.augmentation import AUGMENT
from models.network.heads import probabilities
from models.network.hyperparameters import DROPOUT
from models.training.saving import copy_weights, plain_model

DROPPING = (
    keras.layers.Dropout,
    keras.layers.AlphaDropout,
    keras.layers.GaussianDropout,
)
NOISY = (keras.layers.GaussianNoise,)
"""Layers of Keras that change what they get in training, by chance."""

LEAST_SPREAD = 0.1
TOLERANCE = 5e-3
"""Of the spread over rows: floats of deep networks differ by less, rows by more.

At most 3e-4 were measured, of EfficientNet-B3; 2e-4 of B7, which has 821 layers.
"""

NUDGE = np.float32(2**-22)
"""Share by which pixels change, two places of a float, to see what becomes of it."""


def settle(model: Any) -> None:
    """Gives a model batch statistics of pictures, and outputs that differ by them.

    Logits come to mean 0 and deviation 1 over these; other weights stay as they are.

    Args:
        model: one of ``assemble``.
    """
    images = faces(SETTLED_ON, *model.input_shape[2:])
    norms = _layers(model, keras.layers.BatchNormalization)
    with _without_chance(model), _set_to(norms, "momentum", 0.0):
        model(images.astype(np.float32), training=True)
    for name, rows in logits(model, images).items():
        head = model.get_layer(name)
        kernel, bias = head.get_weights()
        mean, deviation = rows.mean(axis=0), rows.std(axis=0)
        head.set_weights([kernel / deviation, (bias - mean) / deviation])


@contextmanager
def _without_chance(model: Any) -> Iterator[None]:
    """Trains on pictures as they are: nothing is augmented, dropped or made noisy.

    Statistics of changed pictures lie far from those of the pictures themselves, and
    each block of a deep network magnifies that: by the last of EfficientNetV2-B3 a
    picture lies 1200 deviations from the mean, and how floats are rounded decides.
    """
    variables = [model.get_layer(AUGMENT).amounts, model.get_layer(DROPOUT).rate]
    before = [variable.numpy() for variable in variables]
    dropped, noisy = (_layers(model, kinds) for kinds in (DROPPING, NOISY))
    with _set_to(dropped, "rate", 0.0), _set_to(noisy, "stddev", 0.0):
        try:
            for variable, value in zip(variables, before, strict=True):
                variable.assign(np.zeros_like(value))
            yield
        finally:
            for variable, value in zip(variables, before, strict=True):
                variable.assign(value)


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


@contextmanager
def rounding_named(model: Any, images: np.ndarray) -> Iterator[None]:
    """Says of a network that magnifies rounding that no law can be tried on it.

    A hundred convolutions in a row without skips, fresh, turn the last place of a
    float into other outputs: what differs then says nothing of rows or exports.
    """
    try:
        yield
    except AssertionError:
        moved = _moved_by_rounding(model, images)
        must(
            moved <= TOLERANCE,
            f"pixels changed by {NUDGE:.0e} move outputs by {moved:.0%} of their "
            "spread: the fresh network magnifies how floats are rounded. Give it "
            "skips or fewer layers",
        )
        raise


def _moved_by_rounding(model: Any, images: np.ndarray) -> float:
    """Measures by how much outputs follow tiny changes, as a share of their spread."""
    rows = logits(model, images)
    nudged = logits(model, images.astype(np.float32) * (1 + NUDGE))
    return max(
        float(np.abs(nudged[name] - found).max() / np.ptp(found, axis=0).max())
        for name, found in rows.items()
    )


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


@contextmanager
def _set_to(layers: Sequence[Any], name: str, value: float) -> Iterator[None]:
    """Sets an attribute of layers for a while."""
    before = [getattr(layer, name) for layer in layers]
    try:
        for layer in layers:
            setattr(layer, name, value)
        yield
    finally:
        for layer, own in zip(layers, before, strict=True):
            setattr(layer, name, own)


def _values(tree: Any, key: str) -> Iterator[Any]:
    """Finds every value under a key of nested lists and dicts."""
    if isinstance(tree, dict):
        if key in tree:
            yield tree[key]
        tree = list(tree.values())
    if isinstance(tree, list):
        for item in tree:
            yield from _values(item, key)
