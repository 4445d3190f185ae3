"""Averaged weights: what is followed, what validates, and that training is the same."""

import keras
import numpy as np
import pytest

from models.optimization.ema import WeightAverage
from models.training.epoch import Part
from models.training.trainer import Trainer
from tests.factories.models import configured, pictures

ARRAYS = pictures(24)
PART = Part(train=np.arange(16), validation=np.arange(16, 24))


@pytest.fixture(name="trainer", scope="module")
def _trainer():
    return Trainer()


def _fit(trainer, **values):
    scores = list(trainer.fit(configured(**values), ARRAYS, PART, seed=1))
    return [score.loss for score in scores], scores[-1].predictions.emotion


def test_the_average_is_that_of_its_formula():
    """Each value counts momentum times less than the one after it; weights sum to 1."""
    values = [3.0, -1.0, 4.0, 2.0]
    variable = keras.Variable(values[0])
    average = WeightAverage([variable])
    average.momentum.assign(0.8)
    for value in values[:-1]:
        variable.assign(value)
        average.follow([variable])
    variable.assign(values[-1])
    shares = 0.8 ** np.arange(4)[::-1]

    found = float(average.averages([variable])[0])
    assert found == pytest.approx((shares * values).sum() / shares.sum(), rel=1e-6)
    average.clear()
    assert float(average.averages([variable])[0]) == pytest.approx(values[-1])


@pytest.mark.slow
def test_training_does_not_see_the_average(trainer):
    """Losses are those without; validation is another, the less the shorter it is."""
    losses, plain = _fit(trainer)
    with_losses, long = _fit(trainer, training__ema=0.9)
    _, short = _fit(trainer, training__ema=1e-9)

    np.testing.assert_allclose(with_losses, losses, rtol=1e-5)
    assert np.abs(long - plain).max() > 1e-4
    np.testing.assert_allclose(short, plain, atol=1e-4)


def test_a_reset_forgets_the_average(trainer):
    """After another training the numbers are those of a fresh graph, to the bit."""
    first = _fit(trainer, training__ema=0.9)
    _fit(trainer, training__ema=0.99, training__learning_rate=0.5)
    again = _fit(trainer, training__ema=0.9)

    assert again[0] == first[0]
    assert again[1].tobytes() == first[1].tobytes()


def test_the_average_is_exported(trainer, tmp_path):
    """The file predicts what validation saw; the trainer keeps its own weights."""
    _, scores = _fit(trainer, training__ema=0.9)
    config = configured(training__ema=0.9)
    model = trainer._compiled(config.graph).model  # noqa: SLF001
    before = [weight.numpy() for weight in model.weights]
    trainer.export(config, tmp_path / "model.keras")
    found = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    images = ARRAYS.images[PART.validation]

    exported = np.asarray(found.predict_on_batch(images)["emotion"])
    np.testing.assert_allclose(exported, scores, atol=1e-5)
    for weight, kept in zip(model.weights, before, strict=True):
        assert np.array_equal(weight.numpy(), kept)
