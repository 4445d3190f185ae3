"""Monitoring of a search: dead servers, and workers without heartbeat."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import pytest

from search.executors.board import FolderBoard
from search.executors.heartbeat import Beat, Pulse, beats, has_started, identify
from search.executors.ray.monitor import GRACE, KILL, STILL, WARN, Watch, WorkerMonitor

PATIENCE = 20


class FakeNode:
    """Ray's processes, of which some are dead."""

    def __init__(self, *dead):
        """Takes kinds and exit codes."""
        self.dead = list(dead)
        self.all_processes = {}
        self.looks = 0

    def dead_processes(self):
        """Lists the dead."""
        self.looks += 1
        return [(kind, FakeProcess(code)) for kind, code in self.dead]


class FakeProcess:
    """A process that ended."""

    def __init__(self, code):
        """Takes the exit code; one below 0 is a signal."""
        self.pid, self.returncode = 1, code


def watched(node, seconds=None):
    """Watches a node until it ends something; returns the warnings."""
    lines = []
    over = threading.Event()

    def end(text):
        lines.append(text)
        over.set()

    watch = Watch(node, beats=list, warn=lines.append, end=end, every=0.001)
    watch.start()
    over.wait(PATIENCE if seconds is None else seconds)
    watch.stop()
    watch.join(PATIENCE)
    return lines


@pytest.mark.parametrize("server", ["raylet", "gcs_server"])
def test_a_dead_server_ends_the_search(server):
    """One message names the process, how it ended, and how to resume."""
    node = FakeNode((server, -9))
    (message,) = watched(node)
    assert server in message
    assert "signal 9" in message
    assert "run the same command to resume" in message
    assert "\n" not in message
    assert node.looks > GRACE, "an interruption has time to come first"


def test_other_processes_may_die():
    """A search needs neither Ray's log reader nor its dashboard."""
    node = FakeNode(("log_monitor", 1), ("dashboard", -9))
    assert watched(node, seconds=0.1) == []


@pytest.mark.skipif(sys.platform == "win32", reason="no process is stopped there")
def test_a_stopped_server_ends_the_search():
    """Without its scheduler a search would wait for ever without a message."""
    stopped = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        stopped.send_signal(signal.SIGSTOP)
        node = FakeNode()
        node.all_processes = {"raylet": [SimpleNamespace(process=stopped)]}
        (message,) = watched(node)
    finally:
        stopped.kill()
        stopped.wait()
    assert (
        f"raylet (process {stopped.pid}) has been stopped for {WARN} seconds" in message
    )
    assert node.looks >= WARN


@pytest.fixture
def silence():
    """Gives a monitor and the list of its warnings."""
    lines = []
    return WorkerMonitor(lines.append), lines


def look(silence, times, *, pid=1 << 22, trial="trial 3", process=0, beats=None):
    """Looks several times at one worker; without a number it beats each time."""
    for number in range(times):
        count = number if beats is None else beats
        silence.check([Beat(pid=pid, trial=trial, beats=count, process=process)])


def test_a_living_worker_gives_no_warning(silence):
    """However long a trial takes, a worker with a heartbeat gives no warning."""
    monitor, message = silence
    look(monitor, 3 * KILL)
    assert message == []


def test_a_frozen_worker_gives_one_warning(silence):
    """The trial, the process and the time are named; it may answer again."""
    monitor, message = silence
    look(monitor, WARN + 1, beats=7)
    assert len(message) == 1
    for word in ("trial 3", str(1 << 22), f"{WARN} seconds"):
        assert word in message[0]
    look(monitor, WARN, beats=7)
    assert len(message) == 1
    look(monitor, 1, beats=8)
    assert "answers again" in message[1]


def test_a_frozen_worker_is_killed_in_the_end(silence):
    """After ten minutes without a beat the process is killed, as a death."""
    monitor, message = silence
    frozen = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    process = identify(frozen.pid)
    named = {"pid": frozen.pid, "beats": 7}
    look(monitor, KILL - 1, process=process, **named)
    assert frozen.poll() is None
    look(monitor, 1, process=process, **named)
    assert frozen.wait(PATIENCE) == -9
    assert "killed" in message[-1]


def still(silence, times, *, reports, reporting=True):
    """Checks a worker that has a heartbeat and reports nothing."""
    for number in range(times):
        beat = Beat(
            pid=1 << 22,
            trial="trial 3",
            beats=number,
            reports=reports,
            reporting=reporting,
        )
        silence.check([beat])


def test_a_trial_that_reports_nothing_gives_a_warning(silence):
    """A worker may live and hang: half an hour, or ten of its epochs, is too long."""
    monitor, message = silence
    still(monitor, STILL - 1, reports=0)
    assert message == []
    still(monitor, 2, reports=0)
    assert len(message) == 1
    assert "reported no epoch for 30 minutes" in message[0]


def test_long_epochs_are_no_hanging(silence):
    """The limit for an epoch follows the trial's own epochs."""
    monitor, message = silence
    still(monitor, STILL - 2, reports=0)
    still(monitor, 5 * STILL, reports=1)
    assert message == []
    still(monitor, 6 * STILL, reports=1)
    assert len(message) == 1


def test_a_retraining_reports_nothing(silence):
    """A retraining gives no warning, however long it takes."""
    monitor, message = silence
    still(monitor, 20 * STILL, reports=0, reporting=False)
    assert message == []


def test_a_worker_that_starts_is_monitored_too(silence):
    """An import that hangs gives a warning."""
    monitor, message = silence
    look(monitor, WARN + 1, trial="", beats=1)
    assert "a worker that starts" in message[0]


def test_a_pulse_goes_on(tmp_path):
    """The heartbeat runs by itself, names the trial, and marks started trials."""
    board = FolderBoard(tmp_path)
    pulse = Pulse(board, every=0.001)
    try:
        assert not has_started(board, "trial 4")
        pulse.begin("trial 4")
        assert has_started(board, "trial 4")
        (first,) = beats(board)
        assert (first.pid, first.trial) == (os.getpid(), "trial 4")
        deadline = time.monotonic() + PATIENCE
        while beats(board)[0].beats == first.beats:
            assert time.monotonic() < deadline
    finally:
        pulse.end()


def test_pulses_of_the_dead_are_removed(tmp_path):
    """A worker that has ended gives no warning; a damaged file is skipped."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    board = FolderBoard(tmp_path)
    last = json.dumps({"pid": gone.pid, "trial": "trial 1", "beats": 2})
    (tmp_path / f"{gone.pid}.beat").write_text(last)
    (tmp_path / f"{os.getpid()}.beat").write_text('{"trial": "t')
    assert beats(board) == []
    assert not (tmp_path / f"{gone.pid}.beat").exists()


def test_a_pulse_survives_a_full_disk(tmp_path):
    """Where the heartbeat cannot be written, the trial continues."""
    pulse = Pulse(FolderBoard(tmp_path / "missing"), every=60)
    pulse.begin("trial 1")
    pulse.end()


def test_a_dead_idle_worker_of_a_cluster_is_dropped():
    """A silent worker whose process is gone gives no warning; nothing is killed."""
    lines, dropped, killed = [], [], []
    monitor = WorkerMonitor(
        lines.append, kill=killed.append, lives=lambda _: False, drop=dropped.append
    )
    look(monitor, WARN + 1, beats=7)
    assert (lines, killed, len(dropped)) == ([], [], 1)
