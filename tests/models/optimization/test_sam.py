"""Sharpness-aware steps, compared with Keras's own steps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras.ops import convert_to_tensor as tensor

from models.optimization.sam import climbed
from models.training.batches import TrainingRows
from models.training.compiled_model import CompiledModel
from models.training.epoch import Part
from models.training.trainer import Trainer
from tests.factories.models import configured, pictures

NUMBERS = st.lists(st.floats(-50, 50, width=32), min_size=4, max_size=4)
ARRAYS = pictures(8)
ROWS = np.arange(8)
RHO = 0.5
BARE = {
    "training__optimizer": "sgd",
    "training__momentum": 0.0,
    "head__dropout": 0.4,
    "augmentation__preset": "standard",
    "regularization__l2": 1e-3,
    "training__ema": 0.9,
}


@given(NUMBERS, st.floats(1e-3, 10))
def test_the_way_up(numbers, rho):
    """The step is rho long along the gradient; without a slope it is 0."""
    slope = np.array(numbers, np.float32)
    weights = np.ones(4, np.float32)
    found = climbed(tensor(weights), tensor(slope), tensor(np.float32(rho)))
    moved = np.asarray(found) - weights
    length = np.linalg.norm(slope.astype(np.float64))

    expected = rho * slope / max(length, 1e-12)
    np.testing.assert_allclose(moved, expected, rtol=1e-4, atol=1e-5)


def _step(compiled, config, *, at=None):
    """Makes one step of rate 1 from a reset model; returns all that it leaves."""
    compiled.reset(config.runtime, seed=3)
    model = compiled.model
    model.optimizer.learning_rate.assign(1.0)
    for variable, value in zip(model.trainable_variables, at or [], strict=bool(at)):
        variable.assign(value)
    before = [variable.numpy() for variable in model.trainable_variables]
    loss, _ = compiled.train(TrainingRows(ARRAYS, ROWS, config, 3).batches(1))
    after = [variable.numpy() for variable in model.trainable_variables]
    gone = [old - new for old, new in zip(before, after, strict=True)]
    left = {
        variable.path: variable.numpy()
        for layer in (*model.layers, model.average)
        for variable in layer.non_trainable_variables
    }
    return before, gone, loss, left


@pytest.mark.slow
def test_two_plain_steps_make_one_sharp_one():
    """It goes by the gradient at the top, which Keras's own step finds there too."""
    plain, sharp = configured(**BARE), configured(**BARE, training__sam_rho=RHO)
    compiled = CompiledModel(plain.graph)
    start, slope, expected_loss, expected_left = _step(compiled, plain)
    length = np.sqrt(sum(np.square(g).sum(dtype=np.float64) for g in slope))
    top = [w + RHO * g / length for w, g in zip(start, slope, strict=True)]
    _, expected, _, _ = _step(compiled, plain, at=top)
    found_start, found, loss, left = _step(CompiledModel(sharp.graph), sharp)

    for one, other in zip(found_start, start, strict=True):
        np.testing.assert_array_equal(one, other)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-3, atol=2e-5)
    assert any(
        np.abs(one - other).max() > 1e-3
        for one, other in zip(found, slope, strict=True)
    )
    # The second pass leaves no statistics, draws and averages.
    assert loss == pytest.approx(expected_loss, rel=1e-5)
    for one, other in zip(left.values(), expected_left.values(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize(
    "more",
    [{}, {"training__precision": "mixed_float16", "training__clip_norm": 1.0}],
    ids=["float32", "float16"],
)
def test_training_repeats_and_learns(more):
    """A sharp training gives the same losses after another one, and they fall."""
    arrays, trainer = pictures(24), Trainer()
    part = Part(train=np.arange(24), validation=None)

    def losses(**values):
        config = configured(
            training__epochs=6, training__learning_rate=0.01, **more, **values
        )
        return [score.loss for score in trainer.fit(config, arrays, part, seed=1)]

    first = losses(training__sam_rho=0.05)
    losses(training__sam_rho=1.0)
    assert losses(training__sam_rho=0.05) == first
    assert first[-1] < first[0]
