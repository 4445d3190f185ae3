"""A driver on a server that is killed or suspended: another one ends its search."""

import os
import signal
import time
from dataclasses import dataclass, field

import optuna
import psutil
import pytest
import sqlalchemy

from data_pipeline.system.errors import RunError
from search.ledger.ledger import open_ledger
from search.storage.driver_lock import only_driver_of_storage
from search.storage.retrying import RetryPolicy
from search.storage.servers.connections import bound_transactions, engine_options
from search.storage.servers.driver_lease import DRIVERS, Lease
from search.storage.url import ENVIRONMENT, masked
from tests.factories.ledger import DATA, complete, inside, report, small
from tests.factories.runs import Answer, ended
from tests.factories.servers.driver import (
    drive,
    let_go,
    server_study,
)

PATIENCE = 300.0
DRIVER = "tests.factories.servers.driver"


@dataclass(kw_only=True)
class Story:
    """What happened on a server, in the order of its chapters."""

    rival: Answer
    last: Answer
    suspended: Answer
    found: tuple
    expected: tuple
    before: list = field(default_factory=list)
    after: list = field(default_factory=list)


def trials_of(url):
    """Reads every trial of the search as any program does that has Optuna."""
    storage = optuna.storages.RDBStorage(url)
    try:
        study = optuna.load_study(study_name="small", storage=storage)
        return study.get_trials()
    finally:
        storage.engine.dispose()


def wait_for(url, count):
    """Waits until so many trials have ended."""
    engine, end = sqlalchemy.create_engine(url), time.monotonic() + PATIENCE
    query = sqlalchemy.text(
        "SELECT count(*) FROM trials WHERE state IN ('COMPLETE', 'PRUNED')"
    )
    while time.monotonic() < end:
        try:
            with engine.connect() as connection:
                if connection.execute(query).scalar_one() >= count:
                    break
        except sqlalchemy.exc.ProgrammingError:
            pass  # the tables are not there yet
        time.sleep(0.05)
    else:
        pytest.fail("it took too long")
    engine.dispose()


@pytest.fixture
def told(url, start, tmp_path):
    """One search: suspended on a, killed on b, ended on c; then a wakes up."""
    expected = drive(server_study(), f"sqlite:///{tmp_path / 'optuna.db'}")
    secret = {ENVIRONMENT: url}
    gate = tmp_path / "gate"
    first = start(DRIVER, "a", 3, gate, **secret)
    wait_for(url, 3)
    rival = ended(start(DRIVER, "b", **secret))
    os.kill(first.pid, signal.SIGSTOP)
    second = start(DRIVER, "b", 7, gate, **secret)
    wait_for(url, 7)
    second.kill()
    last = ended(start(DRIVER, "c", **secret))
    before = trials_of(url)
    gate.touch()
    os.kill(first.pid, signal.SIGCONT)
    suspended = ended(first)
    after = trials_of(url)
    return Story(
        rival=rival,
        last=last,
        suspended=suspended,
        found=drive(server_study(), url),  # nothing is left to do
        expected=expected,
        before=before,
        after=after,
    )


@pytest.mark.slow
def test_several_machines(told, url):
    """Drivers die and are replaced; the search ends as one that nobody disturbed."""
    assert told.rival.code == 1
    assert told.rival.err.count("\n") == 1
    assert "one driver at a time" in told.rival.err
    assert " on a works on small" in told.rival.err
    assert (told.last.code, told.last.err) == (0, "")
    assert told.found == told.expected
    assert told.suspended.code == 1
    assert told.suspended.err.count("\n") == 1
    assert told.suspended.err.startswith(f"error: {masked(url)}: ")
    assert "has taken over the study small" in told.suspended.err
    assert told.after == told.before, "the driver that woke up wrote something"


def take_over(lease):
    """Gives a lease to another driver."""
    with lease._engine.begin() as connection:  # noqa: SLF001 - from outside
        connection.execute(sqlalchemy.update(DRIVERS).values(holder="other"))


@pytest.fixture
def lease(url):
    """A lease that no thread renews."""
    engine = sqlalchemy.create_engine(url, **engine_options(url))
    made = Lease(engine, "small", place="server", seconds=600.0)
    made.take()
    yield made
    made.release()


def test_between_check_and_commit(url, lease):
    """Whoever loses the lease right before a commit commits nothing."""
    losing = []

    def check():
        lease.check()
        for _ in losing:
            take_over(lease)

    policy = RetryPolicy(checks=(check,), fence=lease.fence)
    ledger = open_ledger(small(), url=url, name="small", data=DATA, policy=policy)
    number = ledger.ask().number
    ledger.report(number, report(1, 0.5))
    before = trials_of(url)
    losing.append(True)
    for act in (
        lambda: ledger.report(number, report(2, 0.6)),
        lambda: ledger.tell(number, complete(0.5)),
        ledger.ask,
    ):
        with pytest.raises(RunError, match="another program has taken over"):
            act()
    assert trials_of(url) == before
    let_go(ledger)


def test_suspended_within_a_transaction(url, lease):
    """A server ends the transaction of a suspended driver, and its locks."""
    engine = sqlalchemy.create_engine(url)
    bound_transactions(engine, seconds=1)
    stuck = engine.connect()
    lease.fence(stuck)
    start = time.monotonic()
    take_over(lease)
    assert 0.5 < time.monotonic() - start < 20
    with pytest.raises(sqlalchemy.exc.DBAPIError):
        stuck.execute(sqlalchemy.text("SELECT 1"))
    stuck.invalidate()
    engine.dispose()


@pytest.mark.slow
def test_under_load(url):
    """With eight trials at once and many reports the lease stays; all is counted."""
    study = small(("trials = 4", "trials = 24"))
    with only_driver_of_storage(url, "small", lease=1.0) as held:
        policy = RetryPolicy(checks=(held.check,), fence=held.fence)
        ledger = open_ledger(study, url=url, name="small", data=DATA, policy=policy)
        running = []
        while (request := ledger.ask()) is not None or running:
            if request is not None:
                running.append(request.number)
            if request is None or len(running) == 8:
                for step in (1, 2, 3):
                    for number in running:
                        ledger.report(number, report(step, 0.5, last=step == 3))
                for number in running:
                    ledger.tell(number, complete(0.5))
                running = []
        ledger.close()
        with (
            pytest.raises(RunError, match="one driver at a time"),
            only_driver_of_storage(url, "small", lease=1.0),
        ):
            pass
        held.check()
    assert [len(t.intermediate_values) for t in inside(ledger).trials] == [3] * 24
    let_go(ledger)


def test_two_connections(url, server):
    """A driver holds two connections of its server."""
    with only_driver_of_storage(url, "small") as held:
        policy = RetryPolicy(checks=(held.check,), fence=held.fence)
        ledger = open_ledger(small(), url=url, name="small", data=DATA, policy=policy)
        ledger.tell(ledger.ask().number, complete(0.5))
        own = [
            one
            for one in psutil.Process().net_connections("tcp")
            if one.raddr and one.raddr.port == server.port
        ]
        # One more is the administrator's, who made the database.
        assert len(own) == 3
    let_go(ledger)
