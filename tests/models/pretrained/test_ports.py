"""Ports of the shelf: the outputs of the originals, where their files are kept."""

import keras
import numpy as np
import pytest

from models.network.heads import POOL
from models.network.model import assemble
from models.pretrained import tfjs_file
from models.pretrained.fetching import is_kept, obtain
from models.pretrained.formats import backbone_layers, named_h5
from models.pretrained.loading import initial_weights
from models.pretrained.shelf import ROWS
from models.pretrained.torch_file import read_tensors
from tests.factories.models import graph_config

EMOTIONS = (0.084279, 0.000001, 0.007131, 0.039396, 0.003485, 0.157843, 0.707864)
"""What ``keras.saving.load_model`` of the package's file predicts for ``drawn(64, 1)``,
scaled to [-1, 1]: angry, disgust, fear, happy, sad, surprise, neutral; Keras 3.15."""

EXPRESSIONS = (0.024480, 0.069677, 0.011016, 0.855121, 0.002841, 0.013337, 0.023529)
"""What ``FaceExpressionNet.forward`` of the package predicts for ``drawn(112, 3)``:
neutral, happy, sad, angry, fearful, disgusted, surprised; TensorFlow.js 4.22, "cpu"."""

DESCRIPTOR = (
    -0.009106,
    0.120234,
    0.046346,
    -0.005976,
    -0.073245,
    -0.022172,
    -0.053173,
    0.002841,
    0.120426,
    -0.000456,
    0.229556,
    0.005413,
)
"""The first twelve of what ``computeFaceDescriptor`` gives for ``drawn(150, 3)``."""

OBJECTS = {
    "efficientnet_lite0_imagenet": (
        224,
        (0.510743, 1.055169, -0.239021, -0.629033, -0.463167, 0.539264, -2.154281),
    ),
    "efficientnet_lite1_imagenet": (
        240,
        (0.784166, 1.197185, -1.502393, -1.761251, -1.262657, 1.368475, -0.748187),
    ),
    "efficientnet_lite2_imagenet": (
        260,
        (-1.480247, 1.824184, -0.822631, -1.583789, -1.129232, 0.287575, -1.744254),
    ),
}
"""The side, and the first seven logits that ``EfficientNet`` of the PyPI package
``efficientnet_lite_pytorch`` 0.1.0 gives for ``drawn(side, 3)``; PyTorch 2.14, CPU."""


def drawn(side, channels):
    """Draws waves, by a formula alone; raw pixels (1, S, S, C)."""
    rows, columns = np.mgrid[:side, :side] / side
    waves = [
        np.sin(5 * rows + 3 * channel) + np.cos(7 * (channel + 1) * columns)
        for channel in range(channels)
    ]
    return np.round(127.5 + 60 * np.stack(waves, axis=-1))[None].astype(np.uint8)


def kept(name):
    """Returns a row's file; skips the test where it is not kept."""
    if not is_kept(ROWS[name]):
        pytest.skip(f"needs: python -m models.weights get {name}")
    return obtain(ROWS[name])


def features(name, pixels):
    """Computes the port's features before pooling, (1, h, w, F)."""
    wanted = graph_config(
        backbone__name=ROWS[name].backbone,
        backbone__weights=f"shelf:{name}",
        side=pixels.shape[1],
        channels=pixels.shape[-1],
    )
    model = assemble(wanted)
    values = initial_weights(model, wanted)
    for layer in backbone_layers(model):
        layer.set_weights(values[layer.name])
    body = keras.Model(model.inputs[0], model.get_layer(POOL).input)
    return keras.ops.convert_to_numpy(body(pixels.astype(np.float32), training=False))


@pytest.mark.parametrize("channels", [1, 3], ids=["grey", "colour"])
def test_mini_xception_is_the_packages(channels):
    """With the file's last layer the port gives the emotions of the original."""
    path = kept("mini_xception_fer2013")
    pixels = np.repeat(drawn(64, 1), channels, axis=-1)
    kernel, bias = named_h5(path)["conv2d_7_1"]
    maps = features("mini_xception_fer2013", pixels)
    logits = keras.ops.conv(maps, kernel, padding="same") + bias
    found = keras.ops.softmax(keras.ops.mean(logits, axis=(1, 2)))[0]

    np.testing.assert_allclose(found, EMOTIONS, atol=1e-5)


def test_faceapi_cnn_is_the_packages():
    """With the file's last layer the port gives the expressions of the original."""
    last = tfjs_file.read_tensors(kept("faceapi_cnn_expressions"))
    maps = features("faceapi_cnn_expressions", drawn(112, 3))
    logits = maps.mean(axis=(1, 2)) @ last["fc/weights"] + last["fc/bias"]

    assert maps.shape == (1, 7, 7, 256)
    np.testing.assert_allclose(keras.ops.softmax(logits)[0], EXPRESSIONS, atol=1e-5)


def test_dlib_resnet_is_the_packages():
    """With the file's last layer the port gives the descriptor of the original."""
    last = tfjs_file.read_tensors(kept("dlib_resnet_faces"))["fc"]
    maps = features("dlib_resnet_faces", drawn(150, 3))
    found = maps.mean(axis=(1, 2))[0] @ last

    assert maps.shape == (1, 2, 2, 256)
    assert found.shape == (128,)
    np.testing.assert_allclose(found[: len(DESCRIPTOR)], DESCRIPTOR, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("name", OBJECTS)
def test_efficientnet_lite_is_the_packages(name):
    """With the file's last layer the port gives the logits of the original."""
    side, expected = OBJECTS[name]
    last = read_tensors(kept(name))
    pooled = features(name, drawn(side, 3)).mean(axis=(1, 2))[0]
    found = last["_fc.weight"] @ pooled + last["_fc.bias"]

    assert found.shape == (1000,)
    np.testing.assert_allclose(found[: len(expected)], expected, atol=1e-4)
