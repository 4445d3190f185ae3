"""Heartbeats of workers: a note of each, by which the driver sees that it is alive.

A worker reports once an epoch, and an epoch may take an hour. Its heartbeat continues
in a separate thread and ends when the process is stopped or hangs as a whole. With each
beat the note of its trial's start is written again if it is lost: an actor that has a
cluster's notes begins without any where Ray restarts it.
"""

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psutil

from search.executors.board import Board
from search.executors.worker_death import describe_process

EVERY = 5.0
"""Seconds between two beats."""

BEAT, STARTED, LEFT = ".beat", ".started", ".left"
"""Endings of the notes: of a worker, and of a trial that began or was left."""

RETRAINING = "the retraining"
"""What a worker does that retrains, in place of a ``trial_name``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """The last heartbeat of a worker.

    ``trial`` is "" before its first one. ``reports`` counts its epochs; ``reporting``
    says whether it trains one now that it will report. ``node`` names its node in a
    cluster, "" on this machine. ``process`` is that of ``identify``: another process
    may get its ``pid`` later.
    """

    pid: int
    trial: str
    beats: int
    reports: int = 0
    reporting: bool = False
    node: str = ""
    process: int = 0


class Pulse:
    """Writes heartbeats of this process, in a thread that ends with it."""

    def __init__(self, board: Board, *, every: float = EVERY, node: str = "") -> None:
        """Starts the thread."""
        self._board, self._node = board, node
        self._trial = ""
        self._reporting = False
        self._beats = self._reports = 0
        self._process = identify(os.getpid())
        self._start = ""
        self._lock = threading.Lock()
        self._every = every
        self._end = threading.Event()
        threading.Thread(target=self._go_on, daemon=True).start()

    def begin(self, trial: str) -> None:
        """Names the trial that starts."""
        before, start = self._trial, describe_process()
        with self._lock:
            self._trial, self._reporting, self._reports = trial, False, 0
            self._start = start
        self._board.write(f"{trial}{STARTED}", start)
        self._write()
        if before != trial:  # nobody asks for that of a trial that has ended
            self._board.remove(f"{before}{STARTED}")

    def leave(self, trial: str) -> None:
        """Leaves a trial that has not begun to a fresh process; this one then ends."""
        self._board.write(f"{trial}{LEFT}", "")

    @contextmanager
    def reporting(self) -> Iterator[None]:
        """Says that an epoch is being trained, and counts it when it is over."""
        self._reporting = True
        try:
            yield
        finally:
            self._reporting = False
        self._reports += 1

    def end(self) -> None:
        """Stops the thread, and takes the heartbeat away."""
        self._end.set()
        with self._lock:
            self._board.remove(self._name)

    @property
    def _name(self) -> str:
        return f"{self._node} {os.getpid()}{BEAT}".lstrip()

    def _go_on(self) -> None:
        while not self._end.is_set():
            self._write()
            self._end.wait(self._every)

    def _write(self) -> None:
        with self._lock:
            if self._end.is_set():
                return
            self._beats += 1
            beat = {
                "pid": os.getpid(),
                "node": self._node,
                "trial": self._trial,
                "beats": self._beats,
                "reports": self._reports,
                "reporting": self._reporting,
                "process": self._process,
            }
            self._board.write(self._name, json.dumps(beat))
            started = f"{self._trial}{STARTED}"
            if self._trial and not self._board.has(started):
                self._board.write(started, self._start)


def trial_name(number: int) -> str:
    """Names a trial for messages and for its worker's heartbeat."""
    return f"trial {number}"


def has_started(board: Board, trial: str) -> bool:
    """Whether a worker began a trial, and so was able to start."""
    return board.has(f"{trial}{STARTED}")


def read_start(board: Board, trial: str) -> str:
    """Reads how the worker's process was when it began a trial, "" if unknown."""
    name = f"{trial}{STARTED}"
    return board.read(name).get(name, "")


def was_left(board: Board, trial: str) -> bool:
    """Whether a worker left a trial to a fresh one; true once for each."""
    found = board.has(f"{trial}{LEFT}")
    board.remove(f"{trial}{LEFT}")
    return found


def lives_here(beat: Beat) -> bool:
    """Whether a worker's process lives on this machine."""
    return is_process(beat.pid, beat.process)


def identify(pid: int) -> int:
    """Identifies a process by its id and its start.

    psutil's hash is of both; ``create_time`` changes where the clock is set.
    """
    return hash(psutil.Process(pid))


def is_process(pid: int, identity: int) -> bool:
    """Whether the process with this id is the one of ``identify``."""
    try:
        return identify(pid) == identity
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:  # it is there, but nothing more is known of it
        return True


def beats(board: Board, lives: Callable[[Beat], bool] = lives_here) -> list[Beat]:
    """Reads the heartbeats of live workers; removes those of dead ones."""
    found = []
    for name, beat in _read(board):
        if lives(beat):
            found.append(beat)
        else:
            board.remove(name)
    return found


def forget(board: Board, trial: str) -> None:
    """Removes the heartbeat of the worker that died in a trial."""
    for name, beat in _read(board):
        if beat.trial == trial:
            board.remove(name)


def drop(board: Board, beat: Beat) -> None:
    """Removes the heartbeat of a worker that has died without a trial."""
    for name, other in _read(board):
        here = (beat.node, beat.pid, beat.process)
        if (other.node, other.pid, other.process) == here:
            board.remove(name)


def _read(board: Board) -> Iterator[tuple[str, Beat]]:
    """Reads all heartbeats with their notes' names; skips damaged ones."""
    for name, text in board.read(BEAT).items():
        with suppress(ValueError, TypeError):
            yield name, Beat(**json.loads(text))
