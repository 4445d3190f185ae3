"""The laws of a board, kept by files and by an actor alike."""

import threading
import time
from dataclasses import replace

import psutil
import pytest
from ray.exceptions import GetTimeoutError

from search.executors.board import FolderBoard
from search.executors.heartbeat import (
    Pulse,
    beats,
    drop,
    forget,
    has_started,
    lives_here,
)
from search.executors.ray.cluster.post import ActorBoard, Notes


class FakeMethod:
    """A method of an actor that answers at once."""

    def __init__(self, method):
        """Takes the method."""
        self.remote = method


class FakeActor:
    """An actor that runs here."""

    def __init__(self, notes):
        """Takes what the actor is."""
        for name in ("write", "has", "remove", "read"):
            setattr(self, name, FakeMethod(getattr(notes, name)))


def answered(value, *, timeout):
    """Takes an answer, as ``ray.get`` does."""
    assert timeout > 0
    return value


def lost(_, *, timeout):
    """Gets no answer, as where the node of an actor was lost."""
    raise GetTimeoutError(str(timeout))


@pytest.fixture(params=["folder", "actor"])
def board(request, tmp_path):
    """A board of each kind."""
    if request.param == "folder":
        return FolderBoard(tmp_path)
    return ActorBoard(FakeActor(Notes()), answered)


def test_a_note_is_there_until_it_is_removed(board):
    """Only what was written is there; removing twice is no error."""
    assert not board.has("a.started")
    board.write("a.started", "")
    assert board.has("a.started")
    for _ in range(2):
        board.remove("a.started")
    assert not board.has("a.started")


def test_notes_are_read_by_their_ending(board):
    """The last text of each name counts, in the order of names."""
    board.write("b.beat", "old")
    board.write("c.left", "other")
    board.write("b.beat", "new")
    board.write("a.beat", "first")
    assert list(board.read(".beat").items()) == [("a.beat", "first"), ("b.beat", "new")]


def test_a_heartbeat_is_forgotten_with_its_trial(board):
    """A worker that died in a trial gives no warning later; another's stays."""
    pulse = Pulse(board, every=60, node="10.0.0.2 abc")
    pulse.begin("trial 1")
    forget(board, "trial 11")
    (beat,) = beats(board, lambda _: True)
    assert (beat.trial, beat.node) == ("trial 1", "10.0.0.2 abc")
    forget(board, "trial 1")
    assert beats(board, lambda _: True) == []
    pulse.end()


def test_threads_write_notes_of_their_own(board):
    """A heartbeat that is written meanwhile takes no other note away, nor its text."""
    names = [f"{number}.started" for number in range(200)]
    done = threading.Event()

    def beat():
        while not done.is_set():
            board.write("1.beat", "beat")

    thread = threading.Thread(target=beat)
    thread.start()
    for name in names:
        board.write(name, name)
    done.set()
    thread.join()
    assert board.read(".started") == {name: name for name in sorted(names)}
    assert board.read(".beat") == {"1.beat": "beat"}


def test_a_lost_actor_ends_no_trial():
    """Without an answer notes are lost, and trials count as started."""
    board = ActorBoard(FakeActor(Notes()), lost)
    board.write("a", "")
    board.remove("a")
    assert board.has("a")
    assert board.read("") == {}


def test_a_board_that_was_lost_learns_of_trials_again(board):
    """The note of a running trial's start comes back; that of an ended one goes."""
    pulse = Pulse(board, every=0.01)
    pulse.begin("trial 1")
    board.remove("trial 1.started")
    deadline = time.monotonic() + 10
    while not has_started(board, "trial 1"):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    pulse.begin("trial 2")
    assert list(board.read(".started")) == ["trial 2.started"]
    pulse.end()


def test_what_cannot_be_removed_ends_nothing(tmp_path):
    """An error of the disk is no error of a trial."""
    (tmp_path / "a.left").mkdir()
    FolderBoard(tmp_path).remove("a.left")


def test_another_process_of_the_same_number_is_not_the_worker(tmp_path):
    """A heartbeat is that of a process and of when it began."""
    board = FolderBoard(tmp_path)
    pulse = Pulse(board, every=60)
    pulse.begin("trial 1")
    (beat,) = beats(board)
    other = replace(beat, process=beat.process - 1)
    assert lives_here(beat)
    assert not lives_here(other)
    drop(board, other)
    assert beats(board) == [beat]
    drop(board, beat)
    assert beats(board) == []
    pulse.end()


def test_a_clock_that_is_set_ends_no_worker(tmp_path, monkeypatch):
    """A step of the system's clock moves the start of all processes: they live on."""
    pulse = Pulse(FolderBoard(tmp_path), every=60)
    pulse.begin("trial 1")
    monkeypatch.setattr(psutil.Process, "create_time", lambda _: 0.0)
    assert len(beats(FolderBoard(tmp_path))) == 1
    pulse.end()
