"""A search on a server that crashes, and one the same search in other storages."""

import threading
import time
from contextlib import contextmanager

import pytest

from tests.factories.servers.driver import drive, server_study
from tests.factories.servers.postgres import QUOTED

CRASHES = 3


@contextmanager
def crashing(server, begun, seconds, lines):
    """Crashes a server several times, so many seconds apart; the search meets each.

    Args:
        server: what crashes, and starts again once the search has met it.
        begun: is set when a search on it has begun.
        seconds: before each crash.
        lines: what the search prints.
    """
    ended, counted = threading.Event(), []

    def crash():
        begun.wait()
        while len(counted) < CRASHES and not ended.wait(seconds):
            met = len(lines) + 1
            server.crash(lambda met=met: len(lines) >= met or ended.is_set())
            counted.append(True)

    thread = threading.Thread(target=crash)
    thread.start()
    try:
        yield counted
    finally:
        ended.set()
        begun.set()
        thread.join()


@pytest.fixture
def expected(tmp_path):
    """Runs the search on SQLite, undisturbed."""
    return drive(server_study(), f"sqlite:///{tmp_path / 'optuna.db'}")


@pytest.mark.slow
def test_crashes(server, url, expected):
    """A server that crashes several times costs a search nothing, and nothing twice."""
    lines, begun = [], threading.Event()

    def waiting(_):
        begun.set()
        time.sleep(0.3)

    with crashing(server, begun, 0.7, lines) as counted:
        found = drive(server_study(), url, waiting=waiting, lease=10.0, lines=lines)
    assert len(counted) == CRASHES
    assert len(lines) >= CRASHES
    assert QUOTED not in "".join(lines)
    assert found == expected
    assert drive(server_study(), url) == expected


@pytest.mark.parametrize("sampler", ["tpe", "cmaes"])
def test_equal_on_a_server(url, tmp_path, sampler):
    """With one worker a search on a server has the trials of one in a file."""
    study = server_study(sampler)
    expected = drive(study, f"sqlite:///{tmp_path / 'optuna.db'}")
    assert drive(study, url) == expected


def test_equal_in_a_journal(tmp_path, expected):
    """With one worker a search in a journal has the trials of one in SQLite."""
    assert drive(server_study(), str(tmp_path / "journal.log")) == expected
