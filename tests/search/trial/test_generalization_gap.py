"""The gap between training and validation rows, and the word for it."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.split.split import Fold
from models.evaluation.baseline import baseline_predictions
from models.metrics.scores import scores
from search.trial.curve import smoothed
from search.trial.fold_history import FoldHistory, pooled, pooled_samples
from search.trial.generalization_gap import classify_fit, describe_gap, training_sample
from search.trial.messages import (
    Completed,
    Pruned,
    complete_outcome,
    outcome_attributes,
)
from search.trial.objective import weighted_mean
from search.trial.trial import run_trial
from tests.fakes.trainer import (
    CONFIG,
    OBJECTIVE,
    ROWS,
    FakeTrainer,
    follow,
    trial,
)
from tests.strategies.metrics import drawn

values = st.floats(-1.0, 1.0)


@pytest.mark.parametrize(
    ("trained", "value", "word"),
    [
        (0.75, 0.8839, "balanced"),  # run 1 and run 4 of the seed
        (0.4375, 0.4375, "under-fitting"),  # run 2
        (0.875, 0.7946, "over-fitting"),  # run 3
    ],
)
def test_coursework_diagnoses(trained, value, word):
    """Accuracies that a coursework diagnosed by hand get the same words.

    Its commonest emotion has 328 of 560 images: that is its baseline.
    """
    assert classify_fit(value, trained=trained, baseline=328 / 560).diagnosis == word


@pytest.mark.parametrize(
    ("trained", "value", "baseline", "word"),
    [
        (0.25, 0.25, 0.0, "balanced"),  # just a quarter of the way is learned
        (0.2499, 0.2499, 0.0, "under-fitting"),
        (0.625, 0.575, 0.5, "balanced"),  # the same with a baseline of half
        (0.6249, 0.6, 0.5, "under-fitting"),
        (0.5, 0.4, 0.0, "balanced"),  # just a tenth is lost
        (0.5, 0.3999, 0.0, "over-fitting"),
        (0.8, 0.75, 0.5, "balanced"),
        (0.8, 0.7499, 0.5, "over-fitting"),
        (0.2, 0.0, 0.0, "under-fitting"),  # learning comes first
        (1.0, 0.7, 1.0, "balanced"),  # nothing is left to learn
    ],
)
def test_borders(trained, value, baseline, word):
    """A quarter of the way is learned enough, a tenth behind is no over-fitting."""
    assert classify_fit(value, trained=trained, baseline=baseline).diagnosis == word


@given(value=values, trained=values, baseline=values)
def test_gap_is_a_difference(value, trained, baseline):
    """The gap is training minus validation, and one word always fits."""
    found = classify_fit(value, trained=trained, baseline=baseline)
    assert math.isclose(found.gap, trained - value, abs_tol=1e-8)
    assert found.diagnosis in {"under-fitting", "over-fitting", "balanced"}
    if trained <= value:
        assert found.diagnosis != "over-fitting"


@given(rows=st.integers(1, 900), validation=st.integers(1, 900))
def test_sample(rows, validation):
    """As many training rows as validate are scored, each once, the same each time."""
    train = np.arange(rows) + 1000
    fold = Fold(train=train, validation=np.arange(validation))
    sample = training_sample(fold, 0)
    assert len(sample) == min(rows, validation, 512)
    assert len(np.unique(sample)) == len(sample)
    assert np.isin(sample, train).all()
    assert sample.tolist() == training_sample(fold, 0).tolist()


def test_folds_have_samples_of_their_own():
    """The rows drawn depend on the fold."""
    fold = Fold(train=np.arange(50), validation=np.arange(50, 60))
    assert training_sample(fold, 0).tolist() != training_sample(fold, 1).tolist()


def test_a_trials_gap():
    """The training rows are scored as the validation rows are: pooled, at the peak."""
    job, _, folds = trial()
    trained = [drawn(900 + n, rows=ROWS, skill=0.9)[1] for n in range(CONFIG.epochs)]
    samples = [training_sample(fold, index) for index, fold in enumerate(job.folds)]
    watched = [
        [
            replace(each, training_sample=trained[each.epoch - 1].take(rows))
            for each in epochs
        ]
        for epochs, rows in zip(folds, samples, strict=True)
    ]
    trainer = FakeTrainer(watched)
    _, outcome = follow(run_trial(trainer, None, job, CONFIG, 7))
    assert isinstance(outcome, Completed)
    rows = np.concatenate(samples)
    curve = [
        weighted_mean(
            scores(job.scoring_targets.take(rows), each.take(rows)), OBJECTIVE
        )
        for each in trained
    ]
    assert outcome.gap.trained_value == smoothed(curve)[outcome.epoch - 1]
    assert outcome.gap.gap == pytest.approx(outcome.gap.trained_value - outcome.value)
    for call, sample in zip(trainer.calls, samples, strict=True):
        assert call.part.training_sample.tolist() == sample.tolist()


def test_each_report_has_the_gap_of_its_epoch():
    """So a pruned trial has one: its own fold's rows, trained on against validated."""
    job, _, folds = trial()
    fold, sample = job.folds[0], training_sample(job.folds[0], 0)
    watched = replace(folds[0][0], training_sample=drawn(7, rows=ROWS)[1].take(sample))
    stream = run_trial(FakeTrainer([[watched]]), None, job, CONFIG, 7)
    report = next(stream)
    table = scores(job.scoring_targets.take(sample), watched.training_sample)
    trained = weighted_mean(table, OBJECTIVE)
    constant = baseline_predictions(
        job.scoring_targets.take(fold.train), count=len(fold.validation)
    )
    baseline = weighted_mean(
        scores(job.scoring_targets.take(fold.validation), constant), OBJECTIVE
    )

    assert report.gap == classify_fit(report.value, trained=trained, baseline=baseline)
    ended = complete_outcome(Pruned(reason="pruner"), report, sampled=0.0, waited=0.0)
    assert ended.gap == report.gap
    assert outcome_attributes(ended)["diagnosis"] == report.gap.diagnosis


def test_an_old_trial_has_none():
    """A trial without a recorded gap is described without one."""
    job, _, folds = trial()
    _, outcome = follow(run_trial(FakeTrainer(folds), None, job, CONFIG, 7))
    assert outcome.gap is None
    assert describe_gap({"epoch": 3}) is None


def test_a_stopped_fold_keeps_its_best_epoch():
    """Training rows of a fold that stopped early count as its validation rows do."""
    _, tables, _ = trial()
    short = FoldHistory(
        predictions=tables[:3],
        sample_predictions=tables[:3],
        values=[0.1, 0.9, 0.0],
        rates=[1.0],
    )
    long = FoldHistory(
        predictions=tables, sample_predictions=tables, values=[0.1] * 4, rates=[1.0]
    )
    for at, samples in zip(
        pooled([short, long]), pooled_samples([short, long]), strict=True
    ):
        assert np.array_equal(at.emotion, samples.emotion)
    assert pooled_samples([replace(short, sample_predictions=[]), long]) == []
