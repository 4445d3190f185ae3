"""A trial is sampled before it is stored, and stored at once."""

from importlib.util import find_spec

import optuna
import pytest
import sqlalchemy
from optuna.storages import InMemoryStorage

from search.ledger import ledger as ledgers
from search.ledger.own_trials import OwnTrials
from search.sampling.samplers import build_sampler
from search.study.algorithms import SAMPLERS
from tests.factories.ledger import begin, complete, inside, prune
from tests.factories.processes.killed_searches import study_of

PROPOSING = [
    name
    for name in SAMPLERS
    if name != "grid" and (name != "gp" or find_spec("torch") is not None)
]


def proposed_by_optuna(study, ledger, ordinal):
    """Takes the proposal of Optuna's own ``ask`` after a ledger's trials."""
    own = inside(ledger)
    same = optuna.create_study(study_name=own.study_name, direction="maximize")
    same.add_trials(own.trials)
    trials = OwnTrials(same, seed=own.search_seed)
    trials.sampler = build_sampler(study, ordinal=ordinal)
    return study.space.suggest(trials.ask())


@pytest.mark.parametrize("sampler", PROPOSING)
def test_same_as_optuna(tmp_path, monkeypatch, sampler):
    """A trial has the parameters that Optuna proposes for one that is stored."""
    storage = InMemoryStorage()
    monkeypatch.setattr(ledgers, "open_storage", lambda *_: storage)
    study = study_of(sampler, trials=18)
    ledger = begin(tmp_path, study)
    running = [ledger.ask()]
    for ordinal in range(1, 18):
        expected = proposed_by_optuna(study, ledger, ordinal)
        running.append(ledger.ask())
        assert running[-1].values == expected
        outcome = prune("diverged") if ordinal % 7 == 0 else complete(1 / ordinal)
        ledger.tell(running.pop(0).number, outcome)


def writes_of(ledger):
    """Lists the statements of each transaction that a ledger on SQLite commits."""
    engine = inside(ledger)._storage._backend.engine  # noqa: SLF001 - no public way
    open_, committed = [], []

    def execute(_connection, _cursor, statement, *_):
        if not statement.startswith(("SELECT", "PRAGMA")):
            open_.append(statement)

    def commit(_connection):
        if open_:
            committed.append([*open_])
        open_.clear()

    sqlalchemy.event.listen(engine, "before_cursor_execute", execute)
    sqlalchemy.event.listen(engine, "commit", commit)
    return committed


def test_one_transaction(tmp_path):
    """A trial takes one transaction to start, one to report and one to end."""
    ledger = begin(tmp_path, study_of("random", trials=4))
    committed = writes_of(ledger)
    request = ledger.ask()
    assert len(committed) == 1
    ledger.tell(request.number, prune("diverged"))
    assert len(committed) == 2


def test_a_grid_takes_three(tmp_path):
    """A trial that waits is enqueued, claimed and started: three transactions."""
    ledger = begin(tmp_path, study_of("grid", trials=4))
    committed = writes_of(ledger)
    ledger.ask()
    assert len(committed) == 3
