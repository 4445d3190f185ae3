"""Sources of initial weights, and the messages where they are not available."""

import keras
import numpy as np
import pytest
from keras.src.applications import (
    convnext,
    efficientnet,
    efficientnet_v2,
    mobilenet,
    mobilenet_v3,
    resnet,
)

from data_pipeline.system.errors import StudyError, WeightsError
from models.config.backbone_catalogue import BACKBONES
from models.network.heads import POOL
from models.network.model import assemble
from models.pretrained import loading
from models.pretrained.formats import backbone_layers
from models.pretrained.loading import initial_weights
from models.pretrained.sources import check_graph, check_weights
from tests.factories.models import graph_config, pictures


@pytest.mark.parametrize("name", ["residual_cnn", "resnet18", "ferplus_cnn"])
def test_a_backbone_without_imagenet_weights_is_refused(name):
    """The message names the backbones that have such weights, and the way out."""
    with pytest.raises(
        WeightsError, match=rf"resnet50.*mobilenet.*none of {name}.*\"none\""
    ):
        check_weights(name, "imagenet")


def test_a_missing_file_is_refused():
    """The message has the value given and the accepted values."""
    with pytest.raises(WeightsError, match=r"nowhere\.keras.*no file"):
        check_weights("resnet50", "nowhere.keras")


def test_an_ending_in_capitals_is_refused(tmp_path):
    """Keras would not accept such a file; the message has the endings."""
    shouted = tmp_path / "model.KERAS"
    shouted.write_text("weights")
    with pytest.raises(WeightsError, match=r"small letters.*another kind of file"):
        check_weights("residual_cnn", str(shouted))


def test_too_small_images_are_refused():
    """The message names the key, the value and the smallest image."""
    with pytest.raises(StudyError, match=r"resnet50.*32.*data\.image_size = 24"):
        check_graph(graph_config(backbone__name="resnet50", side=24))


@pytest.mark.parametrize(
    "name", [name for name, facts in BACKBONES.items() if facts.imagenet]
)
def test_without_network_the_file_and_folder_are_named(name, monkeypatch, tmp_path):
    """Where a download fails, the error names the file and its folder."""

    def offline(*_args, **_kwargs):
        raise Exception("URL fetch failure")  # noqa: TRY002 - as Keras raises it

    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(keras.utils, "get_file", offline)
    with pytest.raises(WeightsError) as error:
        loading._fetch(name, BACKBONES[name].imagenet)  # noqa: SLF001

    assert BACKBONES[name].imagenet.name in str(error.value)
    assert str(tmp_path / "models") in str(error.value)
    assert 'backbone.weights = "none"' in str(error.value)


def test_facts_are_those_of_keras():
    """File names and digests are the ones that Keras itself would fetch."""
    assert BACKBONES["resnet50"].imagenet.digest == resnet.WEIGHTS_HASHES["resnet50"][1]
    for size in ("b0", "b1", "b2", "b3"):
        file = BACKBONES[f"efficientnet_{size}"].imagenet
        assert file.name == f"efficientnet{size}_notop.h5"
        assert file.digest == efficientnet.WEIGHTS_HASHES[size][1]
        file = BACKBONES[f"efficientnet_v2_{size}"].imagenet
        name = f"efficientnetv2-{size}_notop.h5"
        assert file.url == efficientnet_v2.BASE_WEIGHTS_PATH + name
        assert file.digest == efficientnet_v2.WEIGHTS_HASHES[size][1]
    for size in ("small", "large"):
        file = BACKBONES[f"mobilenet_v3_{size}"].imagenet
        kind = f"{size}_224_1.0_float"
        name = f"weights_mobilenet_v3_{kind}_no_top_v2.h5"
        assert file.url == mobilenet_v3.BASE_WEIGHT_PATH + name
        assert file.digest == mobilenet_v3.WEIGHTS_HASHES[kind][1]
    file = BACKBONES["convnext_tiny"].imagenet
    assert file.url == convnext.BASE_WEIGHTS_PATH + "convnext_tiny_notop.h5"
    assert file.digest == convnext.WEIGHTS_HASHES["convnext_tiny"][1]
    file = BACKBONES["mobilenet"].imagenet
    assert file.url == mobilenet.BASE_WEIGHT_PATH + file.name


@pytest.mark.slow
def test_published_weights_land_in_the_backbone(monkeypatch, tmp_path):
    """A file in Keras's format fills every layer; Keras's own extra scale is kept."""
    source = keras.applications.EfficientNetB0(
        include_top=False, weights=None, input_shape=(32, 32, 3)
    )
    deviation = [0.229, 0.224, 0.225]
    normal = next(
        layer
        for layer in source.layers
        if isinstance(layer, keras.layers.Normalization)
    )
    normal.set_weights(
        [np.array([0.485, 0.456, 0.406]), np.array(deviation), np.array(0)]
    )
    normal.finalize_state()
    source.save_weights(tmp_path / "published.weights.h5")
    monkeypatch.setattr(
        keras.utils, "get_file", lambda *_a, **_k: tmp_path / "published.weights.h5"
    )
    wanted = graph_config(
        backbone__name="efficientnet_b0", backbone__weights="imagenet"
    )
    model = assemble(wanted)
    values = initial_weights(model, wanted)
    names = [layer.name for layer in backbone_layers(model)]

    assert list(values) == names
    np.testing.assert_allclose(values[names[0]][1], np.square(deviation), rtol=1e-6)
    np.testing.assert_array_equal(
        values["stem_conv"][0], source.get_layer("stem_conv").get_weights()[0]
    )


@pytest.mark.slow
def test_convnext_is_that_of_keras(monkeypatch, tmp_path):
    """Weights of Keras's ConvNeXt give its features here, in other shapes of layers."""
    source = keras.applications.ConvNeXtTiny(
        include_top=False, weights=None, input_shape=(64, 64, 3)
    )
    generator = np.random.default_rng(1)
    for weight in source.weights:  # its scales of 1e-6 would hide the blocks
        if len(weight.shape) == 1:
            weight.assign(generator.uniform(0.5, 1.5, weight.shape))
    path = tmp_path / "published.weights.h5"
    source.save_weights(path)
    monkeypatch.setattr(keras.utils, "get_file", lambda *_a, **_k: path)
    wanted = graph_config(
        backbone__name="convnext_tiny", backbone__weights="imagenet", side=64
    )
    model = assemble(wanted)
    for name, values in initial_weights(model, wanted).items():
        model.get_layer(name).set_weights(values)
    grey = pictures(2, side=64).images.astype(np.float32)
    ours = keras.Model(model.inputs[0], model.get_layer(POOL).input)(
        grey, training=False
    )
    theirs = source(np.repeat(grey, 3, axis=-1), training=False)

    assert float(np.std(theirs)) > 0.1
    np.testing.assert_allclose(ours, theirs, atol=1e-2)


def test_weights_of_224_pixels_fit_every_side(monkeypatch, tmp_path):
    """MobileNet's file is of one image side; its convolutions take any other."""
    source = keras.applications.MobileNet(
        include_top=False, weights=None, input_shape=(224, 224, 3)
    )
    path = tmp_path / "published.weights.h5"
    source.save_weights(path)
    monkeypatch.setattr(keras.utils, "get_file", lambda *_a, **_k: path)
    wanted = graph_config(backbone__name="mobilenet", backbone__weights="imagenet")
    values = initial_weights(assemble(wanted), wanted)

    np.testing.assert_array_equal(
        values["conv_dw_13"][0], source.get_layer("conv_dw_13").get_weights()[0]
    )
