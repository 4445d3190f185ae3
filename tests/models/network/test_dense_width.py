"""A graph with the widest dense layer stands for every narrower one, and for none."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from models.config.config import SharedGraph, model_config
from models.network.heads import DENSE
from models.training.batches import TrainingRows
from models.training.compiled_model import CompiledModel
from tests.factories.models import data_spec, pictures, small_values

ROWS = np.arange(16)
ARRAYS = pictures(24)
WIDEST = 12
SHARED = SharedGraph(
    dense_width=WIDEST,
    dense_optional=True,
    weight_averaging=True,
    sharpness_aware=True,
)
NUMBERS = {
    # Dropout draws for each unit of the widest layer, so that its masks would differ.
    "head__dropout": 0.0,
    "regularization__l1": 1e-3,
    "regularization__l2": 1e-2,
    "training__learning_rate": 1e-2,
}


def _config(units, *, shared, **values):
    keys = small_values(**NUMBERS, head__dense_units=units, **values)
    spec = data_spec()
    return model_config(keys, replace(spec, shared=SHARED) if shared else spec)


def _trained(compiled, config, epochs=3):
    compiled.reset(config.runtime, seed=3)
    rows = TrainingRows(ARRAYS, ROWS, config, 3)
    return [compiled.train(rows.batches(epoch))[0] for epoch in range(1, epochs + 1)]


@pytest.fixture(name="wide", scope="module")
def _wide():
    return CompiledModel(_config(WIDEST, shared=True).graph)


@pytest.mark.parametrize("units", [0, 1, 5, WIDEST])
def test_it_is_a_model_of_that_width(wide, units, tmp_path):
    """Losses of three epochs, predictions, export and size are those of that width."""
    config, own = (_config(units, shared=shared) for shared in (True, False))
    assert config.graph == wide.graph
    narrow = CompiledModel(own.graph)

    np.testing.assert_allclose(_trained(wide, config), _trained(narrow, own), rtol=1e-4)
    found, expected = (one.predict(ARRAYS.images) for one in (wide, narrow))
    np.testing.assert_allclose(found.emotion, expected.emotion, atol=1e-4)
    wide.export(config, tmp_path / "model.keras")
    exported = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    again = np.asarray(exported.predict_on_batch(ARRAYS.images)["emotion"])
    np.testing.assert_allclose(again, found.emotion, atol=1e-5)
    dense = [layer.units for layer in exported.layers if layer.name == DENSE]
    assert dense == ([units] if units else [])
    assert wide.model.parameters(units) == narrow.model.parameters(units)


def test_unused_units_stay_zero(wide):
    """Neither steps nor penalties nor decay move a weight beyond the width."""
    config = _config(
        5, shared=True, training__optimizer="adamw", training__weight_decay=0.1
    )
    _trained(wide, config)
    kernel, bias = wide.model.get_layer(DENSE).get_weights()
    outputs, _ = wide.model.get_layer("emotion").get_weights()

    assert np.count_nonzero(kernel[:, 5:]) == np.count_nonzero(bias[5:]) == 0
    assert np.count_nonzero(outputs[5:]) == 0
    assert np.count_nonzero(kernel[:, :5]) > 0
    assert np.count_nonzero(outputs[:5]) > 0


def test_what_is_off_changes_nothing(wide):
    """With an average of momentum 0 and a radius of 0 steps are those without both."""
    config = _config(5, shared=True)
    without = {"weight_averaging": False, "sharpness_aware": False}
    neither = replace(config, graph=replace(config.graph, **without))
    plain = CompiledModel(neither.graph)

    assert _trained(wide, config) == _trained(plain, neither)
    first, second = (one.predict(ARRAYS.images) for one in (wide, plain))
    assert np.array_equal(first.emotion, second.emotion)
