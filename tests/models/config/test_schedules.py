"""Schedules: pure functions of a horizon, and of a plateau."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.config.hyperparameters import HYPERPARAMETERS
from models.config.schedules import (
    SCHEDULES,
    Schedule,
    ScheduleState,
    learning_rate,
    next_state,
)
from search.trial.fold_history import shared_rates


def _rates(kind, *, epochs=10, values=(), **numbers):
    """Follows a schedule; ``values`` are the validation values, epoch by epoch."""
    plan = {
        "warmup_epochs": 3,
        "step_epochs": 4,
        "step_factor": 0.5,
        "plateau_patience": 2,
        "plateau_factor": 0.1,
    }
    schedule = Schedule(kind=kind, initial=2.0, epochs=epochs, **{**plan, **numbers})
    state, rates = ScheduleState(), []
    for epoch in range(epochs):
        rates.append(learning_rate(schedule, state))
        value = values[epoch] if epoch < len(values) else None
        state = next_state(schedule, state, value)
    return rates


def test_a_schedule_is_one_entry(monkeypatch):
    """A schedule added from outside is followed, and allowed in a study."""
    monkeypatch.setitem(SCHEDULES, "inverse", lambda plan, s: plan.initial / s.epoch)

    assert "inverse" in HYPERPARAMETERS["training.schedule"].choices
    assert _rates("inverse", epochs=4) == [2.0, 1.0, 2.0 / 3, 0.5]


def test_the_cosine_falls_to_the_floor():
    """The rate starts at its initial value and falls from epoch to epoch."""
    rates = _rates("cosine")

    assert rates[0] == 2.0
    assert rates == sorted(rates, reverse=True)
    assert _rates("cosine", epochs=1) == [2.0]
    assert 0.02 < rates[-1] < 0.1


def test_warm_up():
    """It rises in equal steps to the initial rate, then follows the cosine."""
    rates = _rates("cosine_warmup")

    assert rates[:4] == [0.5, 1.0, 1.5, 2.0]
    assert rates[3:] == _rates("cosine", epochs=7)
    assert _rates("cosine_warmup", warmup_epochs=0) == _rates("cosine")
    assert _rates("cosine_warmup", epochs=2) == [0.5, 1.0]


def test_steps_and_constant():
    """By hand: every four epochs to the half, or never."""
    assert _rates("step") == [2.0] * 4 + [1.0] * 4 + [0.5] * 2
    assert _rates("constant") == [2.0] * 10


def test_a_plateau_lowers_the_rate():
    """By hand: two epochs without improvement divide the rate by ten."""
    values = [0.1, 0.3, 0.3, 0.2, 0.4, 0.3, 0.3, 0.3, 0.3, 0.9]
    expected = [2.0] * 4 + [0.2] * 3 + [0.02] * 2 + [0.002]

    assert _rates("plateau", values=values) == pytest.approx(expected)


def test_nothing_validated_is_no_plateau():
    """Without a validation the rate stays: a retraining replays instead."""
    assert _rates("plateau") == [2.0] * 10


@given(st.lists(st.floats(0, 1), min_size=10, max_size=10))
def test_only_a_plateau_looks_at_validation(values):
    """The others depend on the horizon only; rates are in (0, initial]."""
    for kind in SCHEDULES:
        rates = _rates(kind, values=values)
        assert all(0 < rate <= 2.0 for rate in rates)
        if kind != "plateau":
            assert rates == _rates(kind)


@pytest.mark.parametrize("kind", SCHEDULES)
def test_a_frozen_start(kind):
    """The frozen epochs have their own rate; the shape covers the rest."""
    values = [0.9, 0.9, 0.9, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]
    rates = _rates(kind, values=values, frozen_epochs=3, frozen_rate=7.0)

    assert rates == [7.0] * 3 + _rates(kind, epochs=7, values=values[3:])
    assert _rates(kind, frozen_epochs=20, frozen_rate=7.0) == [7.0] * 10


def test_rates_of_folds():
    """Equal rates stay equal; different ones give their geometric mean."""
    cosine = tuple(_rates("cosine"))

    assert shared_rates([cosine] * 3) == cosine
    assert shared_rates([cosine, cosine[:4]]) == cosine
    assert shared_rates([[1.0], [0.01]]) == pytest.approx([0.1])
