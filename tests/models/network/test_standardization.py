"""Pixels by the training rows' mean and deviation: whose, and where they go."""

import json
import zipfile
from dataclasses import replace

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.system.errors import WeightsError
from models.backbones import load_backbone
from models.backbones.pixel_scale import ChannelStatistics
from models.config.backbone_catalogue import BACKBONES
from models.config.config import SharedGraph, model_config
from models.conformance.rows import assert_same, faces, logits, settle
from models.network.model import ExpressionModel, assemble
from models.network.standardization import (
    Standardize,
    channel_statistics,
    standardize,
)
from models.pretrained.loading import initial_weights
from models.pretrained.sources import check_graph
from models.training.epoch import Part
from models.training.initialization import initialize
from models.training.saving import copy_weights, plain_model
from models.training.trainer import Trainer
from tests.factories.models import (
    SIDE,
    configured,
    data_spec,
    graph_config,
    pictures,
    small_values,
)

ROWS = 24
PART = Part(train=np.arange(16), validation=np.arange(16, ROWS))
DEVELOPMENT = {"backbone__normalization": "development"}
EQUAL = ["residual_cnn", "mobilenet", "resnet50", "densenet121", "efficientnet_b0"]
"""A backbone of each rule."""


@pytest.fixture(name="trainer", scope="module")
def _trainer():
    return Trainer()


def _fit(trainer, arrays, part=PART):
    config = configured(**DEVELOPMENT)
    return [
        (score.loss, score.predictions.emotion.tobytes())
        for score in trainer.fit(config, arrays, part, seed=1)
    ]


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 200), st.sampled_from([1, 3]), st.integers(0, 99))
def test_they_are_numpys(count, channels, seed):
    """Measured a few rows at a time, they are mean and deviation of all at once."""
    generator = np.random.default_rng(seed)
    images = generator.integers(0, 256, (200, 4, 4, channels), dtype=np.uint8)
    rows = generator.choice(200, count, replace=False)
    found = channel_statistics(images, rows)
    chosen = images[rows].astype(np.float64)

    np.testing.assert_allclose(found.mean, chosen.mean(axis=(0, 1, 2)))
    np.testing.assert_allclose(found.deviation, chosen.std(axis=(0, 1, 2)))


def test_equal_pixels_are_not_divided_by_nothing():
    """Images of one grey have a deviation of 0, which is replaced by 1."""
    images = np.full((3, 2, 2, 1), 7, np.uint8)
    found = channel_statistics(images, np.arange(3))

    assert found == ChannelStatistics(mean=(7.0,), deviation=(1.0,))


def test_standardized_pixels_have_mean_0_and_deviation_1():
    """In each channel, over the rows that were measured."""
    images = pictures(ROWS, channels=3).images
    measured, layer = channel_statistics(images, np.arange(ROWS)), Standardize(3)
    layer.set_statistics(measured)
    found = np.asarray(layer(images.astype(np.float32)))

    np.testing.assert_allclose(found.mean(axis=(0, 1, 2)), 0.0, atol=1e-5)
    np.testing.assert_allclose(found.std(axis=(0, 1, 2)), 1.0, rtol=1e-4)


def test_they_are_of_the_training_rows(trainer):
    """Other validation pixels change no loss; the layer holds the part's numbers."""
    arrays, other = pictures(ROWS), pictures(ROWS)
    other.images[16:] //= 2
    first, second = _fit(trainer, arrays), _fit(trainer, other)
    model = trainer._compiled(graph_config(**DEVELOPMENT)).model  # noqa: SLF001
    expected = channel_statistics(arrays.images, PART.train)

    assert [loss for loss, _ in first] == [loss for loss, _ in second]
    np.testing.assert_allclose(
        model.get_layer("standardize").statistics().mean, expected.mean, rtol=1e-6
    )


def test_another_fold_needs_no_new_graph(trainer, monkeypatch):
    """A graph measured on other rows before repeats a fresh one's numbers."""
    arrays = pictures(ROWS)
    arrays.images[:8] //= 3
    part = Part(train=np.arange(8, ROWS), validation=np.arange(8))
    fresh = _fit(Trainer(), arrays, part)
    _fit(trainer, arrays)
    monkeypatch.setattr(ExpressionModel, "total_loss", None)

    assert _fit(trainer, arrays, part) == fresh


def test_training_leaves_them_alone():
    """Neither training nor unfreezing a backbone changes these weights."""
    model = assemble(graph_config(**DEVELOPMENT))
    for layer in model.layers:
        layer.trainable = True
    paths = {weight.path for weight in model.trainable_variables}

    assert not any(path.startswith("standardize") for path in paths)


def test_an_export_has_them_as_constants(trainer, tmp_path):
    """A stock layer scales raw pixels; the file predicts what the trainer does."""
    arrays, config = pictures(ROWS), configured(**DEVELOPMENT)
    _fit(trainer, arrays)
    trainer.export(config, tmp_path / "model.keras")
    with zipfile.ZipFile(tmp_path / "model.keras") as file:
        layers = json.loads(file.read("config.json"))["config"]["layers"]
    scale = next(layer for layer in layers if layer["name"] == "standardize")
    found = keras.saving.load_model(tmp_path / "model.keras")(arrays.images)

    assert (scale["module"], scale["class_name"]) == ("keras.layers", "Rescaling")
    np.testing.assert_allclose(
        found["emotion"], trainer.predict(config, arrays.images).emotion, atol=1e-5
    )


@pytest.mark.slow
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", EQUAL)
def test_the_own_rule_is_replaced(name, channels):
    """With the numbers of its own rule, a backbone computes the same."""
    images = faces(4, SIDE, channels)
    keys = {"backbone__name": name, "channels": channels}
    source = assemble(graph_config(**keys))
    initialize(source, 1, {}, {})
    settle(source)
    own = load_backbone(name).own
    model = assemble(graph_config(**keys, **DEVELOPMENT))
    other = plain_model(configured(**keys, **DEVELOPMENT), own)
    for target in (model, other):
        copy_weights(source.layers, target, configured(**keys))
    model.get_layer("standardize").set_statistics(own)
    expected = logits(source, images)["action_units"]
    sure = keras.ops.convert_to_numpy(keras.ops.sigmoid(expected))

    assert_same(logits(model, images)["action_units"], expected)
    assert_same(logits(other, images)["action_units"], sure)


@pytest.mark.parametrize("name", sorted(set(BACKBONES) - set(EQUAL)))
def test_every_backbone_takes_another_scale(name):
    """Its network gets standardized pixels, in as many channels as it builds on."""
    backbone = load_backbone(name)
    rule = standardize(graph_config(backbone__name=name, **DEVELOPMENT))
    pixels = keras.Input((32, 32, 1))

    assert backbone.scale(pixels, rule).shape == backbone.scale(pixels).shape


def test_imagenet_weights_keep_their_own_rule():
    """Weights that expect pixels of their own scale are refused with another."""
    wanted = graph_config(
        backbone__name="resnet50", backbone__weights="imagenet", **DEVELOPMENT
    )
    with pytest.raises(WeightsError, match=r"normalization.*imagenet.*resnet50.*when"):
        check_graph(wanted)


@pytest.mark.parametrize("theirs", ["own", "development"])
def test_a_model_of_another_scale_is_refused(tmp_path, theirs):
    """A file's weights expect the pixels they were trained on."""
    own = load_backbone("residual_cnn").own
    measured = own if theirs == "development" else None
    config = configured(backbone__normalization=theirs)
    plain_model(config, measured).save(tmp_path / "model.keras")
    weights = {"backbone__weights": str(tmp_path / "model.keras")}
    other = {"own": "development", "development": "own"}[theirs]
    refused = graph_config(backbone__normalization=other, **weights)
    taken = graph_config(backbone__normalization=theirs, **weights)

    assert initial_weights(assemble(taken), taken)
    with pytest.raises(WeightsError, match=f'trained with .* = "{theirs}"'):
        initial_weights(assemble(refused), refused)


@pytest.mark.parametrize("normalization", ["own", "development"])
def test_one_graph_has_both_scales(normalization, tmp_path):
    """A shared graph trains, predicts and exports as one for that scale alone."""
    spec, arrays = data_spec(), pictures(ROWS)
    values = small_values(backbone__normalization=normalization)
    alone = model_config(values, spec)
    shared = model_config(values, replace(spec, shared=SharedGraph(standardized=True)))
    trainer, other = Trainer(), Trainer()
    found = list(trainer.fit(shared, arrays, PART, seed=1))
    expected = list(other.fit(alone, arrays, PART, seed=1))
    trainer.export(shared, tmp_path / "model.keras")
    exported = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    images = arrays.images[PART.validation]
    again = np.asarray(exported.predict_on_batch(images)["emotion"])

    assert shared.graph.standardized
    for one, two in zip(found, expected, strict=True):
        assert one.loss == pytest.approx(two.loss, rel=1e-4)
        np.testing.assert_allclose(
            one.predictions.emotion, two.predictions.emotion, atol=1e-3
        )
    np.testing.assert_allclose(again, found[-1].predictions.emotion, atol=1e-5)
    names = {layer.name for layer in exported.layers}
    assert ("standardize" in names) == (normalization == "development")
