"""Ray on one machine during a search: who can connect, and how it ends."""

import json
import os
import signal
import stat
import time
from pathlib import Path

import psutil
import pytest

from search.executors.ray.folder import MOST, PREFIX
from tests.factories.runs import ended
from tests.fakes.nvidia_smi import cards, install

pytestmark = pytest.mark.slow

PATIENCE = 60
HOSTILE = {
    "RAY_ADDRESS": "127.0.0.1:1",
    "RAY_AUTH_MODE": "disabled",
    "RAY_TMPDIR": "/nowhere",
}


class Session:
    """A process that has Ray run, as the driver of a search has."""

    def __init__(self, start, temporary, **variables):
        """Waits until a worker of it answers."""
        named = {"TMPDIR": str(temporary), "HOME": str(temporary / "home")}
        self.process = start(
            "tests.factories.processes.ray_process", **named, **HOSTILE, **variables
        )
        line = self.process.stdout.readline()
        assert line, ended(self.process)
        self.state = json.loads(line)
        self.servers = self.state["servers"]

    def names(self):
        """Names its children."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        return {child.name() for child in children}

    def listening(self):
        """Lists the addresses at which it and its children can be reached."""
        me = psutil.Process(self.process.pid)
        return {
            (one.name(), socket.laddr.ip.removeprefix("::ffff:"))
            for one in (me, *me.children(recursive=True))
            for socket in one.net_connections("inet")
            if socket.status == psutil.CONN_LISTEN
        }


@pytest.fixture
def temporary(tmp_path):
    """A folder for temporary files whose path is too long for sockets."""
    place = tmp_path / ("deep" * 20)
    (place / "home").mkdir(parents=True)
    assert len(str(place)) > MOST
    return place


def folders(place):
    """Lists the folders of searches in a place."""
    return sorted(place.glob(f"{PREFIX}*"))


def test_a_session(temporary, start):
    """A session is private, cleans up after a kill, and reports a dead process.

    One test, because each start of Ray takes seconds: first a session that is
    killed, then the next, whose raylet is killed.
    """
    first = Session(start, temporary)
    found = first.listening()
    assert {name for name, _ in found} >= {"gcs_server", "raylet"}
    assert any(name.startswith("ray::") for name, _ in found), found
    assert {address for _, address in found} == {"127.0.0.1"}
    names = {name for name in first.names() if not name.startswith("ray::")}
    assert names == {"gcs_server", "raylet", "cat"}, "only servers and workers"
    (folder,) = folders(temporary)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert (folder / "r" / "session_latest" / "logs").is_dir()
    link = Path(first.state["ray"])
    assert link.is_symlink()
    assert stat.S_IMODE(link.parent.stat().st_mode) == 0o700
    assert first.state["authentication"] == "token"
    assert not (temporary / "home" / ".ray").exists(), "no token of the person is made"
    first.process.kill()
    assert ended(first.process).code == -signal.SIGKILL
    assert folders(temporary) == [folder]

    second = Session(start, temporary)
    assert folder not in folders(temporary)
    assert not link.parent.exists()
    begun = time.monotonic()
    os.kill(second.servers["raylet"], signal.SIGKILL)
    answer = ended(second.process)
    assert time.monotonic() - begun < PATIENCE / 2
    assert answer.code == 1
    assert answer.err.count("\n") == 1, answer.err
    assert "raylet ended during the search (killed by signal 9)" in answer.err
    assert folders(temporary) == []


def test_a_dead_gcs_ends_the_search_in_seconds(temporary, start):
    """Ray's client would wait for a minute, and end the process with its own lines."""
    session = Session(start, temporary)
    begun = time.monotonic()
    os.kill(session.servers["gcs_server"], signal.SIGKILL)
    answer = ended(session.process)
    assert time.monotonic() - begun < PATIENCE / 2
    assert (answer.code, answer.err.count("\n")) == (1, 1), answer.err
    assert "gcs_server ended during the search" in answer.err


def test_a_second_interruption_does_not_break_the_end(temporary, start):
    """Ctrl-C again and again while Ray is brought to an end leaves nothing behind."""
    session = Session(start, temporary)
    me = psutil.Process(session.process.pid)
    children = me.children(recursive=True)
    while folders(temporary) and session.process.poll() is None:
        session.process.send_signal(signal.SIGINT)
        time.sleep(0.1)
    answer = ended(session.process)
    assert answer.code == 130
    assert answer.err.splitlines()[-1].startswith("error: interrupted")
    assert "Traceback" not in answer.err
    _, alive = psutil.wait_procs(children, timeout=15)
    assert alive == []
    assert folders(temporary) == []


def test_two_trials_share_each_gpu(tmp_path, monkeypatch, start):
    """Ray has the GPUs that the driver lists, and puts two halves on each."""
    install(tmp_path, monkeypatch, answer=cards(8000, 8000))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    answer = ended(start("tests.factories.processes.ray_gpus"))
    assert (answer.code, answer.err) == (0, "")
    assert sorted(json.loads(answer.out)) == ["0", "0", "1", "1"]
