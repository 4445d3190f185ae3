"""The objective: steps, pooled values, the peak's epoch, divergence; a fake trainer."""

import math
from dataclasses import replace

import numpy as np
import pytest

from data_pipeline.system.seeds import child_seed
from models.calibration.calibration import Calibration, CalibrationFit
from models.calibration.fitting import AT_HALF
from models.metrics.predictions import Predictions
from models.metrics.scores import scores
from search.trial.curve import smoothed
from search.trial.messages import (
    CALIBRATION,
    Completed,
    Pruned,
    Spent,
    outcome_attributes,
)
from search.trial.objective import weighted_mean
from search.trial.trial import completed, run_trial
from tests.fakes.trainer import (
    CONFIG,
    EPOCHS,
    FOLDS,
    OBJECTIVE,
    ROWS,
    STRIDE,
    FakeTrainer,
    epoch,
    follow,
    trial,
)
from tests.strategies.metrics import labels, outputs


def test_steps():
    """Steps are fold * stride + epoch, and only the very last report is marked."""
    job, _, folds = trial()
    reports, _ = follow(run_trial(FakeTrainer(folds), None, job, CONFIG, 7))
    assert [r.step for r in reports] == [1, 2, 3, 4, 11, 12, 13, 14, 21, 22, 23, 24]
    assert [r.fold * STRIDE + r.epoch for r in reports] == [r.step for r in reports]
    assert [r.step for r in reports if r.last] == [24]


def test_folds_are_trained_apart():
    """Each fold trains on its own rows, with its own seed."""
    job, _, folds = trial()
    trainer = FakeTrainer(folds)
    follow(run_trial(trainer, None, job, CONFIG, 7))
    seeds = [call.seed for call in trainer.calls]
    assert seeds == [child_seed(7, "fold", index) for index in range(FOLDS)]
    for call, fold in zip(trainer.calls, job.folds, strict=True):
        assert call.part.train is fold.train
        assert call.part.validation is fold.validation


def test_reported_values():
    """A report's value is the weighted mean of its own fold's metrics."""
    job, tables, folds = trial()
    reports, _ = follow(run_trial(FakeTrainer(folds), None, job, CONFIG, 7))
    rows = job.folds[1].validation
    table = scores(job.targets.take(rows), tables[2].take(rows))
    f1, auc = table["emotion.macro_f1"], table["action_units.mean_auc"]
    report = next(r for r in reports if (r.fold, r.epoch) == (1, 3))
    assert report.value == pytest.approx((f1 + 0.5 * auc) / 1.5)


@pytest.mark.parametrize("seed", range(8))
def test_value_is_pooled(seed):
    """The value scores all folds' rows at once: here put back at their places."""
    job, tables, folds = trial(seed)
    _, outcome = follow(run_trial(FakeTrainer(folds), None, job, CONFIG, 7))
    whole = [
        Predictions.scatter(
            [fold[n].predictions for fold in folds],
            [fold.validation for fold in job.folds],
            count=ROWS,
        )
        for n in range(EPOCHS)
    ]
    curve = [weighted_mean(scores(job.targets, table), OBJECTIVE) for table in whole]
    assert outcome.curve == pytest.approx(curve)
    smooth = np.convolve(curve, np.ones(3), mode="same") / [2, 3, 3, 2]
    assert outcome.value == pytest.approx(smooth.max())
    assert outcome.epoch == int(smooth.argmax()) + 1
    peak = scores(job.targets, tables[outcome.epoch - 1])
    assert outcome.scores == pytest.approx(
        {name: value for name, value in peak.items() if math.isfinite(value)}
    )
    assert outcome.thresholds.keys() == set(job.targets.action_units)


def test_pooled_is_no_mean_of_folds():
    """A class that one fold never has counts once in the pool, not once a fold."""
    truth = labels([0, 0, 1, 1])
    predicted = outputs([0, 0, 0, 1])
    parts = [predicted.take(np.array([0, 1])), predicted.take(np.array([2, 3]))]
    outcome = completed(
        [Predictions.concatenate(parts)], truth, {"emotion.macro_f1": 1.0}, Spent()
    )
    # By hand: F1 of class 0 is 4/5, of class 1 is 2/3; a mean of folds would be 5/6.
    assert outcome.value == pytest.approx((4 / 5 + 2 / 3) / 2)


@pytest.mark.parametrize(
    ("curve", "expected"),
    [
        ([0.3], (0.3,)),
        ([0.2, 0.4], (0.3, 0.3)),
        ([0.0, 0.9, 0.0, 0.0], (0.45, 0.3, 0.3, 0.0)),
        ([0.1, 0.4, 0.4, 0.1], (0.25, 0.3, 0.3, 0.25)),
    ],
)
def test_smoothing(curve, expected):
    """Each epoch is averaged with the neighbours that it has."""
    assert smoothed(curve) == pytest.approx(expected)


def test_the_first_of_equal_peaks():
    """Of equal peaks the earlier epoch is taken: it costs less to retrain."""
    truth = labels([0, 1])
    right, wrong = outputs([0, 1]), outputs([1, 0])
    pooled = [wrong, right, right, right, right, right, wrong]
    outcome = completed(pooled, truth, {"emotion.accuracy": 1.0}, Spent())
    assert (outcome.epoch, outcome.value) == (3, 1.0)


@pytest.mark.parametrize(
    "broken",
    ["nan loss", "infinite loss", "nan emotion", "nan unit", "no predictions"],
)
def test_diverged(broken):
    """A loss or an output that is no number ends the trial as diverged."""
    job, tables, folds = trial()
    bad = tables[1].take(job.folds[1].validation)
    loss = {"nan loss": math.nan, "infinite loss": math.inf}.get(broken, 0.5)
    if broken == "nan emotion":
        bad.emotion[2, 1] = math.nan
    if broken == "nan unit":
        bad.action_units[0, 0] = math.nan
    folds[1][1] = epoch(2, None if broken == "no predictions" else bad, loss=loss)
    trainer = FakeTrainer(folds)
    reports, outcome = follow(run_trial(trainer, None, job, CONFIG, 7))
    assert isinstance(outcome, Pruned)
    assert (outcome.reason, outcome.spent.epochs) == ("diverged", 6)
    assert [r.step for r in reports] == [1, 2, 3, 4, 11]
    assert len(trainer.calls) == 2


def test_pruning_stops_the_training():
    """A trial that is closed closes the fit that it follows."""
    job, _, folds = trial()
    trainer = FakeTrainer(folds)
    stream = run_trial(trainer, None, job, CONFIG, 7)
    next(stream)
    stream.close()
    assert (trainer.closed, len(trainer.calls)) == (1, 1)


def test_spent():
    """A trial's account adds up over its folds, graphs and tracing included."""
    job, _, folds = trial()
    reports, outcome = follow(run_trial(FakeTrainer(folds), None, job, CONFIG, 7))
    assert isinstance(outcome, Completed)
    assert outcome.spent == reports[-1].spent
    assert outcome.spent == Spent(
        epochs=12,
        parameters=123,
        model_bytes=492,
        built=3.0,
        traced=0.5,
        trained=24.0,
        validated=3.0,
    )
    assert reports[0].spent == Spent(
        epochs=1,
        parameters=123,
        model_bytes=492,
        built=1.0,
        traced=0.5,
        trained=2.0,
        validated=0.25,
    )


def test_one_target():
    """A study of emotions only has no thresholds, one of action units has them."""
    truth, predictions = labels([0, 1, 2]), outputs([0, 1, 1])
    outcome = completed([predictions], truth, {"emotion.accuracy": 1.0}, Spent())
    assert outcome.thresholds == {}
    assert outcome.value == pytest.approx(2 / 3)
    truth = labels(units=[[1], [0], [0]])
    predictions = outputs(units=[[0.9], [0.2], [0.1]])
    outcome = completed([predictions], truth, {"action_units.mean_f1": 1.0}, Spent())
    assert outcome.thresholds == {"AU1": pytest.approx(0.55)}
    assert outcome.value == 1.0


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ({"a": 0.5, "b": 0.8}, 0.6),
        ({"a": 0.5, "b": math.nan}, 1 / 3),
        ({"a": 0.5}, 1 / 3),
        ({"b": 1.0}, 1 / 3),
    ],
)
def test_weighted_mean(table, expected):
    """Weights are shares of their sum; an undefined metric counts as 0."""
    assert weighted_mean(table, {"a": 2.0, "b": 1.0}) == pytest.approx(expected)


def test_a_calibration_is_fitted_on_out_of_fold_rows_alone(monkeypatch):
    """It is that of the pooled predictions at the trial's epoch, and their labels."""
    given = []

    def watched(targets, predictions, **more):
        given.append((targets, predictions, more))
        return CalibrationFit(calibration=Calibration(temperature=1.5))

    monkeypatch.setattr("search.trial.trial.fit_calibration", watched)
    job, tables, folds = trial()
    job = replace(job, subjects=np.arange(ROWS) // 2)
    _, outcome = follow(run_trial(FakeTrainer(folds), None, job, CONFIG, 7))
    ((targets, predictions, more),) = given
    rows = np.concatenate([fold.validation for fold in job.folds])
    assert (predictions.emotion == tables[outcome.epoch - 1].emotion[rows]).all()
    assert (targets.emotion == job.targets.emotion[rows]).all()
    assert (more["subjects"] == rows // 2).all()
    assert not more["units_at_half"]
    assert outcome_attributes(outcome)[CALIBRATION]["temperature"] == 1.5


@pytest.mark.parametrize(
    ("metric", "left"),
    [("action_units.mean_f1", True), ("action_units.mean_auc", False)],
)
def test_units_whose_decisions_are_the_objective_stay(metric, left):
    """An objective of decisions at 0.5 leaves action units as they are."""
    job, _, folds = trial()
    job = replace(job, objective={metric: 1.0})
    _, outcome = follow(run_trial(FakeTrainer(folds), None, job, CONFIG, 7))
    reasons = {outcome.calibration.left[unit] for unit in job.targets.action_units}
    assert (reasons == {AT_HALF}) == left
