"""Monitors Ray's processes and the workers during a search, and warns of hanging ones.

Ray's own client waits for a minute after its server died, cannot be interrupted
meanwhile, and then ends the process with messages of its own.
"""

import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

import psutil

from search.executors.heartbeat import Beat, lives_here

EVERY = 1.0
"""Seconds between two checks."""
GRACE = 3
"""Checks between a process's death and the end: an interrupt is handled first."""
WARN, KILL = 60, 600
"""Checks without a heartbeat until a warning, and until the worker is killed.

Counted, not timed, so that the time of a suspended machine does not count.
"""
STILL, TIMES = 1800, 10
"""Checks without a report until a warning, and as multiples of the longest epoch."""
SERVERS = ("gcs_server", "raylet")
STOPPED = (psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP)


class Process(Protocol):
    """A child process."""

    pid: int
    returncode: int | None


class Node(Protocol):
    """Ray's processes on this machine, by their kinds."""

    all_processes: dict[str, list[Any]]

    def dead_processes(self) -> list[tuple[str, Process]]:
        """Lists processes that ended by themselves, with their kinds."""


@dataclass(slots=True)
class _WorkerState:
    """The state of one worker, in checks.

    ``silent`` counts since its last heartbeat, ``still`` since its last report;
    ``longest`` is the longest time between two reports.
    """

    last: Beat
    silent: int = 0
    still: int = 0
    longest: int = 0


def _kill(beat: Beat) -> None:
    with suppress(psutil.Error):
        if lives_here(beat):
            psutil.Process(beat.pid).kill()


class WorkerMonitor:
    """Counts for how many checks each worker had no heartbeat and no report."""

    def __init__(
        self,
        warn: Callable[[str], None],
        kill: Callable[[Beat], None] = _kill,
        lives: Callable[[Beat], bool] = lambda _: True,
        drop: Callable[[Beat], None] = lambda _: None,
    ) -> None:
        """Prints warnings by ``warn``; ends hanging workers by ``kill``.

        Before it does, it asks by ``lives`` whether the process is there at all; the
        heartbeat of one that is not goes by ``drop``.
        """
        self._warn, self._kill = warn, kill
        self._lives, self._drop = lives, drop
        self._workers: dict[tuple[str, int], _WorkerState] = {}

    def check(self, beats: Iterable[Beat]) -> None:
        """Compares the heartbeats with those of the last check."""
        for beat in beats:
            state = self._workers.setdefault((beat.node, beat.pid), _WorkerState(beat))
            self._compare_beats(state, beat)
            self._compare_reports(state, beat)
            state.last = beat

    def _compare_beats(self, state: _WorkerState, beat: Beat) -> None:
        if beat.beats != state.last.beats:
            if state.silent >= WARN:
                self._warn(f"{_name(beat)} answers again")
            state.silent = 0
            return
        state.silent += 1
        if state.silent in {WARN, KILL} and not self._lives(beat):
            self._drop(beat)
            state.silent = 0
        if state.silent == WARN:
            self._warn(
                f"{_name(beat)} has not answered for {WARN} seconds: it is suspended, "
                f"or it hangs; after {KILL // 60} minutes it is killed and its trial "
                "runs again"
            )
        if state.silent == KILL:
            self._warn(
                f"{_name(beat)} has not answered for {KILL // 60} minutes: it is killed"
            )
            self._kill(beat)

    def _compare_reports(self, state: _WorkerState, beat: Beat) -> None:
        last = state.last
        if (beat.trial, beat.reports) != (last.trial, last.reports):
            if beat.trial == last.trial:
                state.longest = max(state.longest, state.still)
            state.still = 0
            return
        state.still += 1
        # A retraining reports nothing until it is done.
        if beat.reporting and state.still == max(STILL, TIMES * state.longest):
            self._warn(
                f"{_name(beat)} has reported no epoch for {state.still // 60} minutes; "
                "if it hangs, kill it: its trial runs again"
            )


class Watch(threading.Thread):
    """Checks Ray's servers and the workers until it is stopped."""

    def __init__(
        self,
        node: Node,
        *,
        beats: Callable[[], Iterable[Beat]],
        warn: Callable[[str], None],
        end: Callable[[str], None],
        every: float = EVERY,
    ) -> None:
        """Checks a node every so many seconds; prints warnings by ``warn``.

        ``beats`` reads the workers' heartbeats. ``end`` ends this process with a
        message and does not return.
        """
        super().__init__(daemon=True)
        self._node = node
        self._beats = beats
        self._workers = WorkerMonitor(warn)
        self._end = end
        self._every = every
        self._stopped = threading.Event()

    def run(self) -> None:
        """Checks until it is stopped."""
        dead = frozen = 0
        while not self._stopped.wait(self._every):
            found = [one for one in self._node.dead_processes() if one[0] in SERVERS]
            stopped = _stopped(self._node)
            dead, frozen = dead + bool(found), frozen + 1 if stopped else 0
            if dead > GRACE or frozen > WARN:
                self._end(_death(*found[0]) if found else _freeze(*stopped[0]))
                return
            self._workers.check(self._beats())

    def stop(self) -> None:
        """Stops the checks."""
        self._stopped.set()


def _name(beat: Beat) -> str:
    doing = f"the worker of {beat.trial}" if beat.trial else "a worker that starts"
    where = f" on node {beat.node}" if beat.node else ""
    return f"{doing} (process {beat.pid}{where})"


def _stopped(node: Node) -> list[tuple[str, int]]:
    """Lists Ray's servers that are stopped by a signal."""
    found = []
    for kind in SERVERS:
        for info in node.all_processes.get(kind, ()):
            with suppress(psutil.Error):
                if psutil.Process(info.process.pid).status() in STOPPED:
                    found.append((kind, info.process.pid))
    return found


def _freeze(kind: str, pid: int) -> str:
    return (
        f"Ray's own process {kind} (process {pid}) has been stopped for {WARN} "
        "seconds, so the search ends; run the same command to resume"
    )


def _death(kind: str, process: Process) -> str:
    code = process.returncode or 0
    how = f"killed by signal {-code}" if code < 0 else f"exit code {code}"
    return (
        f"Ray's own process {kind} ended during the search ({how}), as it does where "
        "memory or a disk runs out; run the same command to resume"
    )
