"""Weights as Keras 2 wrote them, in ``.h5`` files of this project's and of others."""

import h5py
import keras
import numpy as np
import pytest

from models.network.model import assemble
from models.pretrained.formats import backbone_layers, caffe_name
from models.pretrained.loading import initial_weights, loaded_weights
from models.training.saving import plain_model
from tests.factories.models import configured, graph_config


def _written(model, path, named, *, whole=False):
    """Writes weights as Keras 2 did: a group a layer, weights by their own names."""
    with h5py.File(path, "w") as file:
        root = file.create_group("model_weights") if whole else file
        layers = [layer for layer in model.layers if layer.weights]
        root.attrs["layer_names"] = [layer.name.encode() for layer in layers]
        for layer in layers:
            group = root.create_group(layer.name)
            owner = named(layer.name)
            given = {
                f"{owner}/{weight.name}:0": weight.numpy()
                for weight in layer.weights
                if weight.name != "bias"
            }
            group.attrs["weight_names"] = [name.encode() for name in given]
            for name, value in given.items():
                group[name] = value


@pytest.mark.parametrize("whole", [True, False], ids=["model", "weights"])
@pytest.mark.parametrize("nested", ["", "mobilenet_1/"], ids=["flat", "nested"])
def test_files_of_keras_2(tmp_path, whole, nested):
    """Every layer of a backbone is found by its name, in a nested model too."""
    source = keras.applications.MobileNet(
        include_top=False, weights=None, input_shape=(32, 32, 3)
    )
    path = tmp_path / "face.h5"
    _written(source, path, lambda name: f"{nested}{name}", whole=whole)
    with h5py.File(path, "a") as file:  # its own head, which is not loaded here
        root = file["model_weights"] if whole else file
        root.create_group("classes").attrs["weight_names"] = [b"classes/kernel:0"]
        root["classes/classes/kernel:0"] = np.ones((1024, 7))
        names = [np.bytes_(name) for name in root.attrs["layer_names"]]
        root.attrs["layer_names"] = [*names, b"classes"]
    wanted = graph_config(backbone__name="mobilenet", backbone__weights=str(path))
    model = assemble(wanted)
    values = initial_weights(model, wanted)

    assert list(values) == [layer.name for layer in backbone_layers(model)]
    for name, found in values.items():
        for one, given in zip(found, source.get_layer(name).get_weights(), strict=True):
            np.testing.assert_array_equal(one, given)


def test_names_come_before_places(tmp_path):
    """A file that lists its layers in another order gives each layer its own."""
    source = plain_model(configured())
    path = tmp_path / "shuffled.h5"
    _written(source, path, lambda name: name)
    with h5py.File(path, "a") as file:
        file.attrs["layer_names"] = file.attrs["layer_names"][::-1]
    wanted = graph_config(backbone__weights=str(path))
    values = initial_weights(assemble(wanted), wanted)
    for name in ("stage2_block1_first_conv", "stage2_block1_second_conv"):
        np.testing.assert_array_equal(
            values[name][0], source.get_layer(name).get_weights()[0]
        )


@pytest.mark.slow
def test_caffe_names(tmp_path):
    """VGGFace2's ResNet50, without biases, fills Keras's, by the names of Caffe."""
    source = keras.applications.ResNet50(
        include_top=False, weights=None, input_shape=(32, 32, 3)
    )
    _written(source, tmp_path / "vggface.h5", caffe_name)
    weights = str(tmp_path / "vggface.h5")
    wanted = graph_config(backbone__name="resnet50", backbone__weights=weights)
    model = assemble(wanted)
    values = initial_weights(model, wanted)

    assert loaded_weights(model, values).skipped == ()
    for name in ("conv1_conv", "conv2_block1_0_conv", "conv5_block3_3_conv"):
        kernel, bias = values[name]
        np.testing.assert_array_equal(kernel, source.get_layer(name).get_weights()[0])
        assert not bias.any()
    np.testing.assert_array_equal(
        values["conv3_block1_2_bn"][0],
        source.get_layer("conv3_block1_2_bn").get_weights()[0],
    )
