"""Laws of a training: what its result depends on, and what it reports."""

import math
from dataclasses import replace

import numpy as np
import pytest

from data_pipeline.labels.labels import DIMENSIONS
from data_pipeline.targets.balances import BALANCES
from models.config.hyperparameters import OPTIMIZER_NAMES
from models.config.schedules import SCHEDULES
from models.network.model import ExpressionModel
from models.training.epoch import Part
from models.training.trainer import Trainer
from tests.factories.models import configured, pictures

ROWS = 24
PART = Part(train=np.arange(16), validation=np.arange(16, ROWS))


@pytest.fixture(name="trainer", scope="module")
def _trainer():
    return Trainer()


def _fit(trainer, arrays=None, *, part=PART, seed=1, stop_after=None, **values):
    config = configured(**values)
    arrays = arrays or pictures(ROWS)
    return list(trainer.fit(config, arrays, part, seed=seed, stop_after=stop_after))


def _numbers(scores):
    return [
        (score.loss, score.learning_rate, score.predictions.emotion.tobytes())
        for score in scores
    ]


@pytest.mark.parametrize(
    "optimizer",
    [
        pytest.param(name, marks=() if name == "adam" else pytest.mark.slow)
        for name in OPTIMIZER_NAMES
    ],
)
def test_a_reset_model_is_a_fresh_one(trainer, optimizer):
    """With each optimizer a reused graph gives the numbers of a new process."""
    fresh = _fit(Trainer(), training__optimizer=optimizer)
    _fit(trainer, training__optimizer=optimizer, seed=2, training__learning_rate=1e3)
    used = _fit(trainer, training__optimizer=optimizer)

    assert _numbers(used) == _numbers(fresh)


@pytest.mark.slow
def test_the_loss_falls_and_faces_are_separated(trainer):
    """A learnable set is learnt: loss down, validation far above chance."""
    scores = _fit(
        trainer,
        pictures(120),
        part=Part(train=np.arange(90), validation=np.arange(90, 120)),
        training__epochs=8,
        training__learning_rate=1e-2,
        backbone__filters=16,
        head__dense_units=32,
    )
    wanted = pictures(120).targets.emotion[90:].argmax(axis=1)
    right = scores[-1].predictions.emotion.argmax(axis=1) == wanted

    assert scores[-1].loss < 0.75 * scores[0].loss
    assert right.mean() > 0.8


@pytest.mark.slow
def test_stopping_early_follows_the_same_path(trainer):
    """A training that stops earlier is the beginning of the whole one."""
    whole = _fit(trainer, training__epochs=4)
    short = _fit(trainer, training__epochs=4, stop_after=2)

    assert _numbers(short) == _numbers(whole)[:2]


def test_an_abandoned_training_leaves_no_trace(trainer):
    """Closing the iterator after an epoch changes nothing for the next training."""
    whole = _fit(trainer)
    started = trainer.fit(configured(), pictures(ROWS), PART, seed=9)
    next(started)
    started.close()

    assert _numbers(_fit(trainer)) == _numbers(whole)


def test_validation_does_not_train(trainer):
    """Weights do not depend on the validation rows, not even on their pixels."""
    arrays = pictures(ROWS)
    with_validation = _fit(trainer, arrays)
    without = _fit(trainer, arrays, part=Part(train=PART.train, validation=None))

    assert [s.loss for s in without] == [s.loss for s in with_validation]
    assert without[0].predictions is None


def test_rows_outside_the_part_are_not_used(trainer):
    """Other pixels and labels in the validation rows leave the losses unchanged."""
    arrays, other = pictures(ROWS), pictures(ROWS, seed=5)
    other.images[:16] = arrays.images[:16]
    other.targets.action_unit[:16] = arrays.targets.action_unit[:16]

    for balance in BALANCES[1:]:
        first = _fit(trainer, arrays, balance=balance)
        second = _fit(trainer, other, balance=balance)
        assert [s.loss for s in first] == [s.loss for s in second]


def test_masked_labels_have_no_effect(trainer):
    """Values under a mask change nothing."""
    arrays, other = (pictures(ROWS, dimensions=DIMENSIONS) for _ in range(2))
    for targets in (arrays.targets, other.targets):
        targets.emotion_mask[:5] = False
        targets.action_unit_mask[3:9, 0] = False
        targets.valence_arousal_mask[6:12, 1] = False
    other.targets.emotion[:5] = 1.0
    other.targets.action_unit[3:9, 0] = 1 - other.targets.action_unit[3:9, 0]
    other.targets.valence_arousal[6:12, 1] = -2.0
    heads = {"dimensions": DIMENSIONS}

    first = _numbers(_fit(trainer, arrays, **heads))
    assert _numbers(_fit(trainer, other, **heads)) == first


def test_a_training_without_any_label_is_finite(trainer):
    """Batches whose labels are all masked give a loss of 0, not NaN."""
    arrays = pictures(ROWS, dimensions=DIMENSIONS)
    arrays.targets.emotion_mask[:] = False
    arrays.targets.action_unit_mask[:] = False
    arrays.targets.valence_arousal_mask[:] = False

    found = _fit(trainer, arrays, dimensions=DIMENSIONS)
    assert [s.loss for s in found] == [0.0, 0.0]


@pytest.mark.slow
def test_divergence_is_yielded(trainer):
    """An absurd learning rate ends in numbers that are not finite, not in an error."""
    scores = _fit(
        trainer,
        training__optimizer="sgd",
        training__learning_rate=1e3,
        regularization__l2=1.0,
        training__epochs=8,
    )
    finite = [math.isfinite(score.loss) for score in scores]

    assert not all(finite)
    assert len(scores) == 8


def test_predictions_are_probabilities(trainer):
    """Rows of emotions sum to 1; a validation part of any size comes back whole."""
    for count in (1, 7):
        part = Part(train=PART.train, validation=np.arange(count))
        found = _fit(trainer, part=part)[-1].predictions
        np.testing.assert_allclose(found.emotion.sum(axis=1), 1.0, rtol=1e-5)
        assert found.action_units.shape == (count, 2)
        assert ((found.action_units >= 0) & (found.action_units <= 1)).all()


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_replayed_rates_are_the_same_training(trainer, schedule):
    """Replayed rates give the schedule's training without validation."""
    judged = replace(PART, score=lambda _: 0.0)
    keys = {
        "training__schedule": schedule,
        "training__epochs": 4,
        "training__step_epochs": 1,
        "training__plateau_patience": 1,
    }
    first = _fit(trainer, part=judged, **keys)
    rates = [score.learning_rate for score in first]
    alone = Part(train=PART.train, validation=None)
    again = list(
        trainer.fit(configured(**keys), pictures(ROWS), alone, seed=1, rates=rates)
    )

    assert [s.loss for s in again] == [s.loss for s in first]
    assert (len(set(rates)) == 1) == (schedule == "constant")
    variable = trainer._compiled(configured(**keys).graph).model.optimizer  # noqa: SLF001
    assert float(variable.learning_rate) == np.float32(rates[-1])


@pytest.mark.slow
def test_a_dropped_graph_is_built_again(monkeypatch):
    """Where memory allows one graph, the one unused longest is dropped and rebuilt."""
    built = []
    original = ExpressionModel.__init__

    def counted(self, **graph):
        built.append(1)
        original(self, **graph)

    monkeypatch.setattr(ExpressionModel, "__init__", counted)
    trainer = Trainer(memory=0)
    first = _fit(trainer, head__dense_units=4)
    _fit(trainer, head__dense_units=5)
    again = _fit(trainer, head__dense_units=4)

    assert len(built) == 3
    assert _numbers(first) == _numbers(again)
    assert trainer.timings.built > 0
    assert trainer.timings.traced > 0


def test_predictions_are_those_of_the_last_fit(trainer):
    """Asking for the predictions of a configuration that was not fitted is refused."""
    scores = _fit(trainer)
    found = trainer.predict(configured(), pictures(ROWS).images[PART.validation])

    assert np.array_equal(found.emotion, scores[-1].predictions.emotion)
    with pytest.raises(ValueError, match="last fit"):
        trainer.predict(configured(head__dropout=0.9), pictures(ROWS).images)


def test_scoring_training_rows_changes_nothing(trainer):
    """Training rows are scored like validation rows, and training is unchanged."""
    part = replace(PART, training_sample=PART.train[:5])
    watched = _fit(trainer, part=part)
    same = _fit(trainer, part=replace(PART, validation=PART.train[:5]))

    assert _numbers(watched) == _numbers(_fit(trainer))
    for score, other in zip(watched, same, strict=True):
        assert np.array_equal(score.training_sample.emotion, other.predictions.emotion)
    assert same[0].training_sample is None
