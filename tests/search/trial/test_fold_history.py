"""Early stopping: when a fold stops, and how folds of different lengths are pooled."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.metrics.predictions import Predictions
from search.trial.curve import peak, smoothed
from search.trial.fold_history import FoldHistory, is_stale, pooled, shared_rates
from search.trial.messages import Completed
from search.trial.trial import run_trial
from tests.fakes.trainer import CONFIG, EPOCHS, FakeTrainer, follow, trial

CURVES = st.lists(st.floats(0, 1), min_size=1, max_size=12)


@given(CURVES, st.integers(1, 5))
def test_a_fold_stops_once_its_patience_is_spent(values, patience):
    """A fold stops that many epochs after the peak of its curve."""
    stale = [
        is_stale(values[:epoch], patience=patience)
        for epoch in range(1, len(values) + 1)
    ]
    for epoch, found in enumerate(stale, start=1):
        # Smoothed values come first; a tie is broken by the values themselves.
        curve = [*zip(smoothed(values[:epoch]), values, strict=False)]
        before = max(curve[:-patience], default=(-1, -1))
        assert found == (max(curve[-patience:]) <= before)
        assert peak(values[:epoch]) == curve.index(max(curve)) + 1
    assert not is_stale(values, patience=0)


def test_a_frozen_backbone_is_not_waited_for():
    """Patience counts from the end of the frozen epochs, or from a later peak."""
    falling = [0.9, 0.5, 0.4, 0.3, 0.2, 0.1]
    stale = [is_stale(falling[:n], patience=2, since=3) for n in range(1, 7)]

    assert stale == [False] * 4 + [True] * 2


def test_a_fold_is_not_over_in_its_frozen_epochs():
    """A trial's fold counts its patience from the end of its configuration's first."""
    falling = [0.9, 0.5, 0.4, 0.3, 0.2, 0.1]
    schedule = replace(CONFIG.schedule, frozen_epochs=3)
    config = replace(CONFIG, epochs=6, patience=2, schedule=schedule)
    over = [_run(falling[:n]).is_over(config) for n in range(1, 7)]

    assert over == [False] * 4 + [True] * 2


def _run(values):
    """Makes a fold whose predictions of an epoch encode its number."""
    predicted = [
        Predictions(emotion=np.full((1, 2), number), action_units=None)
        for number in range(1, len(values) + 1)
    ]
    return FoldHistory(predictions=predicted, values=values, rates=[1.0] * len(values))


def test_a_stopped_fold_counts_with_its_peak():
    """By hand: the short fold peaks at its second epoch and counts with it later."""
    epochs = pooled([_run([0.1, 0.6, 0.5, 0.0]), _run([0.1, 0.2, 0.3, 0.4, 0.5])])
    numbers = [found.emotion[:, 0].tolist() for found in epochs]

    assert numbers == [[1, 1], [2, 2], [3, 3], [4, 4], [2, 5]]


def _stopped(values, patience):
    """Runs a trial whose first fold scores ``values``; others rise to the end."""
    job, tables, folds = trial()
    rising = [0.1 * number for number in range(1, EPOCHS + 1)]
    scores = {
        score.predictions.emotion.tobytes(): value
        for fold, curve in zip(folds, (values, rising, rising), strict=True)
        for score, value in zip(fold, curve, strict=True)
    }
    trainer = FakeTrainer(folds)
    inner = trainer.fit

    def fit(config, arrays, part, *, seed):
        judge = lambda found: scores[found.emotion.tobytes()]  # noqa: E731
        return inner(config, arrays, replace(part, score=judge), seed=seed)

    trainer.fit = fit
    config = replace(CONFIG, patience=patience)
    reports, outcome = follow(run_trial(trainer, None, job, config, 7))
    return job, tables, reports, outcome


def test_a_trial_with_a_stopped_fold():
    """Only real epochs are reported; the curve is as long as the longest fold."""
    _, _, reports, outcome = _stopped([0.9, 0.1, 0.1, 0.1], patience=2)

    assert [r.step for r in reports] == [1, 2, 3, 11, 12, 13, 14, 21, 22, 23, 24]
    assert [r.step for r in reports if r.last] == [24]
    assert isinstance(outcome, Completed)
    assert outcome.spent.epochs == len(reports)
    assert len(outcome.curve) == len(outcome.learning_rates) == EPOCHS


def test_the_last_fold_stops():
    """A trial whose last fold stops early is fully trained and not pruned."""
    job, _, folds = trial()
    falling = iter([0.9, 0.1, 0.1] * 3)
    trainer = FakeTrainer(folds)
    inner = trainer.fit

    def fit(config, arrays, part, *, seed):
        part = replace(part, score=lambda _: next(falling))
        return inner(config, arrays, part, seed=seed)

    trainer.fit = fit
    config = replace(CONFIG, patience=2)
    reports, outcome = follow(run_trial(trainer, None, job, config, 7))

    assert [r.step for r in reports if r.last] == [23]
    assert len(outcome.curve) == EPOCHS - 1
    assert trainer.closed == len(job.folds)


@pytest.mark.parametrize("patience", [0, 4])
def test_enough_patience_changes_nothing(patience):
    """No patience, and as much as there are epochs, give the same trial to the bit."""
    job, _, folds = trial()
    plain = follow(run_trial(FakeTrainer(folds), None, job, CONFIG, 7))
    config = replace(CONFIG, patience=patience)

    assert follow(run_trial(FakeTrainer(folds), None, job, config, 7)) == plain


def test_a_stopped_folds_rate_stays_lowered():
    """By hand: a fold that lowered its rate and stopped keeps the mean down."""
    short = [1.0, 0.1, 0.1]
    long = [1.0, 1.0, 1.0, 1.0, 0.25, 0.25]
    found = shared_rates([short, long])
    half = 0.1**0.5
    assert found == pytest.approx((1.0, half, half, half, half / 4, half / 4))


@given(
    st.lists(st.lists(st.booleans(), min_size=1, max_size=8), min_size=1, max_size=4)
)
def test_lowered_rates_never_rise(folds):
    """Of folds that only ever lower their rates, the mean never rises."""
    rates = [[0.1 ** sum(fold[: n + 1]) for n in range(len(fold))] for fold in folds]
    found = shared_rates(rates)
    assert len(found) == max(map(len, rates))
    for before, after in pairwise(found):
        assert after <= before * (1 + 1e-12)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=4))
def test_folds_of_one_schedule_have_its_rates(lengths):
    """Where all folds have the same rates, they are kept to the bit at any length."""
    schedule = [0.3 * 0.87**n for n in range(9)]
    found = shared_rates([schedule[:length] for length in lengths])
    assert found == tuple(schedule[: max(lengths)])
