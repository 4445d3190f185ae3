"""The ledger when workers die: a configuration has two tries."""

import pytest

from search.trial.messages import Report, Spent, WorkerDied
from tests.factories.ledger import (
    GRID,
    STORAGES,
    begin,
    complete,
    crash,
    finish,
    inside,
    report,
    small,
)

ALL = pytest.mark.parametrize("storage", STORAGES)
DIED = WorkerDied(reason="the worker died: out of memory", spent=Spent(epochs=1))


@ALL
def test_first_death(tmp_path, storage):
    """A lost trial counts for nothing and runs again with its seed, all from zero."""
    ledger = begin(tmp_path, storage=storage)
    lost = ledger.ask()
    ledger.report(lost.number, report(1, 0.25))
    ledger.tell(lost.number, DIED)
    assert ledger.counts().done == 0
    record = ledger.records()[0]
    assert (record.state, record.reason) == ("FAIL", DIED.reason)
    assert record.interrupted
    again = ledger.ask()
    assert again.number == 1
    assert (again.seed, again.values) == (lost.seed, lost.values)
    assert ledger.records()[1].curve == {}
    assert inside(ledger).trials[1].user_attrs["retry_of"] == 0


@ALL
def test_second_death(tmp_path, storage):
    """A configuration that two workers died of has failed, with the reason."""
    ledger = begin(tmp_path, storage=storage)
    values = ledger.ask().values
    ledger.tell(0, DIED)
    ledger.tell(ledger.ask().number, DIED)
    record = ledger.records()[1]
    assert (record.state, record.interrupted) == ("FAIL", False)
    assert record.reason == f"{DIED.reason}, twice"
    assert ledger.counts().failed == 1
    assert ledger.ask().values != values


@ALL
def test_deaths_are_counted_over_starts(tmp_path, storage):
    """A kill of the driver between two deaths changes nothing of their number."""
    ledger = begin(tmp_path, storage=storage)
    ledger.ask()
    ledger.tell(0, DIED)
    ledger.ask()
    crash(ledger)
    ledger = begin(tmp_path, storage=storage)
    assert ledger.records()[1].reason == "interrupted"
    ledger.tell(ledger.ask().number, DIED)
    assert ledger.counts().failed == 1


def test_kills_are_no_deaths(tmp_path):
    """A driver that is killed again and again fails no trial."""
    ledger = begin(tmp_path)
    for _ in range(4):
        ledger.ask()
        crash(ledger)
        ledger = begin(tmp_path)
    ledger.tell(ledger.ask().number, DIED)
    assert ledger.counts().done == 0


def test_budget_is_exact(tmp_path):
    """Deaths in every trial leave a budget that is spent to the trial."""
    ledger = begin(tmp_path)
    for _ in range(3):
        ledger.tell(ledger.ask().number, DIED)
        ledger.tell(ledger.ask().number, complete(0.5))
    assert ledger.counts().done == 3
    assert len(finish(ledger)) == 1
    assert ledger.exhausted()


def test_grid(tmp_path):
    """A grid's point is not lost with its worker, and not tried twice beside that."""
    study = small(("trials = 4", "trials = 9"), text=GRID)
    ledger = begin(tmp_path, study)
    lost, other = ledger.ask(), ledger.ask()
    ledger.tell(lost.number, DIED)
    again, third = ledger.ask(), ledger.ask()
    assert again.values == lost.values
    assert third.values not in (lost.values, other.values)
    assert ledger.ask() is None


def test_another_worker_dies_meanwhile(tmp_path):
    """Two trials that were lost together both run again."""
    ledger = begin(tmp_path)
    lost = [ledger.ask(), ledger.ask()]
    for request in lost:
        ledger.tell(request.number, DIED)
    again = [ledger.ask(), ledger.ask()]
    assert [one.seed for one in again] == [one.seed for one in lost]


def test_a_lost_trial_holds_nobody_back(tmp_path):
    """Reports of a trial whose worker died do not count at a rung."""
    study = small(('pruner = "none"', 'pruner = "successive_halving"'))
    ledger = begin(tmp_path, study)
    lost = ledger.ask()
    ledger.report(lost.number, report(1, 0.9))
    ledger.tell(lost.number, DIED)
    first: Report = report(1, 0.2)
    assert not ledger.report(ledger.ask().number, first)
