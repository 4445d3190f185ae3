"""The lease of a study on a server: one holder, taken over when it is silent."""

import json
import threading
import time
from contextlib import contextmanager
from functools import partial

import pytest
import sqlalchemy

from data_pipeline.system.errors import RunError, StorageError
from search.inputs.run import Run
from search.pipeline import stages
from search.storage.retrying import RetryPolicy
from search.storage.servers import driver_lease as leases
from search.storage.servers.driver_lease import DRIVERS, Lease

SECONDS = 1.0


@pytest.fixture
def lease(tmp_path):
    """Makes leases of one study; a file stands in for the server."""

    def make(study="small"):
        engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path / 'server.db'}")
        return Lease(engine, study, place="server", seconds=SECONDS)

    return make


@contextmanager
def held(one):
    """Holds a lease."""
    one.take()
    try:
        yield one
    finally:
        one.release()


def elsewhere(one, **changes):
    """Writes that the holder is a process of another machine."""
    facts = json.loads(one._me) | {"machine": "another", "host": "far"} | changes  # noqa: SLF001
    engine = one._engine  # noqa: SLF001
    with engine.begin() as connection:
        connection.execute(sqlalchemy.update(DRIVERS).values(holder=json.dumps(facts)))


def test_taken_and_given_back(lease):
    """A lease that is given back is free at once."""
    for _ in range(3):
        start = time.monotonic()
        with held(lease()) as mine:
            mine.check()
        assert time.monotonic() - start < SECONDS


def test_the_living_keep_it(lease):
    """A driver with a heartbeat keeps the lease beyond its length."""
    with held(lease()) as mine:
        time.sleep(2 * SECONDS)
        with pytest.raises(RunError, match=r"one driver at a time .* process"):
            lease().take()
        mine.check()


def test_the_silent_lose_it(lease):
    """A holder of another machine that is silent for a lease is replaced."""
    first = lease()
    with held(first):
        pass
    elsewhere(first)
    start = time.monotonic()
    with held(lease()) as mine:
        mine.check()
        assert time.monotonic() - start >= SECONDS


def test_the_replaced_stop(lease):
    """A driver that was frozen learns that another took over, and does nothing more."""
    first = lease()
    with held(first):
        elsewhere(first)
        first._alive = 0.0  # noqa: SLF001 - as after a long sleep
        with pytest.raises(RunError, match=r"process .* on far has taken over"):
            first.check()
        with pytest.raises(RunError, match="has taken over"):
            first.check()


def test_one_of_many_wins(lease):
    """Of several drivers that want a silent holder's lease one gets it."""
    first = lease()
    with held(first):
        pass
    elsewhere(first)
    won, rivals = [], [lease() for _ in range(4)]

    def want(rival):
        try:
            rival.take()
        except (RunError, sqlalchemy.exc.OperationalError):
            return
        won.append(rival)

    threads = [threading.Thread(target=want, args=(rival,)) for rival in rivals]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    won[0].release()


def test_a_reused_number(lease):
    """A process that has a dead one's number does not keep its lease alive."""
    first = lease()
    with held(first):
        pass
    elsewhere(first, machine=leases._machine(), started="1")  # noqa: SLF001
    start = time.monotonic()
    with held(lease()):
        assert time.monotonic() - start < SECONDS


def test_a_row_that_nobody_understands(lease):
    """A holder's text of another program is waited for like any other's."""
    first = lease()
    with held(first):
        pass
    with first._engine.begin() as connection:  # noqa: SLF001
        connection.execute(sqlalchemy.update(DRIVERS).values(holder="?"))
    with held(lease()) as mine:
        mine.check()


def test_a_server_that_restarts(monkeypatch):
    """A server is waited for at the end of a run, too; one that stays away is named."""
    monkeypatch.setattr(stages, "RetryPolicy", partial(RetryPolicy, seconds=0.3))
    url = "postgresql://me:s3cret@host/x"
    gone = sqlalchemy.exc.OperationalError("UPDATE", {}, Exception("it is gone"))
    lines, faults = [], [gone]

    def check():
        if faults:
            raise faults.pop()

    run = Run(
        study=None,
        data=None,
        folder=None,
        storage=url,
        print=lines.append,
        check=check,
    )
    stages.check_run(run)
    assert lines == ["waiting for postgresql://me:***@host/x: it is gone"]
    faults += [gone] * 99
    with pytest.raises(StorageError, match="does not answer"):
        stages.check_run(run)
