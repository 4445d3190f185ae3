"""The optimizer on flat vectors: its rules against Keras's own, and by hand."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras.ops import convert_to_tensor as tensor

from models.config.hyperparameters import DECAYED, OPTIMIZER_NAMES
from models.network.model import assemble
from models.optimization.flat_weights import assign, join, layout_of, ordered, split
from models.optimization.optimizer import RULES, Optimizer, clipped
from tests.factories.models import graph_config

NUMBERS = st.lists(
    st.floats(-100, 100, width=32, allow_subnormal=False), min_size=4, max_size=4
)
STEPS = 50


def _variables():
    """Makes a kernel of a penalized layer, another kernel, and what is not decayed."""
    generator = np.random.default_rng(7)
    shapes = {"bias": (3,), "kernel": (4, 3), "gamma": (2,), "depthwise_kernel": (2, 2)}
    return [
        keras.Variable(generator.normal(size=shape).astype(np.float32), name=name)
        for name, shape in shapes.items()
    ]


def _gradients(count=STEPS, *, size=1.0):
    generator = np.random.default_rng(0)
    shapes = [tuple(variable.shape) for variable in _variables()]
    for _ in range(count):
        yield [
            tensor(size * generator.normal(size=shape), "float32") for shape in shapes
        ]


def _made(variables, *, scaled=False, **numbers):
    optimizer = Optimizer(layout_of(variables, variables[1:2]), scaled=scaled)
    optimizer.reset()
    for key, value in {"learning_rate": 0.1, **numbers}.items():
        getattr(optimizer, key).assign(value)
    return optimizer


def _ours(name, **numbers):
    """Returns the variables after the steps of a rule, in the order of definition."""
    variables = _variables()
    by_layout = ordered(variables, variables[1:2])
    optimizer = _made(by_layout, optimizer=OPTIMIZER_NAMES.index(name), **numbers)
    shapes = [tuple(variable.shape) for variable in by_layout]
    for gradients in _gradients():
        of = {id(v): g for v, g in zip(variables, gradients, strict=True)}
        gradient = join([of[id(variable)] for variable in by_layout])
        assign(by_layout, split(optimizer.step(join(by_layout), gradient), shapes))
    return [variable.numpy() for variable in variables]


def _of_keras(optimizer):
    variables = _variables()
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    optimizer.build(variables)
    for gradients in _gradients():
        optimizer.apply(gradients, variables)
    return [variable.numpy() for variable in variables]


STOCK = {
    "adam": (lambda **more: keras.optimizers.Adam(0.1, **more), {}),
    "adamw": (
        lambda **more: keras.optimizers.AdamW(0.1, weight_decay=0.01, **more),
        {"weight_decay": 0.01},
    ),
    "sgd": (
        lambda **more: keras.optimizers.SGD(0.1, momentum=0.7, nesterov=True, **more),
        {"momentum": 0.7, "nesterov": 1.0},
    ),
    "lion": (
        lambda **more: keras.optimizers.Lion(0.1, weight_decay=0.01, **more),
        {"weight_decay": 0.01},
    ),
}


def _assert_close(found, expected):
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("name", OPTIMIZER_NAMES)
def test_rules_are_those_of_keras(name):
    """After 50 steps of a rule weights are those of Keras's own, but for rounding."""
    stock, numbers = STOCK[name]

    _assert_close(_ours(name, **numbers), _of_keras(stock()))
    _assert_close(
        _ours(name, **numbers, clip_norm=0.5), _of_keras(stock(global_clipnorm=0.5))
    )


@pytest.mark.parametrize("momentum", [0.0, 0.7])
def test_momentum_without_nesterov(momentum):
    """Plain momentum and none are those of Keras, too."""
    stock = keras.optimizers.SGD(0.1, momentum=momentum)
    _assert_close(_ours("sgd", momentum=momentum), _of_keras(stock))


def test_each_optimizer_has_a_rule():
    """The names of a study's optimizers and the rules are the same."""
    assert set(RULES) == set(OPTIMIZER_NAMES)


def test_a_reset_forgets_all_steps():
    """After a reset the same gradients lead to the same weights, to the bit."""
    variables = ordered(_variables(), [])
    optimizer = _made(variables, optimizer=0)
    start = join(variables)

    def steps():
        weights = start
        for gradients in _gradients(5):
            weights = optimizer.step(weights, join(gradients))
        return np.asarray(weights).tolist()

    first = steps()
    assert steps() != first
    optimizer.reset()
    assert steps() == first


def test_an_overflow_is_skipped():
    """A gradient that is not finite moves nothing, and halves the loss's scale."""
    variables = ordered(_variables(), [])
    optimizer = _made(variables, optimizer=0, scaled=True)
    weights, (gradients,) = join(variables), _gradients(1)
    gradient = np.asarray(join(gradients)).copy()
    scale = float(optimizer.scale)
    after = optimizer.step(weights, tensor(gradient))
    assert np.asarray(after).tolist() != np.asarray(weights).tolist()
    gradient[3] = np.inf
    moments = optimizer.first.numpy().tolist()

    same = optimizer.step(after, tensor(gradient))
    assert np.asarray(same).tolist() == np.asarray(after).tolist()
    assert optimizer.first.numpy().tolist() == moments
    assert float(optimizer.scale) == scale / 2


def test_the_scale_grows():
    """After 2,000 steps without overflow the loss's scale doubles, and counts anew."""
    variables = ordered(_variables(), [])
    optimizer = _made(variables, scaled=True)
    optimizer.since_overflow.assign(1999.0)
    scale = float(optimizer.scale)
    optimizer.step(join(variables), join(next(_gradients(1))))

    assert float(optimizer.scale) == 2 * scale
    assert float(optimizer.since_overflow) == 0.0


@given(NUMBERS, st.floats(0.01, 500))
def test_clipping(numbers, norm):
    """A gradient shrinks to the norm; a shorter one stays, to the bit."""
    before = np.array(numbers, np.float32)
    after = np.asarray(clipped(tensor(before), tensor(np.float32(norm))))
    length = np.sqrt(np.square(before, dtype=np.float64).sum())

    if length < 0.999 * norm:
        assert after.tolist() == before.tolist()
    else:
        expected = before * min(1.0, norm / length)
        np.testing.assert_allclose(after, expected, rtol=1e-4, atol=1e-6)


def test_no_norm_no_clipping():
    """A norm of 0 leaves gradients alone, however large or small, to the bit."""
    for size in (0.0, 1e-30, 3.7, 1e15):
        gradient = np.full(3, size, np.float32)
        found = np.asarray(clipped(tensor(gradient), tensor(np.float32(0.0))))
        assert found.tolist() == gradient.tolist()


@given(
    st.lists(
        st.lists(st.integers(1, 4), min_size=0, max_size=3).map(tuple),
        min_size=1,
        max_size=6,
    )
)
def test_splitting_undoes_joining(shapes):
    """Values of any shapes come back from the vector as they were."""
    generator = np.random.default_rng(1)
    values = [generator.normal(size=shape).astype(np.float32) for shape in shapes]
    parts = split(join([tensor(value) for value in values]), shapes)

    for part, value in zip(parts, values, strict=True):
        assert np.asarray(part).tolist() == value.tolist()


@pytest.mark.parametrize("name", DECAYED)
def test_decay_leaves_biases_and_normalization_alone(name):
    """With a rate of 1 and decay alone, kernels shrink, and nothing else moves."""
    model = assemble(graph_config())
    model.optimizer.reset()
    model.optimizer.optimizer.assign(OPTIMIZER_NAMES.index(name))
    model.optimizer.learning_rate.assign(1.0)
    model.optimizer.weight_decay.assign(0.5)
    for variable in model.trained:
        variable.assign(np.ones(variable.shape))
    weights = join(model.trained)
    parts = split(model.optimizer.step(weights, weights * 0.0), model.layout.shapes)
    ends = {
        variable.name: set(np.asarray(part).ravel().tolist())
        for variable, part in zip(model.trained, parts, strict=True)
    }

    assert ends == {"kernel": {0.5}, "bias": {1.0}, "gamma": {1.0}, "beta": {1.0}}
