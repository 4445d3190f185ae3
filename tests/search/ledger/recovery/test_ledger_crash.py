"""The ledger after a crash: no trial is lost, and the budget is exact."""

import pytest
from optuna.trial import TrialState

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


@ALL
def test_crash(tmp_path, storage):
    """Trials that a crash left are failed, marked, not counted, and run again first."""
    ledger = begin(tmp_path, storage=storage)
    first, second = ledger.ask(), ledger.ask()
    ledger.tell(first.number, complete(0.5))
    ledger.report(second.number, report(1, 0.25))
    crash(ledger)
    ledger = begin(tmp_path, storage=storage)
    record = ledger.records()[1]
    assert (record.state, record.reason) == ("FAIL", "interrupted")
    assert record.curve == {1: 0.25}
    assert ledger.counts().done == 1
    again = ledger.ask()
    assert (again.number, again.values) == (2, second.values)
    ledger.tell(again.number, complete(0.5))
    assert finish(ledger) == [3, 4]
    assert ledger.counts().done == 4
    assert inside(ledger).trials[2].user_attrs["retry_of"] == 1


@ALL
def test_crash_after_crash(tmp_path, storage):
    """However often a trial is interrupted, it is run again, once."""
    ledger = begin(tmp_path, storage=storage)
    values = ledger.ask().values
    for _ in range(3):
        crash(ledger)
        ledger = begin(tmp_path, storage=storage)
        assert ledger.ask().values == values
    ledger.tell(3, complete(0.5))
    assert finish(ledger) == [4, 5, 6]


def test_crash_between_suggestions(tmp_path):
    """A trial without all its parameters is settled; there is nothing to run again."""
    ledger = begin(tmp_path)
    inside(ledger).ask().suggest_categorical("training.optimizer", ("adam", "adamw"))
    crash(ledger)
    ledger = begin(tmp_path)
    assert ledger.records()[0].reason == "interrupted"
    assert finish(ledger) == [1, 2, 3, 4]


def test_crash_before_a_retry_is_suggested(tmp_path):
    """A retry that crashes before its first parameter runs again too."""
    ledger = begin(tmp_path)
    values = ledger.ask().values
    crash(ledger)
    ledger = begin(tmp_path)
    inside(ledger).ask()
    crash(ledger)
    assert begin(tmp_path).ask().values == values


def test_crash_while_settling(tmp_path):
    """A trial that was enqueued again but not yet failed runs again once."""
    ledger = begin(tmp_path)
    request = ledger.ask()
    params = inside(ledger).trials[0].params
    inside(ledger).enqueue_trial(params, user_attrs={"retry_of": request.number})
    crash(ledger)
    ledger = begin(tmp_path)
    waiting = [t for t in inside(ledger).trials if t.state == TrialState.WAITING]
    assert len(waiting) == 1
    assert finish(ledger) == [1, 2, 3, 4]


@ALL
def test_close(tmp_path, storage):
    """A driver that stops in good order leaves nothing running either."""
    ledger = begin(tmp_path, storage=storage)
    ledger.ask()
    ledger.close()
    assert [record.state for record in ledger.records()] == ["FAIL"]
    assert ledger.counts().running == 0
    assert finish(ledger) == [1, 2, 3, 4]


@ALL
def test_grid_after_a_crash(tmp_path, storage):
    """A grid point that a crash interrupted runs again, and no point runs twice."""
    study = small(("trials = 4", "trials = 9"), text=GRID)
    ledger = begin(tmp_path, study, storage=storage)
    ledger.tell(ledger.ask().number, complete(0.5))
    lost = [ledger.ask().values, ledger.ask().values]
    crash(ledger)
    ledger = begin(tmp_path, study, storage=storage)
    assert not ledger.exhausted()
    again = [ledger.ask(), ledger.ask(), ledger.ask()]
    assert [a and a.values for a in again] == [*lost, None]
    for request in again[:2]:
        ledger.tell(request.number, complete(0.5))
    assert ledger.exhausted()


def test_interrupted_trials_do_not_compete(tmp_path):
    """Reports of trials that a crash ended do not count at a rung."""
    study = small(
        ("trials = 4", "trials = 9"), ('pruner = "none"', 'pruner = "hyperband"')
    )
    ledger = begin(tmp_path, study)
    for _ in range(4):
        ledger.report(ledger.ask().number, report(1, 0.9))
    crash(ledger)
    ledger = begin(tmp_path, study)
    verdicts = [ledger.report(ledger.ask().number, report(1, 0.5)) for _ in range(4)]
    assert verdicts == [False] * 4
