"""Steps are epochs of folds; rungs are shares of a trial's own training."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.trial import TrialState

from search.ledger.pruners import RungHalvingPruner
from search.sampling.rungs import SHARES, Steps, passed_rungs, steps_of
from search.study.study import read_study
from tests.factories.ledger import small
from tests.strategies.pruners import (
    LAWS,
    SEEDS,
    STEPS,
    begin,
    curve,
    ended_trial,
    trained_for,
)

FOLDS, EPOCHS = st.integers(1, 10), st.integers(1, 120)
LONGEST = 120


def steps_for(folds):
    """Makes steps whose folds have up to 120 epochs, 9 unless a trial sets more."""
    return Steps(folds=folds, stride=LONGEST, epochs=9)


def trained(epochs, reports=None, *, state=TrialState.COMPLETE):
    """Makes a trial of so many epochs a fold."""
    return ended_trial(reports or {}, state=state, **trained_for(epochs))


def stopped_early(generator, folds, epochs):
    """Draws a trial whose folds stop where they like; returns its reports."""
    return {
        fold * LONGEST + epoch: float(generator.random())
        for fold in range(folds)
        for epoch in range(1, int(generator.integers(1, epochs + 1)) + 1)
    }


@given(st.integers(1, 40), FOLDS, st.data())
def test_steps_and_places(stride, folds, data):
    """Step to fold and epoch and back is the identity."""
    steps = Steps(folds=folds, stride=stride, epochs=stride)
    step = data.draw(st.integers(1, folds * stride))
    fold, epoch = steps.place(step)
    assert (fold * stride + epoch, 1 <= epoch <= stride) == (step, True)


@given(FOLDS, EPOCHS, st.data())
def test_steps_and_shares(folds, epochs, data):
    """A trial's step has a share of its horizon, and that share the same step."""
    steps, trial = steps_for(folds), trained(epochs)
    fold = data.draw(st.integers(0, folds - 1))
    step = fold * LONGEST + data.draw(st.integers(1, epochs))
    assert steps.step(trial, steps.share(trial, step)) == step
    assert steps.share(trial, (folds - 1) * LONGEST + epochs) == 1


@given(FOLDS, EPOCHS)
def test_the_first_rung_comes_early(folds, epochs):
    """The first rung of any horizon is within its first fifteenth, or two epochs."""
    steps, trial = steps_for(folds), trained(epochs)
    first = steps.share(trial, steps.step(trial, SHARES[0])) * folds * epochs
    assert 1 <= first <= max(Fraction(folds * epochs, 15), 2)


@pytest.mark.parametrize(
    ("epochs", "rungs"),
    [
        (15, [2, 5, 15, 75 * 2 + 15]),
        (30, [5, 10, 30, 75 * 2 + 30]),
        (50, [8, 16, 50, 75 * 2 + 50]),
        (75, [12, 25, 75, 75 * 2 + 75]),
    ],
)
def test_rungs_of_ckplus(epochs, rungs):
    """Trials of 15 and of 75 epochs are compared in and at the ends of equal folds."""
    steps, trial = steps_of(read_study("ckplus")), trained(epochs)
    assert [steps.step(trial, share) for share in SHARES] == rungs


def test_fixed_epochs():
    """Where epochs are not searched, a trial has the fixed ones."""
    assert steps_of(small()) == Steps(folds=1, stride=3, epochs=3)
    default = small(('[fixed]\n"training.epochs" = 3', ""))
    assert steps_of(default).epochs == steps_of(default).stride


@LAWS
@given(FOLDS, EPOCHS, SEEDS)
def test_each_rung_is_reached_once(folds, epochs, seed):
    """Wherever folds stop, each rung up to the last report is reached by one report."""
    steps, counts = steps_for(folds), {}
    reports = stopped_early(np.random.default_rng(seed), folds, epochs)
    reached = []
    for step, value in reports.items():
        counts[step] = value
        trial = trained(epochs, dict(counts), state=TrialState.PRUNED)
        reached += passed_rungs(steps, trial)
        for rung in passed_rungs(steps, trial):
            assert steps.step(trial, SHARES[rung]) <= step
            assert steps.value_at(trial, SHARES[rung]) in counts.values()
    whole = trained(epochs, reports)
    due = [steps.step(whole, share) <= max(reports) for share in SHARES]
    assert reached == list(range(sum(due)))


@LAWS
@given(FOLDS, EPOCHS, EPOCHS, SEEDS)
def test_equal_shares_only(folds, epochs, others, seed):
    """A trial is compared with another at the same rung, whatever their epochs."""
    generator, steps = np.random.default_rng(seed), steps_for(folds)
    walk = [f * LONGEST + e for f in range(folds) for e in range(1, epochs + 1)]
    number = int(generator.integers(1, len(walk) + 1))
    judged = trained(epochs, dict.fromkeys(walk[:number], 0.5))
    judged.number = 7
    rungs = passed_rungs(steps, judged)
    beside = trained(others)
    walk = [f * LONGEST + e for f in range(folds) for e in range(1, others + 1)]
    better = [steps.step(beside, SHARES[rung]) for rung in rungs]
    for step in walk:
        level = 0.9 if step in better else float(generator.random()) / 10
        beside.intermediate_values[step] = level
    assert prunes(steps, judged, beside) == bool(rungs)
    for step in better:
        beside.intermediate_values[step] = 0.1
    assert not prunes(steps, judged, beside)


def prunes(steps, judged, beside):
    """Asks for a verdict on a trial beside another one."""
    study = begin(RungHalvingPruner(steps))
    study.add_trial(beside)
    return study.pruner.prune(study, judged)


def test_value_of_a_stopped_fold():
    """A fold that stopped by its patience keeps the value of its best epoch."""
    trial = ended_trial({1: 0.1, 2: 0.5, 3: 0.5, 4: 0.2, 10: 0.3})
    assert STEPS.value_at(trial, STEPS.share(trial, 3)) == 0.5
    assert STEPS.value_at(trial, STEPS.share(trial, 4)) == 0.2
    assert STEPS.value_at(trial, STEPS.share(trial, 8)) == 0.5


def test_value_of_a_pruned_trial():
    """A trial has no value at shares for which it was not trained."""
    trial = ended_trial({1: 0.1, 2: 0.5}, state=TrialState.PRUNED)
    assert STEPS.value_at(trial, STEPS.share(trial, 2)) == 0.5
    assert STEPS.value_at(trial, STEPS.share(trial, 3)) is None


def test_a_trial_without_reports():
    """Before its first report a trial has reached no rung."""
    study = begin(RungHalvingPruner(STEPS))
    assert not study.ask().should_prune()


def test_fold_score():
    """A fold's score is the peak of its curve smoothed over three epochs."""
    reports = curve([0.1] * 9 + [0.0, 0.9, 0.3, 0.3, 0.6, 0.6, 0.3])
    assert STEPS.fold_score(reports, 0) == pytest.approx(0.1)
    assert STEPS.fold_score(reports, 1) == pytest.approx(0.5)
    assert STEPS.fold_score(reports, 2) is None
