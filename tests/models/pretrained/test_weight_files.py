"""Backbones that start from the file of a model of this project."""

import keras
import numpy as np
import pytest

from data_pipeline.system.errors import WeightsError
from models.network.heads import POOL
from models.network.model import assemble
from models.pretrained.formats import backbone_layers
from models.pretrained.loading import initial_weights, loaded_weights
from models.pretrained.sources import check_graph
from models.training.epoch import Part
from models.training.saving import plain_model
from models.training.trainer import Trainer
from tests.factories.models import configured, graph_config, pictures

PART = Part(train=np.arange(24), validation=np.arange(24))


@pytest.fixture(name="exported")
def _exported(tmp_path):
    """Trains a small model and exports it."""
    trainer, config = Trainer(), configured(training__epochs=1)
    list(trainer.fit(config, pictures(), PART, seed=4))
    path = tmp_path / "model.keras"
    trainer.export(config, path)
    return path


@pytest.mark.slow
def test_a_training_starts_from_an_exported_model(exported):
    """The backbone is the file's, the head is drawn; a reset gives it again."""
    config = configured(backbone__weights=str(exported), training__learning_rate=1e-9)
    source = keras.saving.load_model(exported)
    trainer = Trainer()
    for seed in (1, 2):
        list(trainer.fit(config, pictures(), PART, seed=seed))
        model = trainer._compiled(config.graph).model  # noqa: SLF001
        for name in ("stem_conv", "stage2_block1_second_conv"):
            found = model.get_layer(name).get_weights()[0]
            wanted = source.get_layer(name).get_weights()[0]
            np.testing.assert_allclose(found, wanted, atol=1e-6)
        head = model.get_layer("dense").get_weights()[0]
        assert not np.allclose(head, source.get_layer("dense").get_weights()[0])


def test_layers_that_fit_are_taken_by_name(exported):
    """A deeper network loads the layers it shares, by name and shape."""
    wanted = graph_config(backbone__weights=str(exported), backbone__blocks=2)
    values = initial_weights(assemble(wanted), wanted)

    assert "stage1_block1_first_conv" in values
    assert "stage1_block2_first_conv" not in values


def test_a_file_that_fits_nowhere_is_refused(exported):
    """A file of another backbone names the file and the way out."""
    other = plain_model(configured(backbone__name="ferplus_cnn"))
    other.save(exported.parent / "other.keras")
    wanted = graph_config(backbone__weights=str(exported.parent / "other.keras"))

    with pytest.raises(WeightsError, match=r"other\.keras fits"):
        initial_weights(assemble(wanted), wanted)


def test_a_broken_file_is_refused(tmp_path):
    """A file that is no model names itself."""
    path = tmp_path / "broken.keras"
    path.write_bytes(b"no model")
    wanted = graph_config(backbone__weights=str(path))

    with pytest.raises(WeightsError, match=r"broken\.keras cannot be read"):
        initial_weights(assemble(wanted), wanted)


def test_a_weights_file_fills_the_whole_backbone(exported):
    """A .weights.h5 file gives the backbone of the model it was saved from."""
    source = keras.saving.load_model(exported)
    path = exported.parent / "model.weights.h5"
    source.save_weights(path)
    wanted = graph_config(backbone__weights=str(path), units=())
    values = initial_weights(assemble(wanted), wanted)

    for layer in backbone_layers(source):
        for given, weight in zip(values[layer.name], layer.get_weights(), strict=True):
            np.testing.assert_array_equal(given, weight)


@pytest.mark.slow
def test_a_weights_file_that_fits_in_part_is_refused(exported):
    """Such a file has no names: a part of it could land anywhere."""
    path = exported.parent / "model.weights.h5"
    keras.saving.load_model(exported).save_weights(path)
    wanted = graph_config(backbone__weights=str(path), backbone__blocks=2)

    with pytest.raises(WeightsError, match="very backbone"):
        initial_weights(assemble(wanted), wanted)


@pytest.mark.slow
def test_a_nested_backbone_is_found(tmp_path, exported):
    """A backbone that is one layer of another model can be loaded."""
    inner = keras.saving.load_model(exported)
    outer = keras.Sequential(
        [keras.Model(inner.inputs, inner.get_layer(POOL).output), keras.layers.Dense(2)]
    )
    outer.build((None, *inner.input_shape[1:]))
    outer.save(tmp_path / "outer.keras")
    wanted = graph_config(backbone__weights=str(tmp_path / "outer.keras"))
    model = assemble(wanted)

    assert loaded_weights(model, initial_weights(model, wanted)).skipped == ()


@pytest.mark.parametrize("name", ["model.weights.h5", "model.h5"])
def test_a_file_without_a_scale_is_not_taken_for_another(tmp_path, name):
    """Weights without a recorded scale do not expect standardized pixels."""
    path = tmp_path / name
    path.write_text("weights")
    words = {"backbone__weights": str(path)}
    check_graph(graph_config(**words))
    with pytest.raises(WeightsError, match=r"development.* cannot go with.*\.h5"):
        check_graph(graph_config(**words, backbone__normalization="development"))


def test_keras_errors_are_one_line(tmp_path):
    """Of a long error of Keras only the first line is reported."""
    path = tmp_path / "own.keras"
    layer = keras.layers.Lambda(lambda x: x)
    keras.Sequential([keras.Input((4,)), layer]).save(path)
    wanted = graph_config(backbone__weights=str(path))
    with pytest.raises(WeightsError) as error:
        initial_weights(assemble(wanted), wanted)
    assert "\n" not in str(error.value)
    assert "own.keras" in str(error.value)


def test_a_part_is_reported(exported):
    """Loaded and random layers together are all layers of a backbone, by name."""
    wanted = graph_config(backbone__weights=str(exported), backbone__blocks=2)
    model = assemble(wanted)
    found = loaded_weights(model, initial_weights(model, wanted))

    assert "stage1_block1_first_conv" in found.loaded
    assert "stage1_block2_first_conv" in found.skipped
    names = {layer.name for layer in backbone_layers(model)}
    assert {*found.loaded, *found.skipped} == names


@pytest.mark.parametrize(("theirs", "mine"), [(1, 3), (3, 1)])
def test_grey_starts_from_colour_and_colour_from_grey(tmp_path, theirs, mine):
    """On grey images both backbones give the same features."""
    source = plain_model(configured(channels=theirs))
    source.save(tmp_path / "model.keras")
    wanted = graph_config(
        channels=mine, backbone__weights=str(tmp_path / "model.keras")
    )
    model = plain_model(configured(channels=mine))
    values = initial_weights(model, wanted)
    for layer in backbone_layers(model):
        layer.set_weights(values[layer.name])
    grey = pictures(4).images.astype(np.float32)
    features = [
        keras.Model(one.inputs, one.get_layer(POOL).output).predict_on_batch(
            np.repeat(grey, channels, axis=3)
        )
        for one, channels in ((source, theirs), (model, mine))
    ]

    np.testing.assert_allclose(features[1], features[0], rtol=1e-4, atol=1e-5)
