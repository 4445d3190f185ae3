"""A storage that fails in the middle: waited for, nothing twice, one message."""

import errno
import json
import os
import sqlite3
import threading
import time
from contextlib import closing

import optuna
import pytest
import sqlalchemy
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.storages import InMemoryStorage

from data_pipeline.system.cli import run_command
from data_pipeline.system.errors import StorageError
from search.ledger import ledger as ledgers
from search.ledger.ledger import open_ledger
from search.stopping.search_clock import SECONDS
from search.storage import retrying
from search.storage.database import CachedDatabase, Database
from search.storage.hidden_attributes import attributes_of
from search.storage.open_storage import open_storage
from search.storage.retrying import Retrier, RetryingStorage, RetryPolicy
from tests.factories.ledger import DATA, begin, complete, finish, inside, report, small

SHORT = RetryPolicy(seconds=0.3, seconds_full=0.2)
"""Long enough to try again, and short for a test."""


def lost():
    """Makes the error of a connection that broke."""
    gone = type("OperationalError", (Exception,), {})("server closed the connection")
    return sqlalchemy.exc.OperationalError("COMMIT", {}, gone)


class Flaky:
    """A storage whose calls fail, before or after they have their effect."""

    def __init__(self, inner, faults):
        """Takes the calls that fail: their numbers, and whether they take effect."""
        self._inner, self._faults, self._calls = inner, faults, 0

    def __getattr__(self, name):
        """Gives the storage's methods, which count."""
        found = getattr(self._inner, name)

        def call(*args, **named):
            self._calls += 1
            effect = self._faults.get(self._calls)
            if effect is False:
                raise lost()
            answer = found(*args, **named)
            if effect:
                raise lost()
            return answer

        return call


def database():
    """Makes a database in memory."""
    return CachedDatabase(Database("sqlite://"))


def searched(faults, inner=InMemoryStorage):
    """Searches on a storage with faults; returns how each trial ended."""
    storage = RetryingStorage(Flaky(inner(), faults), Retrier("x://", RetryPolicy()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ledgers, "open_storage", lambda *_: storage)
        patch.setattr(retrying, "FIRST_PAUSE", 0.0)
        ledger = open_ledger(small(), url="x://", name="small", data=DATA)
        first = ledger.ask()
        ledger.report(first.number, report(1, 0.25))
        del ledger  # as a killed driver leaves it
        ledger = open_ledger(small(), url="x://", name="small", data=DATA)
        finish(ledger)
        ledger.close()
    return [
        (trial.number, trial.state, trial.value, trial.params, attributes_of(trial))
        for trial in inside(ledger).trials
    ]


FAULTS = st.dictionaries(st.integers(1, 90), st.booleans(), max_size=12)


@given(FAULTS)
def test_nothing_happens_twice(faults):
    """Wherever a connection breaks, before or after an effect, the trials are equal."""
    compare(faults, InMemoryStorage)


@settings(max_examples=15, deadline=None)
@given(FAULTS)
def test_nothing_happens_twice_in_a_database(faults):
    """A transaction of many rows that is repeated has its effect once, too."""
    compare(faults, database)


def compare(faults, inner):
    """Compares a search on a storage with faults to one without."""
    strip = {"waited", "sampled", SECONDS}
    whole, broken = (
        [
            (*row[:4], {k: v for k, v in row[4].items() if k not in strip})
            for row in rows
        ]
        for rows in (searched({}, inner), searched(faults, inner))
    )
    assert broken == whole


def locked_for(path, seconds):
    """Locks a database from another connection for some seconds; gives the thread."""
    begun = threading.Event()

    def hold():
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            begun.set()
            time.sleep(seconds)
            other.execute("ROLLBACK")

    thread = threading.Thread(target=hold)
    thread.start()
    begun.wait()
    return thread


def impatient(ledger):
    """Lets each try of a ledger on SQLite fail at once at a lock."""
    engine = inside(ledger)._storage._backend.engine  # noqa: SLF001 - no public way
    engine.dispose()
    sqlalchemy.event.listen(
        engine, "connect", lambda c, _: c.execute("PRAGMA busy_timeout = 10")
    )


def test_a_lock_of_some_seconds(tmp_path):
    """A search waits for a database that is locked for a while, and reports it."""
    lines = []
    url = f"sqlite:///{tmp_path / 'optuna.db'}"
    policy = RetryPolicy(seconds=20.0, print=lines.append)
    ledger = open_ledger(small(), url=url, name="small", data=DATA, policy=policy)
    impatient(ledger)
    thread = locked_for(tmp_path / "optuna.db", 1.0)
    assert finish(ledger) == [0, 1, 2, 3]
    thread.join()
    assert lines[0] == f"waiting for {url}: database is locked"


def ended(capsys, work):
    """Runs work as a command; returns its exit code and what it printed."""
    code = run_command(work)
    return code, capsys.readouterr().err


def test_a_lock_that_stays(tmp_path, capsys):
    """A lock that stays ends the search with one message that names file and lock."""
    url = f"sqlite:///{tmp_path / 'optuna.db'}"
    ledger = open_ledger(small(), url=url, name="small", data=DATA, policy=SHORT)
    impatient(ledger)
    request = ledger.ask()
    thread = locked_for(tmp_path / "optuna.db", 1.5)

    def work():
        try:
            ledger.tell(request.number, complete(0.5))
        finally:
            ledger.close()

    code, message = ended(capsys, work)
    thread.join()
    assert code == 1
    assert message.startswith(f"error: {url}: the database stays locked by another")
    assert message.count("\n") == 1
    assert "invalid data" not in message
    again = begin(tmp_path)
    assert finish(again) == [1, 2, 3, 4]


def test_a_full_disk(tmp_path, capsys):
    """A full disk ends the search in seconds, with its file and the way out."""
    url = f"sqlite:///{tmp_path / 'optuna.db'}"
    ledger = open_ledger(small(), url=url, name="small", data=DATA, policy=SHORT)
    engine = inside(ledger)._storage._backend.engine  # noqa: SLF001 - no public way
    engine.dispose()
    sqlalchemy.event.listen(
        engine, "connect", lambda c, _: c.execute("PRAGMA max_page_count = 1")
    )
    request = ledger.ask()

    def work():
        for step in range(1, 5000):
            ledger.report(request.number, report(step, 0.5))

    code, message = ended(capsys, work)
    assert code == 1
    assert message.startswith(f"error: {url}: cannot be written: the disk is full")
    assert "free some space" in message
    assert "exceeding max length" not in message
    with pytest.raises(StorageError):
        ledger.counts()


def test_a_full_disk_under_a_journal(tmp_path, monkeypatch, capsys):
    """A line that a full disk cut short is taken out of the journal again."""
    url = str(tmp_path / "journal.log")
    ledger = open_ledger(small(), url=url, name="small", data=DATA, policy=SHORT)
    request = ledger.ask()
    before = (tmp_path / "journal.log").read_bytes()
    write = os.write

    def half(file, content):
        if len(content) > 20:
            return write(file, content[:20])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", half)
    code, message = ended(capsys, lambda: ledger.report(request.number, report(1, 0.5)))
    monkeypatch.undo()
    assert (code, "No space left" in message) == (1, True)
    assert (tmp_path / "journal.log").read_bytes() == before
    assert finish(begin(tmp_path, storage="journal")) == [1, 2, 3, 4]


@pytest.mark.parametrize("storage", ["sqlite", "journal"])
@pytest.mark.parametrize("how", ["deleted", "replaced", "folder renamed"])
def test_a_file_that_is_gone(tmp_path, storage, how, capsys):
    """A search stops with a message if its storage is renamed, deleted or replaced."""
    folder = tmp_path / "run"
    folder.mkdir()
    ledger = begin(folder, storage=storage)
    path = folder / {"sqlite": "optuna.db", "journal": "journal.log"}[storage]
    request = ledger.ask()
    if how == "folder renamed":
        folder.rename(tmp_path / "other")
    else:
        content = path.read_bytes()
        path.rename(tmp_path / "kept")
        if how == "replaced":
            path.write_bytes(content)

    def work():
        try:
            ledger.tell(request.number, complete(0.5))
        finally:
            ledger.close()

    code, message = ended(capsys, work)
    assert code == 1
    assert message.startswith(
        f"error: {path}: the file was renamed, deleted or replaced"
    )
    assert message.count("\n") == 1


def test_an_interrupted_wait(tmp_path, monkeypatch):
    """Ctrl-C during a wait ends the search at once; the end does not wait again."""
    ledger = begin(tmp_path)
    impatient(ledger)
    request = ledger.ask()

    def interrupt(_):
        raise KeyboardInterrupt

    thread = locked_for(tmp_path / "optuna.db", 2.0)
    start = time.monotonic()
    monkeypatch.setattr(retrying.time, "sleep", interrupt)
    with pytest.raises(KeyboardInterrupt):
        ledger.tell(request.number, complete(0.5))
    ledger.close()
    assert time.monotonic() - start < 1.5
    monkeypatch.undo()
    thread.join()


def test_a_damaged_file(tmp_path, capsys):
    """A damaged database is named without waiting."""
    url = f"sqlite:///{tmp_path / 'optuna.db'}"
    begin(tmp_path).close()
    path = tmp_path / "optuna.db"
    path.write_bytes(path.read_bytes()[:8192] + b"\0" * 8192)
    for rest in tmp_path.glob("optuna.db-*"):
        rest.unlink()
    code, message = ended(capsys, lambda: finish(begin(tmp_path)))
    assert code in {1, 2}
    assert url in message
    assert message.count("\n") == 1


def test_a_damaged_journal(tmp_path, capsys):
    """A journal with an invalid line is named."""
    journal = tmp_path / "journal.log"
    journal.write_text('{"op_code": 0\n' + json.dumps({"op_code": 0}) + "\n")
    code, message = ended(capsys, lambda: open_storage(str(journal)))
    assert code == 2
    assert message.startswith(f"error: --storage {journal}: cannot be opened")


def test_optuna_sees_no_difference(tmp_path):
    """Optuna's own calls work through it: names, copies, attributes."""
    storage = open_storage(f"sqlite:///{tmp_path / 'optuna.db'}")
    study = optuna.create_study(storage=storage, study_name="kept")
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=3)
    again = optuna.load_study(storage=storage, study_name="kept")
    assert [t.number for t in again.trials] == [0, 1, 2]
    assert again.best_value == min(t.value for t in study.trials)
