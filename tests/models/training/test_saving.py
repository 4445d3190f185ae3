"""An exported model loads without this project."""

import json
import subprocess
import sys

import keras
import numpy as np
import pytest

from data_pipeline.labels.labels import DIMENSIONS
from models.calibration.calibration import Calibration
from models.config.config import SharedGraph
from models.features.backbones import Backbones
from models.metrics.predictions import HEADS, Predictions
from models.training import trainer as trainer_module
from models.training.epoch import Part
from models.training.initialization import SEED_STATE
from models.training.saving import BYTES, calibrate, latency_ms, plain_model
from models.training.trainer import Trainer
from tests.factories.models import UNITS, configured, pictures

LOADER = """
import json, sys
import keras, numpy as np
for name in sys.argv[1:]:
    model = keras.saving.load_model(name + ".keras")
    found = model.predict(np.load(name + ".npy"), verbose=0)
    print(json.dumps({head: rows.tolist() for head, rows in found.items()}))
assert not {"models", "search", "data_pipeline"} & set(sys.modules)
"""


def _exported(folder, channels):
    """Trains and exports a model; returns its predictions."""
    trainer = Trainer()
    heads = {"dimensions": DIMENSIONS, "intensities": ("AU12",)}
    arrays = pictures(channels=channels, **heads)
    config = configured(
        channels=channels, **heads, head__dropout=0.4, training__epochs=1
    )
    part = Part(train=np.arange(24), validation=None)
    list(trainer.fit(config, arrays, part, seed=1))
    trainer.export(config, folder / f"{channels}.keras")
    np.save(folder / f"{channels}.npy", arrays.images)
    return trainer.predict(config, arrays.images)


@pytest.mark.slow
def test_a_stranger_loads_it(tmp_path):
    """Plain Keras in another folder and process predicts the same within 1e-6."""
    expected = [_exported(tmp_path, channels) for channels in (1, 3)]
    command = [sys.executable, "-I", "-c", LOADER, "1", "3"]
    run = subprocess.run(  # noqa: S603 - our own interpreter and script
        command, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    lines = [line for line in run.stdout.splitlines() if line.startswith("{")]

    for line, wanted in zip(lines, expected, strict=True):
        found = json.loads(line)
        for name in HEADS:
            np.testing.assert_allclose(found[name], getattr(wanted, name), atol=1e-6)
        assert np.abs(found["valence_arousal"]).max() <= 1
        assert np.ptp(found["action_unit_intensities"]) > 0


@pytest.mark.slow
def test_a_head_without_a_dense_layer(tmp_path):
    """A model without a dense layer trains, exports and predicts alike."""
    trainer, arrays = Trainer(), pictures()
    config = configured(head__dense_units=0, training__epochs=1)
    part = Part(train=np.arange(16), validation=np.arange(16, 24))
    (score,) = trainer.fit(config, arrays, part, seed=1)
    trainer.export(config, tmp_path / "model.keras")
    model = keras.saving.load_model(tmp_path / "model.keras")
    found = model.predict(arrays.images, verbose=0)

    assert "dense" not in {layer.name for layer in model.layers}
    assert model.get_layer("emotion").input.shape == (None, 8)
    assert np.isfinite(score.loss)
    for name in ("emotion", "action_units"):
        here = getattr(trainer.predict(config, arrays.images), name)
        np.testing.assert_allclose(found[name], here, atol=1e-6)
        values = getattr(score.predictions, name)
        np.testing.assert_allclose(found[name][16:], values, atol=1e-6)


def test_numbers_are_frozen_into_stock_layers():
    """The export has a plain Dropout with the configured rate, and no augmentation."""
    model = plain_model(configured(head__dropout=0.4, augmentation__strength=1.0))

    assert model.get_layer("dropout").get_config()["rate"] == 0.4
    assert "augment" not in {layer.name for layer in model.layers}


@pytest.mark.parametrize("dense", [0, 8])
def test_a_calibrated_export_predicts_calibrated_probabilities(dense):
    """Its outputs are those of the plain one, corrected; other heads stay."""
    config = configured(
        head__dense_units=dense, intensities=("AU12",), dimensions=DIMENSIONS
    )
    keras.utils.set_random_seed(4)
    model, images = plain_model(config), pictures().images
    calibration = Calibration(temperature=1.7, units={"AU12": (0.6, -0.4)})
    before = Predictions.of(model.predict(images, verbose=0))
    calibrate(model, calibration, UNITS)
    found = Predictions.of(model.predict(images, verbose=0))
    wanted = calibration.apply(before, UNITS)

    assert UNITS == ("AU1", "AU12")
    for head, right in zip(found.heads(), wanted.heads(), strict=True):
        np.testing.assert_allclose(head, right, atol=1e-6)
    for name in ("emotion", "action_units"):
        assert np.abs(getattr(found, name) - getattr(before, name)).max() > 1e-3


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"head__dense_units": 0},
        {"head__dense_units": 4, "shared": SharedGraph(dense_width=8)},
        {"backbone__normalization": "development"},
        {"backbone__name": "mobilenet_v3_small", "side": 32, "finetune__blocks": 1},
    ],
    ids=str,
)
def test_a_cost_is_that_of_the_export(changes):
    """Weights are counted before training as the exported model will have them."""
    config = configured(**changes)
    cost, plain = Trainer().cost(config), plain_model(config)
    assert cost.parameters == _numbers(plain.trainable_weights)
    assert cost.model_bytes == BYTES * _numbers(plain.weights)


def test_a_frozen_backbone_counts(tmp_path):
    """A head's model has the weights of the backbone below it."""
    config = configured(finetune__stage="features")
    find = Backbones(tmp_path / "images-0.npy").find
    cost = Trainer(find_backbone=find).cost(config)
    whole = Trainer().cost(configured())
    assert cost == whole


def test_a_latency_is_measured_once_a_graph(monkeypatch):
    """Trials of one graph share its latency; another graph has its own."""
    trainer, timed = Trainer(), []
    monkeypatch.setattr(
        trainer_module, "latency_ms", lambda config: timed.append(config) or len(timed)
    )
    first, other = configured(), configured(backbone__filters=16)
    again = configured(training__learning_rate=0.5)
    cost = trainer.cost(first)
    found = [trainer.timed(cost, each).latency_ms for each in (first, again, other)]
    assert found == [1, 1, 2]


def test_a_latency_is_that_of_one_image():
    """It is a few milliseconds for a small model, and the warm-up is left out."""
    assert 0.01 < latency_ms(configured()) < 1000


def _numbers(weights):
    return sum(int(np.prod(w.shape)) for w in weights if w.name != SEED_STATE)
