"""A model is of the good trials and of an even sample of the others."""

import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.trial import TrialState

from search.sampling import ended_trials
from search.sampling.bohb import RANDOM_EVERY
from search.sampling.ended_trials import EndedTrials
from tests.strategies.pruners import LAWS, STEPS

MOST, GOOD = 40, 5
LAST = len(STEPS.rungs)


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """A bound that a test reaches."""
    monkeypatch.setattr(ended_trials, "MOST", MOST)
    monkeypatch.setattr(ended_trials, "GOOD", GOOD)


def table_of(values):
    """Makes the table of completed trials with these values."""
    table = EndedTrials(STEPS)
    trials = []
    for number, value in enumerate(values):
        named = {"values": value} if isinstance(value, list) else {"value": value}
        trial = optuna.create_trial(**named)
        trial.number = number
        trials.append(trial)
    table.update(trials)
    return table


def numbers_of(reached):
    """Lists the numbers of trials with their values."""
    return [trial.number for trial, _ in reached]


@LAWS
@given(st.lists(st.integers(0, 9), max_size=5 * MOST))
def test_good_ones_and_a_sample(values):
    """Up to the bound there are all; then the best, and each n-th of all of them."""
    shown = numbers_of(table_of(values).reached(LAST))
    assert shown == sorted(set(shown))
    if len(values) <= MOST:
        assert shown == [*range(len(values))]
        return
    best = sorted(range(len(values)), key=lambda place: (-values[place], place))[:GOOD]
    assert {*best} <= {*shown}
    every = next(n for n in (1, 2, 4, 8) if len(values) <= n * MOST)
    assert {*shown} - {*best} == {*range(0, len(values), every)} - {*best}
    assert MOST / 2 <= len(shown) <= MOST + GOOD


@LAWS
@given(st.integers(0, 5 * MOST))
def test_the_sample_lasts(count):
    """A later trial takes none out of the sample until it is halved."""
    one, more = (table_of([0.0] * n).reached(LAST) for n in (count, count + 1))
    if count not in (MOST, 2 * MOST, 4 * MOST):
        assert {*numbers_of(one)} <= {*numbers_of(more)}


def test_random_proposals_are_shown():
    """Of every size a third of the sample was proposed at random, as of all trials."""
    for count in range(MOST + 1, 5 * MOST):
        shown = numbers_of(table_of([-float(n) for n in range(count)]).reached(LAST))
        drawn = [n for n in shown if n % RANDOM_EVERY == RANDOM_EVERY - 1]
        assert 0.2 < len(drawn) / len(shown) < 0.45


def test_infeasible_ones():
    """Of trials to keep away from there is an even sample, too."""
    table = EndedTrials(STEPS)
    for number in range(3 * MOST):
        trial = optuna.create_trial(
            state=TrialState.PRUNED, constraints={"divergence": 1.0}
        )
        trial.number = number
        table.add(trial)
    assert [t.number for t in table.avoided()] == [*range(0, 3 * MOST, 4)]
    assert table.reached(LAST) == []


def test_several_objectives():
    """With several objectives all are shown, as no one value says which are good."""
    count = 3 * MOST
    table = table_of([[0.1, float(number)] for number in range(count)])
    assert numbers_of(table.reached(LAST)) == [*range(count)]
