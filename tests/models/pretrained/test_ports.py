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

HALVED = {
    "efficientnet_lite0_imagenet": (1, 3, 5, 11),
    "efficientnet_lite1_imagenet": (1, 4, 7, 15),
    "efficientnet_lite2_imagenet": (1, 4, 7, 15),
}
"""Blocks that halve the map: the first of the stages 2, 3, 4 and 6."""


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


class Original:
    """EfficientNet-Lite of a checkpoint's tensors, computed by NumPy; maps (C, h, w).

    It has the order of axes, the padding and the names of its PyTorch code.
    """

    def __init__(self, tensors, halved):
        """Keeps the tensors."""
        self.tensors, self.halved = tensors, halved
        self.blocks = 1 + max(
            int(name.split(".")[1]) for name in tensors if name.startswith("_blocks")
        )

    def extract_features(self, pixels):
        """Computes the features of pixels (3, S, S)."""
        x = self._active(self._norm(self._conv(pixels, "_conv_stem", 2), "_bn0"))
        for number in range(self.blocks):
            x = self._block(x, f"_blocks.{number}.", 2 if number in self.halved else 1)
        return self._active(self._norm(self._conv(x, "_conv_head"), "_bn1"))

    def _block(self, inputs, name, stride):
        x = inputs
        if f"{name}_expand_conv.weight" in self.tensors:
            x = self._norm(self._conv(x, f"{name}_expand_conv"), f"{name}_bn0")
            x = self._active(x)
        x = self._norm(self._conv(x, f"{name}_depthwise_conv", stride), f"{name}_bn1")
        x = self._norm(
            self._conv(self._active(x), f"{name}_project_conv"), f"{name}_bn2"
        )
        return x + inputs if x.shape == inputs.shape else x

    def _conv(self, x, name, stride=1):
        weight = self.tensors[f"{name}.weight"].astype(np.float64)
        size, side = weight.shape[-1], x.shape[-1]
        missing = max(0, (-(-side // stride) - 1) * stride + size - side)
        around = (missing // 2, missing - missing // 2)
        padded = np.pad(x, ((0, 0), around, around))
        seen = np.lib.stride_tricks.sliding_window_view(padded, (size, size), (1, 2))
        seen = seen[:, ::stride, ::stride]
        if name.endswith("_depthwise_conv"):
            return np.einsum("chwij,cij->chw", seen, weight[:, 0])
        return np.einsum("chwij,ocij->ohw", seen, weight, optimize=True)

    def _norm(self, x, name):
        weight, bias, mean, variance = (
            self.tensors[f"{name}.{part}"].astype(np.float64)[:, None, None]
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        return (x - mean) / np.sqrt(variance + 1e-3) * weight + bias

    def _active(self, x):
        return np.clip(x, 0.0, 6.0)


@pytest.mark.slow
@pytest.mark.parametrize("name", HALVED)
def test_efficientnet_lite_is_the_packages(name):
    """The port's features are those of the checkpoint's tensors, computed by NumPy."""
    tensors = read_tensors(kept(name))
    pixels = drawn(65, 3)
    scaled = (pixels[0].astype(np.float64) - 127) / 128
    original = Original(tensors, HALVED[name])
    expected = original.extract_features(scaled.transpose(2, 0, 1)).transpose(1, 2, 0)

    assert expected.shape == (3, 3, 1280)
    assert expected.std() > 0.1
    np.testing.assert_allclose(features(name, pixels)[0], expected, atol=1e-3)
