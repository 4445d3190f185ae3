"""A study of valence and arousal: its trials, diverged ones, and its real training."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from data_pipeline.labels.labels import DIMENSIONS
from data_pipeline.split.split import Fold
from models.metrics.predictions import Predictions
from models.metrics.scores import scores
from models.training.epoch import EpochScore
from models.training.trainer import Trainer
from search.trial.messages import Completed, Pruned, Spent
from search.trial.trial import completed, run_trial
from tests.factories.models import configured, pictures
from tests.fakes.model_cost import FakeCosts
from tests.strategies.metrics import labels, outputs

OBJECTIVE = {"valence_arousal.mean_ccc": 1.0}


def follow(stream):
    """Runs a trial to its end; returns its outcome."""
    while True:
        try:
            next(stream)
        except StopIteration as end:
            return end.value


def job_of(targets, folds):
    """Returns the parts of a job that a trial uses."""
    return SimpleNamespace(
        folds=folds,
        scoring_targets=targets,
        targets=targets,
        objective=OBJECTIVE,
        stride=10,
        limits={},
        times_models=False,
        groups=None,
        subjects=None,
        groups_of=lambda _: None,
    )


@pytest.fixture(name="study", scope="module")
def _study():
    """A table with ratings only, two folds, and a small network."""
    arrays = pictures(16, dimensions=DIMENSIONS)
    rows = np.arange(16)
    folds = tuple(
        Fold(train=rows[rows % 2 != k], validation=rows[rows % 2 == k]) for k in (0, 1)
    )
    arrays.targets.valence_arousal_mask[:3] = False
    config = configured(
        dimensions=DIMENSIONS, training__epochs=2, loss__focal_gamma=1.0
    )
    return arrays, job_of(arrays.targets, folds), config


@pytest.mark.slow
def test_a_trial_trains_on_ratings(study):
    """All three heads train at once; the value is the pooled concordance."""
    arrays, job, config = study
    outcome = follow(run_trial(Trainer(), arrays, job, config, 7))
    assert isinstance(outcome, Completed)
    assert outcome.value <= 1
    names = {f"valence_arousal.{which}_rmse" for which in ("mean", *DIMENSIONS)}
    assert names <= set(outcome.scores)
    assert outcome.scores["valence_arousal.mean_rmse"] > 0


def test_the_value_is_of_all_folds_at_once():
    """The concordance of the pool is not the mean of the folds' concordances."""
    generator = np.random.default_rng(3)
    wanted = generator.uniform(-1, 1, (12, 2))
    predicted = wanted + generator.normal(0, 0.5, (12, 2))
    truth, whole = labels(ratings=wanted), outputs(ratings=predicted)
    parts = [np.arange(4), np.arange(4, 12)]
    pooled = Predictions.concatenate([whole.take(rows) for rows in parts])
    outcome = completed([pooled], truth, OBJECTIVE, Spent())
    expected = scores(truth, whole)["valence_arousal.mean_ccc"]
    folds = [
        scores(truth.take(rows), whole.take(rows))["valence_arousal.mean_ccc"]
        for rows in parts
    ]
    assert outcome.value == pytest.approx(expected)
    assert outcome.value != pytest.approx(np.mean(folds), abs=1e-4)
    assert outcome.thresholds == {}


def test_ratings_that_are_no_numbers_have_diverged():
    """One predicted rating of NaN ends the trial, even on an unrated image."""
    targets = labels(ratings=[[0.1, 0.2], [np.nan, 0.4]])
    fold = Fold(train=np.array([0]), validation=np.array([0, 1]))
    predicted = outputs(ratings=[[0.0, 0.0], [math.nan, 0.0]])

    def fit(_config, _arrays, part, **_options):
        yield EpochScore(
            epoch=1,
            loss=0.1,
            learning_rate=0.1,
            predictions=predicted,
            seconds_trained=0.0,
            seconds_validated=0.0,
            value=part.value(predicted),
        )

    trainer = SimpleNamespace(
        fit=fit,
        cost=FakeCosts().cost,
        timings=SimpleNamespace(built=0.0, traced=0.0),
    )
    config = SimpleNamespace(epochs=1)
    outcome = follow(run_trial(trainer, None, job_of(targets, (fold,)), config, 1))
    assert isinstance(outcome, Pruned)
    assert outcome.reason == "diverged"
