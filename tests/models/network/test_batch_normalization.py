"""Batch normalisation by one fused operation, compared with Keras's own."""

import importlib
from contextlib import nullcontext

import keras
import numpy as np
import pytest

from models.network.batch_normalization import (
    BatchNormalization,
    statistics_follow_together,
)
from models.network.faster_layers import use_faster

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="other compilers fuse by themselves"
)
SHAPE = (6, 4, 4, 5)


def _maps():
    """Draws maps (B, h, w, C) whose channels have means and deviations of their own."""
    generator = np.random.default_rng(5)
    scale, shift = generator.uniform(0.5, 3.0, 5), generator.normal(size=5)
    return (generator.normal(size=SHAPE) * scale + shift).astype(np.float32)


def _layer(*, fused, dtype="float32", **options):
    """Makes a layer with weights that are neither 0 nor 1, fused or Keras's own."""
    maps = keras.Input(SHAPE[1:])
    layer = keras.layers.BatchNormalization(momentum=0.9, dtype=dtype, **options)
    layer(maps)
    generator = np.random.default_rng(7)
    layer.set_weights([generator.uniform(0.5, 1.5, w.shape) for w in layer.weights])
    if fused:
        use_faster([layer])
        assert type(layer) is BatchNormalization
    return layer


def _pass(layer, maps, *, training):
    """Returns outputs, the gradients of a loss, and the statistics after the pass."""
    tf = importlib.import_module("tensorflow")
    factors = np.random.default_rng(9).normal(size=SHAPE).astype(np.float32)
    inputs = tf.Variable(maps)
    with tf.GradientTape() as tape:
        outputs = layer(inputs, training=training)
        loss = tf.reduce_sum(tf.cast(outputs, "float32") * factors)
    of = [inputs, layer.gamma.value, layer.beta.value]
    left = [layer.moving_mean, layer.moving_variance]
    return [outputs, *tape.gradient(loss, of), *(v.value for v in left)]


def _assert_same(found, expected, *, atol):
    for one, other in zip(found, expected, strict=True):
        here, there = (np.asarray(x, np.float32) for x in (one, other))
        size = max(1.0, float(np.abs(there).max()))
        np.testing.assert_allclose(here / size, there / size, atol=atol)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("trainable", [True, False])
@pytest.mark.parametrize(
    ("dtype", "atol"), [("float32", 2e-6), ("mixed_bfloat16", 2e-2)]
)
def test_it_is_keras_own(dtype, atol, trainable, training):
    """Outputs, gradients and statistics are Keras's own, frozen and at inference too.

    Keras's moving variance divides by the count, the operation by one less.
    """
    own, fused = (_layer(fused=fused, dtype=dtype) for fused in (False, True))
    own.trainable = fused.trainable = trainable
    expected = _pass(own, _maps(), training=training)
    found = _pass(fused, _maps(), training=training)

    _assert_same(found, expected, atol=atol)
    assert found[0].dtype == expected[0].dtype
    moved = not np.allclose(found[-1], _layer(fused=True).moving_variance.numpy())
    assert moved == (training and trainable)


def test_a_single_place_has_no_variance():
    """One row of one pixel gives finite numbers, as with Keras's own."""
    maps = _maps()[:1, :1, :1]
    own, fused = _layer(fused=False), _layer(fused=True)
    expected, found = (np.asarray(x(maps, training=True)) for x in (own, fused))

    np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_allclose(
        fused.moving_variance.numpy(), own.moving_variance.numpy(), rtol=1e-6
    )


@pytest.mark.parametrize("options", [{"scale": False}, {"center": False}, {"axis": 1}])
def test_others_stay_as_they_are(options):
    """A layer that the operation does not compute keeps Keras's class."""
    layer = _layer(fused=False, **options)
    use_faster([layer])

    assert type(layer) is keras.layers.BatchNormalization


def test_statistics_of_all_layers_follow_together():
    """Layers of any sizes and momenta end with the statistics that each alone has."""
    found = []
    for together in (False, True):
        layers = [_layer(fused=True), _layer(fused=True)]
        layers[1].momentum = 0.5
        with statistics_follow_together() if together else nullcontext():
            layers[0](_maps(), training=True)
            layers[1](_maps()[:, :2], training=True)
        found.append([np.asarray(w) for layer in layers for w in layer.get_weights()])

    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)
