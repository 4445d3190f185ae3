"""Heartbeats of workers: a file for each, by which the driver sees that it is alive.

A worker reports once an epoch, and an epoch may take an hour. Its heartbeat continues
in a separate thread and ends when the process is stopped or hangs as a whole.
"""

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from search.executors.worker_death import describe_process

EVERY = 5.0
"""Seconds between two beats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """The last heartbeat of a worker.

    ``trial`` is "" before its first one. ``reports`` counts its epochs; ``reporting``
    says whether it trains one now that it will report.
    """

    pid: int
    trial: str
    beats: int
    reports: int = 0
    reporting: bool = False


class Pulse:
    """Writes heartbeats of this process, in a thread that ends with it."""

    def __init__(self, folder: Path, *, every: float = EVERY) -> None:
        """Starts the thread."""
        self._folder = folder
        self._trial = ""
        self._reporting = False
        self._beats = self._reports = 0
        self._lock = threading.Lock()
        self._every = every
        self._end = threading.Event()
        threading.Thread(target=self._go_on, daemon=True).start()

    def begin(self, trial: str) -> None:
        """Names the trial that starts."""
        self._trial, self._reporting, self._reports = trial, False, 0
        self._write()
        with suppress(OSError):
            started = self._folder / f"{trial}.started"
            started.write_text(describe_process())

    def leave(self, trial: str) -> None:
        """Leaves a trial that has not begun to a fresh process; this one then ends."""
        with suppress(OSError):
            (self._folder / f"{trial}.left").touch()

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
        """Stops the thread."""
        self._end.set()

    def _go_on(self) -> None:
        while not self._end.is_set():
            self._write()
            self._end.wait(self._every)

    def _write(self) -> None:
        # A full disk must not end a trial.
        with self._lock, suppress(OSError):
            self._beats += 1
            beat = {
                "trial": self._trial,
                "beats": self._beats,
                "reports": self._reports,
                "reporting": self._reporting,
            }
            part = self._folder / f"{os.getpid()}.new"
            part.write_text(json.dumps(beat))
            part.replace(self._folder / f"{os.getpid()}.beat")


def trial_name(number: int) -> str:
    """Names a trial for messages and for its worker's heartbeat."""
    return f"trial {number}"


def has_started(folder: Path, trial: str) -> bool:
    """Whether a worker began a trial, and so was able to start."""
    return (folder / f"{trial}.started").exists()


def read_start(folder: Path, trial: str) -> str:
    """Reads how the worker's process was when it began a trial."""
    return (folder / f"{trial}.started").read_text()


def was_left(folder: Path, trial: str) -> bool:
    """Whether a worker left a trial to a fresh one; true once for each."""
    mark = folder / f"{trial}.left"
    found = mark.exists()
    mark.unlink(missing_ok=True)
    return found


def beats(folder: Path) -> list[Beat]:
    """Reads the heartbeats of live workers; removes those of dead ones."""
    found = []
    for path in sorted(folder.glob("*.beat")):
        try:
            pid = int(path.stem)
            if psutil.pid_exists(pid):
                found.append(Beat(pid=pid, **json.loads(path.read_text())))
            else:
                path.unlink(missing_ok=True)
        except (OSError, ValueError, TypeError):
            continue
    return found
