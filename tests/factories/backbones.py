"""Networks whose rows differ, as trained ones' do, and the laws of what they say.

Fresh batch statistics, mean 0 and variance 1, let the features of a deep network die
out layer by layer: all rows look alike, and no law of rows could fail. Those of very
few rows are hardly better: they magnify how floats are rounded.
"""

import json
import zipfile

import keras
import numpy as np

from models.network.heads import probabilities
from models.training.saving import copy_weights, plain_model
from tests.factories.models import SIDE, pictures

SETTLED_ON = 16
LEAST_SPREAD = 0.1
TOLERANCE = 5e-3
"""Of the spread over rows: floats of deep networks differ by less, rows by more."""


def faces(rows, side, channels=1):
    """Takes raw pixels of some of the pictures that networks are settled on.

    Of any side: small ones are cut out. Others may lie far from these, and a deep
    network magnifies that.
    """
    drawn = pictures(SETTLED_ON, channels=channels, side=max(side, SIDE)).images
    return np.ascontiguousarray(drawn[:rows, :side, :side])


def settle(model):
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


def numbers(outputs):
    """Turns a model's outputs into arrays, keyed by head."""
    return {name: keras.ops.convert_to_numpy(rows) for name, rows in outputs.items()}


def logits(model, images):
    """Predicts rows as one batch."""
    return numbers(model(images.astype(np.float32), training=False))


def assert_same(found, expected):
    """Compares rows to what they differ by, which must not be nothing."""
    assert found.shape == expected.shape
    assert found.dtype == expected.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=0, atol=_allowed(expected))


def assert_rows_apart(model, images, alone):
    """Compares a batch with its reverse, and with single rows."""
    together, turned = logits(model, images), logits(model, images[::-1])
    single = [logits(model, images[row : row + 1]) for row in alone]
    for name, rows in together.items():
        assert_same(turned[name][::-1], rows)
        for row, outputs in zip(alone, single, strict=True):
            whole = rows.copy()
            whole[row] = outputs[name]
            assert_same(whole, rows)


def settle_apart(compiled, config, images):
    """Settles a model, with the first seed by which the outputs of rows differ."""
    for seed in range(1, 20):
        compiled.reset(config.runtime, seed)
        settle(compiled.model)
        outputs = probabilities(logits(compiled.model, images))
        heads = [outputs.emotion, outputs.action_units]
        if min(float(np.ptp(head, axis=0).max()) for head in heads) > 2 * LEAST_SPREAD:
            return
    raise AssertionError("no seed of 19 sets the rows apart")


def assert_exported(model, config, images, path):
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

    assert images.dtype == np.uint8
    assert all(module.split(".")[0] == "keras" for module in modules)
    for ours, theirs in zip(plain.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(theirs, ours)
    assert {name: rows.shape for name, rows in found.items()} == {
        "emotion": (len(images), len(graph.emotions)),
        "action_units": (len(images), len(graph.action_units)),
    }
    for name, rows in found.items():
        assert_same(rows, getattr(expected, name))


def _allowed(rows):
    spread = float(np.ptp(rows, axis=0).max())
    assert spread > LEAST_SPREAD
    return TOLERANCE * spread


def _layers(model, kind):
    return [layer for layer in model.layers if isinstance(layer, kind)]


def _set(layers, name, values):
    for layer, value in zip(layers, values, strict=True):
        setattr(layer, name, value)


def _values(tree, key):
    """Finds every value under a key of nested lists and dicts."""
    if isinstance(tree, dict):
        if key in tree:
            yield tree[key]
        tree = list(tree.values())
    if isinstance(tree, list):
        for item in tree:
            yield from _values(item, key)
