"""Optimizers: what their variables do, against Keras's own and by hand."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras.ops import convert_to_tensor as tensor

from models.config.hyperparameters import DECAYED, OPTIMIZER_NAMES
from models.network.model import assemble
from models.network.optimizers import clip, make_optimizer
from tests.factories.models import graph_config

NUMBERS = st.lists(
    st.floats(-100, 100, width=32, allow_subnormal=False), min_size=4, max_size=4
)


def _steps(optimizer, *, count=3):
    """Updates two weights by the same gradients; returns where they end."""
    weights = [keras.Variable(np.ones(3, np.float32)), keras.Variable(2.0)]
    optimizer.build(weights)
    generator = np.random.default_rng(0)
    for _ in range(count):
        grads = [generator.normal(size=3), generator.normal()]
        grads = [tensor(g, "float32") for g in grads]
        optimizer.apply(grads, weights)
    return np.concatenate([np.ravel(weight.numpy()) for weight in weights])


def _made(name, **numbers):
    optimizer = make_optimizer(name)
    optimizer.learning_rate.assign(0.1)
    for key, value in numbers.items():
        getattr(optimizer, key).assign(value)
    return optimizer


STOCK = {
    "adam": lambda **more: keras.optimizers.Adam(0.1, **more),
    "adamw": lambda **more: keras.optimizers.AdamW(0.1, weight_decay=0.01, **more),
    "sgd": lambda nesterov=True, **more: keras.optimizers.SGD(
        0.1, momentum=0.7, nesterov=nesterov, **more
    ),
    "lion": lambda **more: keras.optimizers.Lion(0.1, weight_decay=0.01, **more),
}


@pytest.mark.parametrize("name", OPTIMIZER_NAMES)
def test_they_are_those_of_keras(name):
    """With the same numbers as variables each steps as Keras's does, to the bit."""
    numbers = (
        {"momentum_variable": 0.7, "nesterov_variable": 1.0} if name == "sgd" else {}
    )
    numbers |= {"weight_decay": 0.01} if name in DECAYED else {}

    assert _steps(_made(name, **numbers)).tolist() == _steps(STOCK[name]()).tolist()
    clipped = _steps(_made(name, **numbers, clip_norm=0.5))
    expected = _steps(STOCK[name](global_clipnorm=0.5))
    np.testing.assert_allclose(clipped, expected, rtol=1e-5)


def test_momentum_without_nesterov():
    """With the kind as a variable it steps as Keras's plain momentum, to the bit."""
    ours = _made("sgd", momentum_variable=0.7, nesterov_variable=0.0)
    assert _steps(ours).tolist() == _steps(STOCK["sgd"](nesterov=False)).tolist()


@given(NUMBERS, st.floats(0.01, 500))
def test_clipping(numbers, norm):
    """All gradients shrink alike, to the norm; those within it stay to the bit."""
    grads = [np.array(numbers[:3], np.float32), None, np.float32(numbers[3])]
    found = clip([g if g is None else tensor(g) for g in grads], norm)
    before = np.array(numbers, np.float32)
    after = np.append(np.array(found[0]), np.array(found[2]))
    length = np.sqrt(np.square(before, dtype=np.float64).sum())

    assert found[1] is None
    if length < 0.999 * norm:
        assert after.tolist() == before.tolist()
    else:
        expected = before * min(1.0, norm / length)
        np.testing.assert_allclose(after, expected, rtol=1e-4, atol=1e-6)


def test_no_norm_no_clipping():
    """A norm of 0 leaves gradients unchanged, to the bit."""
    for size in (0.0, 1e-30, 3.7, 1e15):
        grad = np.full(3, size, np.float32)
        assert np.array(clip([tensor(grad)], 0.0)[0]).tolist() == (grad.tolist())


@pytest.mark.parametrize("name", DECAYED)
def test_decay_spares_biases_and_normalisation(name):
    """Decay shrinks kernels only."""
    model = assemble(graph_config(training__optimizer=name))
    decayed = {
        weight.name
        for weight in model.trainable_variables
        if model.optimizer._use_weight_decay(weight)  # noqa: SLF001
    }
    assert decayed == {"kernel"}
