"""Watches Ray's processes and the workers beside a search, and tells what hangs.

Ray's own client waits for a minute where its server died, cannot be interrupted
meanwhile, and then ends the process with lines of its own.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from search.executors.heartbeat import Beat

EVERY = 1.0
"""Seconds between two looks."""
GRACE = 3
"""Looks between the death of a process and the end: an interruption comes first."""
TOLD, KILLED = 60, 600
"""Looks without a beat until a worker is told of, and until it is killed.

They are counted, for a machine that slept has not waited.
"""
STILL, TIMES = 1800, 10
"""Looks without a report until a trial is told of, and times its longest epoch."""
SERVERS = ("gcs_server", "raylet")


class Process(Protocol):
    """A process that was started from here."""

    pid: int
    returncode: int | None


class Node(Protocol):
    """Ray's processes on this machine, by their kinds."""

    all_processes: dict[str, list[Any]]

    def dead_processes(self) -> list[tuple[str, Process]]:
        """Lists those that ended by themselves, with their kinds."""


@dataclass(slots=True)
class _Heard:
    """What was heard of one worker, in looks.

    ``silent`` is since its last beat, ``still`` since its last report, ``longest``
    the longest time that it took from one report to the next.
    """

    last: Beat
    silent: int = 0
    still: int = 0
    longest: int = 0


class Silence:
    """Counts the looks for which each worker gave no beat, and made no report."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        """Takes a way to tell a person."""
        self._tell = tell
        self._heard: dict[int, _Heard] = {}

    def look(self, beats: Iterable[Beat]) -> None:
        """Compares the pulses with those of the last look."""
        for beat in beats:
            heard = self._heard.setdefault(beat.pid, _Heard(beat))
            self._compare_beats(heard, beat)
            self._compare_reports(heard, beat)
            heard.last = beat

    def _compare_beats(self, heard: _Heard, beat: Beat) -> None:
        if beat.beats != heard.last.beats:
            if heard.silent >= TOLD:
                self._tell(f"{_name(beat)} answers again")
            heard.silent = 0
            return
        heard.silent += 1
        if heard.silent == TOLD:
            self._tell(
                f"{_name(beat)} has not answered for {TOLD} seconds: it is stopped, or "
                f"hangs; after {KILLED // 60} minutes it is killed, and its trial runs "
                "again"
            )
        if heard.silent == KILLED:
            self._tell(
                f"{_name(beat)} has not answered for {KILLED // 60} minutes: it is "
                "killed"
            )
            with suppress(ProcessLookupError):
                os.kill(beat.pid, signal.SIGKILL)

    def _compare_reports(self, heard: _Heard, beat: Beat) -> None:
        last = heard.last
        if (beat.trial, beat.reports) != (last.trial, last.reports):
            if beat.trial == last.trial:
                heard.longest = max(heard.longest, heard.still)
            heard.still = 0
            return
        heard.still += 1
        # A retraining reports nothing until it is done.
        if beat.reporting and heard.still == max(STILL, TIMES * heard.longest):
            self._tell(
                f"{_name(beat)} has reported no epoch for {heard.still // 60} minutes; "
                "if it hangs, kill it: its trial runs again"
            )


class Watch(threading.Thread):
    """Looks after Ray's servers and the workers until it is stopped."""

    def __init__(
        self,
        node: Node,
        *,
        beats: Callable[[], Iterable[Beat]],
        tell: Callable[[str], None],
        end: Callable[[str], None],
        every: float = EVERY,
    ) -> None:
        """Takes what to look at.

        Args:
            node: Ray's processes.
            beats: reads the pulses of the workers.
            tell: tells a person what hangs.
            end: ends this process with a message; does not return.
            every: seconds between two looks.
        """
        super().__init__(daemon=True)
        self._node = node
        self._beats = beats
        self._silence = Silence(tell)
        self._end = end
        self._every = every
        self._stopped = threading.Event()

    def run(self) -> None:
        """Looks again and again."""
        dead = frozen = 0
        while not self._stopped.wait(self._every):
            found = [one for one in self._node.dead_processes() if one[0] in SERVERS]
            stopped = _stopped(self._node)
            dead, frozen = dead + bool(found), frozen + 1 if stopped else 0
            if dead > GRACE or frozen > TOLD:
                self._end(_death(*found[0]) if found else _freeze(*stopped[0]))
                return
            self._silence.look(self._beats())

    def stop(self) -> None:
        """Looks no more."""
        self._stopped.set()


def _name(beat: Beat) -> str:
    doing = f"the worker of {beat.trial}" if beat.trial else "a worker that starts"
    return f"{doing} (process {beat.pid})"


def _stopped(node: Node) -> list[tuple[str, int]]:
    """Lists Ray's servers that are stopped by a signal, on Linux."""
    found = []
    for kind in SERVERS:
        for info in node.all_processes.get(kind, ()):
            with suppress(OSError, IndexError):
                text = Path(f"/proc/{info.process.pid}/stat").read_text()
                # The state comes after the name, which may hold anything.
                if text.rpartition(")")[2].split()[0] in ("T", "t"):
                    found.append((kind, info.process.pid))
    return found


def _freeze(kind: str, pid: int) -> str:
    return (
        f"Ray's own process {kind} (process {pid}) has been stopped for {TOLD} "
        "seconds, so the search ends; the same command goes on from here"
    )


def _death(kind: str, process: Process) -> str:
    code = process.returncode or 0
    how = f"killed by signal {-code}" if code < 0 else f"exit code {code}"
    return (
        f"Ray's own process {kind} ended during the search ({how}), as it does where "
        "memory or a disk runs out; the same command goes on from here"
    )
