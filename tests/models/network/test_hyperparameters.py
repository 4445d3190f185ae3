"""Each runtime hyperparameter is a weight of model or optimizer, and it matters."""

import dataclasses

import keras
import numpy as np
import pytest

from data_pipeline.labels.labels import DIMENSIONS
from models.config.config import RuntimeHyperparameters, SharedGraph
from models.network.model import ExpressionModel
from models.training.epoch import Part
from models.training.trainer import Trainer
from tests.factories.models import UNITS, configured, pictures

BASE = {
    "training__optimizer": "adamw",
    "training__learning_rate": 1e-3,
    "training__weight_decay": 1e-3,
    "head__dropout": 0.2,
    "regularization__l1": 1e-5,
    "regularization__l2": 1e-4,
    "loss__au_weight": 1.0,
    "loss__au_intensity_weight": 1.0,
    "loss__intensity": "squared",
    "loss__valence_arousal_weight": 1.0,
    "loss__ccc_share": 0.5,
    "loss__label_smoothing": 0.1,
    "loss__focal_gamma": 0.0,
    "augmentation__strength": 0.3,
    "training__ema": 0.9,
}
SGD = {"training__optimizer": "sgd"}
SHARP = {"training__sam_rho": 0.05}
CHANGES = {
    "dense_units": {"head__dense_units": 4},
    "optimizer": {"training__optimizer": "lion"},
    "learning_rate": {"training__learning_rate": 2e-3},
    "weight_decay": {"training__weight_decay": 0.5},
    "dropout": {"head__dropout": 0.5},
    "l1": {"regularization__l1": 1e-3},
    "l2": {"regularization__l2": 1e-2},
    "au_weight": {"loss__au_weight": 2.0},
    "au_intensity_weight": {"loss__au_intensity_weight": 3.0},
    "intensity_loss": {"loss__intensity": "ordinal"},
    "valence_arousal_weight": {"loss__valence_arousal_weight": 3.0},
    "ccc_share": {"loss__ccc_share": 0.9},
    "label_smoothing": {"loss__label_smoothing": 0.3},
    "focal_gamma": {"loss__focal_gamma": 2.0},
    "augmentation": {"augmentation__strength": 0.9},
    "clip_norm": {"training__clip_norm": 1e-3},
    "momentum": {"training__momentum": 0.5},
    "nesterov": {"training__nesterov": "no"},
    "sam_rho": {"training__sam_rho": 0.5},
}
UNDER = {"momentum": SGD, "nesterov": SGD, "sam_rho": SHARP}
"""What else a hyperparameter needs to have an effect."""

AFTER = {"ema"}
"""Hyperparameters that change predictions, not the training: see test_ema."""
SHARED = SharedGraph(
    dense_width=8,
    dense_optional=True,
    weight_averaging=True,
    sharpness_aware=True,
    standardized=True,
)
"""One graph for every value, as the trials of a space have it."""

HEADS = {"dimensions": DIMENSIONS, "intensities": UNITS}

PART = Part(train=np.arange(24), validation=None)


@pytest.fixture(name="trainer", scope="module")
def _trainer():
    return Trainer()


def _config(**changes):
    return configured(**HEADS, shared=SHARED, **{**BASE, **changes})


def _losses(trainer, **changes):
    config = _config(**changes)
    arrays = pictures(**HEADS)
    return [s.loss for s in trainer.fit(config, arrays, PART, seed=1)]


def test_each_hyperparameter_has_a_case():
    """The table of changes misses no hyperparameter."""
    assert set(CHANGES) | AFTER == {
        field.name for field in dataclasses.fields(RuntimeHyperparameters)
    }


@pytest.mark.parametrize("name", CHANGES)
def test_another_value_changes_the_loss(trainer, name):
    """Another value, another loss after two epochs; the old value, the old loss."""
    under = UNDER.get(name, {})
    before = _losses(trainer, **under)

    assert _losses(trainer, **under | CHANGES[name])[-1] != before[-1]
    assert _losses(trainer, **under) == before


@pytest.mark.parametrize("preset", ["ferplus_vgg13", "affectnet_cage"])
def test_another_preset_changes_the_loss(trainer, preset):
    """A preset is numbers of one variable: it trains otherwise, on the same graph."""
    assert _losses(trainer, augmentation__preset=preset)[-1] != _losses(trainer)[-1]
    assert trainer.timings.built == trainer.timings.traced == 0.0


@pytest.mark.slow
def test_no_value_needs_a_new_graph(trainer, monkeypatch):
    """No number, batch size, balance or count of epochs traces the step again."""
    for under in ({}, SGD, SHARP):
        _losses(trainer, **under)

    def traced(*_args, **_kwargs):
        pytest.fail("the training step was traced again")

    monkeypatch.setattr(ExpressionModel, "total_loss", traced)
    for name, changes in CHANGES.items():
        _losses(trainer, **UNDER.get(name, {}) | changes)
    for changes in (
        {"training__ema": 0.99},
        {"training__ema": 0.0},
        {"head__dense_units": 0},
        {"backbone__normalization": "development"},
    ):
        _losses(trainer, **changes)
    _losses(trainer, training__epochs=3)
    if keras.backend.backend() == "tensorflow":  # others trace each shape of a batch
        for size in (2, 5, 24, 64):
            _losses(trainer, training__batch_size=size)
        _losses(trainer, balance="oversample")

    assert trainer.timings.built == trainer.timings.traced == 0.0


def test_training_leaves_the_variables_alone(trainer):
    """Each is among the variables of model or optimizer, and is not trained."""
    names = set()
    for under in ({}, SGD, SHARP):
        config = _config(**under)
        _losses(trainer, **under)
        model = trainer._compiled(config.graph).model  # noqa: SLF001
        held = {id(v) for v in model.variables}
        trained = {id(v) for v in model.trainable_variables}
        variables = model.runtime_variables()
        found = {id(v) for v in variables.values()}
        names |= set(variables)

        assert len(found) == len(variables)
        assert found <= held
        assert not found & trained
    assert names == {field.name for field in dataclasses.fields(RuntimeHyperparameters)}
