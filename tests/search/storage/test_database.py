"""How many trials a search reads from its database: none that it wrote itself."""

import optuna
import pytest
from optuna.trial import TrialState

from search.ledger.ledger import open_ledger
from search.storage import open_storage as opening
from search.storage.database import CachedDatabase, Database
from search.study.algorithms import PRUNERS
from tests.factories.ledger import SMALL, complete, many, prune, report

RUNNING = 6


class CountingDatabase(Database):
    """Counts the trials that were read."""

    read = 0

    def _get_trials(self, *args):
        found = super()._get_trials(*args)
        CountingDatabase.read += len(found)
        return found


@pytest.fixture
def reads(monkeypatch):
    """Counts what is read while a function runs."""
    monkeypatch.setattr(opening, "Database", CountingDatabase)

    def count(do, *args):
        before = CountingDatabase.read
        do(*args)
        return CountingDatabase.read - before

    return count


@pytest.mark.parametrize("pruner", PRUNERS)
def test_a_report_reads_no_trials(tmp_path, reads, pruner):
    """A report reads at most its own trial, after 40 trials as after 4."""
    text = SMALL.replace('"none"', f'"{pruner}"').replace("folds = 1", "folds = 3")
    url = f"sqlite:///{tmp_path / 'optuna.db'}"
    ledger = open_ledger(many(1_000, text=text), url=url, name="small", data={})
    found = []
    for ended in (4, 36):
        for _ in range(ended):
            ledger.tell(ledger.ask().number, prune())
        running = [ledger.ask().number for _ in range(RUNNING)]
        ledger.report(running[0], report(1, 0.5))
        found.append(
            [
                reads(ledger.report, number, report(step, 0.5))
                for step in (1, 2)
                for number in running[1:]
            ]
        )
        for number in running:
            ledger.tell(number, complete(0.5))
    assert found[0] == found[1]
    assert max(found[0]) <= 1


def test_a_trial_is_read_once(tmp_path, reads):
    """Beside many that run, a trial that meets no rung is read once, at its end."""
    url = f"sqlite:///{tmp_path / 'optuna.db'}"
    ledger = open_ledger(many(1_000), url=url, name="small", data={})
    for _ in range(RUNNING):
        ledger.ask()

    def one():
        number = ledger.ask().number
        ledger.report(number, report(1, 0.5))
        ledger.tell(number, complete(0.5))

    one()
    assert reads(one) == 1


def opened(folder):
    """Opens a database with one study, and a driver's memory of it."""
    storage = CachedDatabase(Database(f"sqlite:///{folder / 'optuna.db'}"))
    return storage, storage.create_new_study([optuna.study.StudyDirection.MAXIMIZE])


def started(storage, study):
    """Starts a trial as a driver does, and reads it once."""
    template = optuna.create_trial(state=TrialState.RUNNING, user_attrs={"a": 1})
    number = storage.create_new_trial(study, template)
    storage.get_all_trials(study, deepcopy=False)
    return number


def same(storage, study):
    """Checks that what is remembered equals what the database has."""
    remembered = storage.get_all_trials(study, deepcopy=False)
    stored = Database(storage._backend.url).get_all_trials(study)  # noqa: SLF001
    assert repr(remembered) == repr(stored)
    return remembered


def test_own_writes_are_remembered(tmp_path):
    """Reports, attributes, parameters and the end are as the database has them."""
    storage, study = opened(tmp_path)
    number = started(storage, study)
    kind = optuna.distributions.FloatDistribution(0.0, 1.0)
    storage.set_trial_intermediate_value(number, 1, 0.5)
    before = same(storage, study)
    storage.set_trial_intermediate_value(number, 2, float("nan"))
    storage.set_trial_system_attr(number, "s", (1, 2))
    storage.set_trial_user_attr(number, "u", {1: None})
    storage.set_trial_param(number, "p", 0.25, kind)
    same(storage, study)
    assert before[0].intermediate_values == {1: 0.5}, "an earlier answer changed"
    storage.set_trial_state_values(number, TrialState.COMPLETE, [0.5])
    assert same(storage, study)[0].state == TrialState.COMPLETE


def test_another_program_ends_a_trial(tmp_path):
    """That somebody else ended a running trial is seen at the next reading."""
    storage, study = opened(tmp_path)
    number = started(storage, study)
    other = Database(storage._backend.url)  # noqa: SLF001
    other.set_trial_state_values(number, TrialState.FAIL)
    assert same(storage, study)[0].state == TrialState.FAIL
    with pytest.raises(optuna.exceptions.UpdateFinishedTrialError):
        storage.set_trial_intermediate_value(number, 1, 0.5)


def test_a_report_twice(tmp_path):
    """A report that is repeated after a lost answer is stored once."""
    storage, study = opened(tmp_path)
    number = started(storage, study)
    for value in (0.5, 0.5, 0.25):
        storage.set_trial_intermediate_value(number, 1, value)
    assert same(storage, study)[0].intermediate_values == {1: 0.25}
    with pytest.raises(KeyError):
        storage.set_trial_intermediate_value(99, 1, 0.5)
