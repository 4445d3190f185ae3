"""Image sizes that backbones accept, and the sizes of their features."""

import keras
import numpy as np
import pytest

from models.backbones import load_backbone
from models.config.backbone_catalogue import BACKBONES
from models.network.freezing import top_blocks
from models.training.compiled_model import CompiledModel
from tests.factories.models import configured, graph_config, pictures

FEATURES = {
    "residual_cnn": (14, 256, 12),
    "resnet18": (7, 512, 8),
    "resnet50": (7, 2048, 16),
    "densenet121": (7, 1024, 58),
    "efficientnet_b0": (7, 1280, 16),
    "efficientnet_b1": (7, 1280, 23),
    "efficientnet_b2": (7, 1408, 23),
    "efficientnet_b3": (7, 1536, 26),
    "efficientnet_v2_b0": (7, 1280, 21),
    "efficientnet_v2_b1": (7, 1280, 27),
    "efficientnet_v2_b2": (7, 1408, 28),
    "efficientnet_v2_b3": (7, 1536, 32),
    "efficientnet_lite0": (7, 1280, 16),
    "efficientnet_lite1": (7, 1280, 21),
    "efficientnet_lite2": (7, 1280, 21),
    "convnext_tiny": (7, 768, 18),
    "mobilenet": (7, 1024, 13),
    "mobilenet_v3_small": (7, 576, 11),
    "mobilenet_v3_large": (7, 960, 15),
    "mini_xception": (14, 128, 4),
    "faceapi_cnn": (14, 256, 4),
    "dlib_resnet": (3, 256, 14),
    "ferplus_cnn": (14, 512, 5),
}
"""Of a 224 x 224 image: side and depth of the features; the blocks of their papers."""

WEIGHTS = {
    "resnet18": 11_689_512 - 513_000,
    "efficientnet_lite0": 4_652_008 - 1_281_000,
    "efficientnet_lite1": 5_416_680 - 1_281_000,
    "efficientnet_lite2": 6_092_072 - 1_281_000,
    "faceapi_cnn": 323_687 - 1_799,
}
"""Trained weights as published, less those of the last layer."""

RULES = {
    "resnet50": keras.applications.resnet.preprocess_input,
    "densenet121": keras.applications.densenet.preprocess_input,
    "efficientnet_b0": keras.applications.efficientnet.preprocess_input,
    "mobilenet": keras.applications.mobilenet.preprocess_input,
}

FIRST_OF_KERAS = {
    "efficientnet_v2_b0": (keras.applications.EfficientNetV2B0, "stem_conv"),
    "convnext_tiny": (keras.applications.ConvNeXtTiny, "convnext_tiny_stem"),
    "mobilenet_v3_small": (keras.applications.MobileNetV3Small, "conv"),
}
"""Networks of Keras that scale pixels themselves, and the first layer after that."""


def built(name, *, side, channels, **values):
    """Builds a backbone without head, at its full size."""
    wanted = graph_config(
        backbone__name=name,
        backbone__blocks=6,
        backbone__filters=256,
        side=side,
        channels=channels,
        **values,
    )
    pixels = keras.Input((side, side, channels))
    return keras.Model(pixels, load_backbone(name).features(pixels, wanted))


@pytest.mark.slow
@pytest.mark.parametrize("name", BACKBONES)
def test_each_has_the_published_sizes_and_blocks(name):
    """RGB images of 224 pixels fit; weights are counted, and blocks from the top."""
    side, depth, blocks = FEATURES[name]
    model = built(name, side=224, channels=3)
    layers = model.layers
    tops = [top_blocks(layers, name, count) for count in range(blocks + 2)]
    lengths = [len(top) for top in tops]
    count = sum(int(np.prod(weight.shape)) for weight in model.trainable_variables)

    assert WEIGHTS.get(name, count) == count
    assert model.output_shape == (None, side, side, depth)
    for top in tops:
        assert top == layers[len(layers) - len(top) :]
    assert lengths[:-1] == sorted(set(lengths))
    assert lengths[-2] == lengths[-1] < len(layers)


@pytest.mark.parametrize(
    "name", [name for name, facts in BACKBONES.items() if facts.smallest < 32]
)
@pytest.mark.parametrize("side", [16, 17, 95, 96])
def test_small_networks_fit_every_side(name, side):
    """Odd sides and those where a stem changes leave a map of at least one pixel."""
    wanted = graph_config(backbone__name=name, side=side)
    features = load_backbone(name).features(keras.Input((side, side, 1)), wanted)

    assert min(features.shape[1:]) >= 1


@pytest.mark.parametrize("name", RULES)
def test_stock_networks_scale_as_keras_does(name):
    """The rule inside the model is the one that its weights were made with."""
    pixels = pictures(2, channels=3).images.astype(np.float32)
    found = load_backbone(name).scale(pixels)

    np.testing.assert_allclose(found, RULES[name](pixels.copy()), rtol=1e-5, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("name", FIRST_OF_KERAS)
def test_scaling_outside_a_network_is_that_inside(name):
    """Where Keras's first layers are left out, ours give the same pixels."""
    application, first = FIRST_OF_KERAS[name]
    network = application(include_top=False, weights=None, input_shape=(32, 32, 3))
    names = [layer.name for layer in network.layers]
    pixels = pictures(2, channels=3).images.astype(np.float32)
    expected = pixels
    for layer in network.layers[1 : names.index(first)]:
        expected = layer(expected)

    assert names.index(first) > 1
    found = load_backbone(name).scale(pixels)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", BACKBONES)
def test_grey_is_colour_with_equal_channels(name):
    """Stock networks treat a grey pixel like an equal colour."""
    grey = pictures(2).images.astype(np.float32)
    colour = np.repeat(grey, 3, axis=-1)
    scale = load_backbone(name).scale
    found, expected = np.asarray(scale(grey)), np.asarray(scale(colour))

    np.testing.assert_allclose(np.broadcast_to(found, expected.shape), expected)


def test_ferplus_cnn_is_the_course_works():
    """Ten convolutions of 3x3: each of five widths twice; four poolings."""
    layers = built("ferplus_cnn", side=48, channels=1).layers
    kernels = [x.kernel.shape for x in layers if isinstance(x, keras.layers.Conv2D)]
    pools = [x for x in layers if isinstance(x, keras.layers.MaxPooling2D)]

    assert [kernel[-1] for kernel in kernels] == [
        width for width in (32, 64, 128, 256, 512) for _ in range(2)
    ]
    assert {tuple(kernel[:2]) for kernel in kernels} == {(3, 3)}
    assert len(pools) == 4


def test_mini_xception_has_the_published_number_of_weights():
    """The package's file has 58,423, of which the last convolution has 8,071."""
    weights = built("mini_xception", side=64, channels=1).weights

    assert sum(int(np.prod(weight.shape)) for weight in weights) == 58_423 - 8_071


@pytest.mark.slow
def test_the_residual_cnn_trains_at_490_pixels():
    """Its 12 blocks take the seed's images of 490 x 490 colour pixels."""
    config = configured(backbone__blocks=6, backbone__filters=256, side=490, channels=3)
    compiled = CompiledModel(config.graph)
    compiled.reset(config.runtime, 1)
    targets = {
        name: np.ones((2, count, 2), np.float32)
        for name, count in (("emotion", 3), ("action_units", 2))
    }
    images = pictures(2, channels=3, side=490).images

    assert compiled.model.get_layer("pool").input.shape == (None, 31, 31, 256)
    loss, _ = compiled.train([(images, targets)])
    assert np.isfinite(loss)
