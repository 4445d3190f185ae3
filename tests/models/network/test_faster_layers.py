"""Each faster layer is Keras's own function, with its gradients."""

import importlib

import keras
import numpy as np
import pytest

from models.network.faster_layers import FASTER, use_faster

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="other compilers choose operations"
)
SHAPE = (3, 7, 6, 16)
"""With fewer channels, the gradient of Keras's strided kernel can kill the process."""

LAYERS = {
    "pointwise": lambda: keras.layers.Conv2D(5, 1),
    "pointwise, no bias": lambda: keras.layers.Conv2D(5, 1, use_bias=False),
    "pointwise, active": lambda: keras.layers.Conv2D(5, 1, activation="relu"),
    "pointwise, strided": lambda: keras.layers.Conv2D(5, 1, strides=2),
    "pointwise, strided, same": lambda: keras.layers.Conv2D(
        5, 1, strides=(2, 3), padding="same"
    ),
    "depthwise": lambda: keras.layers.DepthwiseConv2D(3, padding="same"),
    "depthwise, large": lambda: keras.layers.DepthwiseConv2D(7, padding="same"),
    "depthwise, two a channel": lambda: keras.layers.DepthwiseConv2D(
        3, padding="same", depth_multiplier=2, use_bias=False
    ),
    "depthwise, strided": lambda: keras.layers.DepthwiseConv2D(
        3, strides=2, padding="same", activation="silu"
    ),
    "depthwise, strided, valid": lambda: keras.layers.DepthwiseConv2D(5, strides=2),
    "depthwise, scale": lambda: keras.layers.DepthwiseConv2D(1),
    "silu": lambda: keras.layers.Activation("swish"),
}

OTHERS = {
    "pixels around": lambda: keras.layers.Conv2D(4, 3, padding="same"),
    "grouped": lambda: keras.layers.Conv2D(4, 1, groups=2),
    "with gaps": lambda: keras.layers.DepthwiseConv2D(3, dilation_rate=2),
    "relu": lambda: keras.layers.Activation("relu"),
}


def _layer(make, *, faster, dtype="float32"):
    keras.config.set_dtype_policy(dtype)
    try:
        layer = make()
    finally:
        keras.config.set_dtype_policy("float32")
    layer(keras.Input(SHAPE[1:]))
    generator = np.random.default_rng(3)
    layer.set_weights([generator.normal(size=w.shape) for w in layer.weights])
    if faster:
        use_faster([layer])
    return layer


def _pass(layer, *, traced=True):
    """Returns outputs, and the gradients of maps and weights."""
    tf = importlib.import_module("tensorflow")
    generator = np.random.default_rng(5)
    maps = tf.Variable(generator.normal(size=SHAPE).astype(np.float32))

    def run():
        with tf.GradientTape() as tape:
            outputs = tf.cast(layer(maps), "float32")
            loss = tf.reduce_sum(tf.sin(outputs))
        return outputs, *tape.gradient(loss, [maps, *(w.value for w in layer.weights)])

    found = tf.function(run, autograph=False)() if traced else run()
    return [value.numpy() for value in found]


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [("float32", 1e-5), ("mixed_bfloat16", 5e-2)]
)
@pytest.mark.parametrize("name", LAYERS)
def test_it_is_keras_own(name, dtype, tolerance):
    """Outputs and all gradients are Keras's own but for rounding."""
    own, faster = (_layer(LAYERS[name], faster=f, dtype=dtype) for f in (False, True))
    expected, found = _pass(own), _pass(faster)

    assert type(faster) is FASTER[type(own)][0]
    assert faster.compute_dtype == own.compute_dtype
    for one, other in zip(found, expected, strict=True):
        size = max(1.0, float(np.abs(other).max()))
        np.testing.assert_allclose(one / size, other / size, atol=tolerance)


def test_strided_pixels_of_few_channels():
    """The gradient of a strided kernel of few channels is the sum over its pixels.

    oneDNN 3.7 writes beyond the memory of this one.
    """
    tf = importlib.import_module("tensorflow")
    layer = keras.layers.Conv2D(16, 1, strides=2, use_bias=False)
    layer(keras.Input((92, 92, 8)))
    use_faster([layer])
    generator = np.random.default_rng(5)
    maps = generator.normal(size=(16, 92, 92, 8)).astype(np.float32)
    slopes = generator.normal(size=(16, 46, 46, 16)).astype(np.float32)

    def run():
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(layer(maps) * slopes)
        return tape.gradient(loss, layer.kernel.value)

    found = tf.function(run, autograph=False)().numpy()[0, 0]
    expected = np.einsum("bhwi,bhwo->io", maps[:, ::2, ::2], slopes)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=0.01)


@pytest.mark.parametrize("name", LAYERS)
def test_it_is_the_same_untraced(name):
    """Called operation by operation, it returns what its graph does."""
    layer = _layer(LAYERS[name], faster=True)

    for one, other in zip(_pass(layer), _pass(layer, traced=False), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", OTHERS)
def test_others_stay_as_they_are(name):
    """A layer that no faster operation computes keeps Keras's class."""
    layer = _layer(OTHERS[name], faster=True)

    assert type(layer).__module__.startswith("keras.")
