"""Watches Ray's processes and the workers beside a search, and tells what hangs.

Ray's own client waits for a minute where its server died, cannot be interrupted
meanwhile, and then ends the process with lines of its own.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Protocol

from search.pulse import Beat

EVERY = 1.0
"""Seconds between two looks."""
GRACE = 3
"""Looks between the death of a process and the end: an interruption comes first."""
TOLD, KILLED = 60, 600
"""Looks without a beat until a worker is told of, and until it is killed.

They are counted, for a machine that slept has not waited.
"""
SERVERS = ("gcs_server", "raylet")


class Process(Protocol):
    """A process that was started from here."""

    pid: int
    returncode: int | None


class Node(Protocol):
    """Ray's processes on this machine."""

    def dead_processes(self) -> list[tuple[str, Process]]:
        """Lists those that ended by themselves, with their kinds."""


class Silence:
    """Counts the looks for which each worker gave no beat."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        """Takes a way to tell a person."""
        self._tell = tell
        self._beats: dict[int, int] = {}
        self._looks: dict[int, int] = {}

    def look(self, beats: Iterable[Beat]) -> None:
        """Compares the pulses with those of the last look."""
        for beat in beats:
            if self._beats.get(beat.pid) != beat.beats:
                self._heard(beat)
            else:
                self._looks[beat.pid] += 1
                self._missed(beat, self._looks[beat.pid])

    def _heard(self, beat: Beat) -> None:
        if self._looks.get(beat.pid, 0) >= TOLD:
            self._tell(f"{_name(beat)} answers again")
        self._beats[beat.pid] = beat.beats
        self._looks[beat.pid] = 0

    def _missed(self, beat: Beat, looks: int) -> None:
        if looks == TOLD:
            self._tell(
                f"{_name(beat)} has not answered for {TOLD} seconds: it is stopped, or "
                f"hangs; after {KILLED // 60} minutes it is killed, and its trial runs "
                "again"
            )
        if looks == KILLED:
            self._tell(
                f"{_name(beat)} has not answered for {KILLED // 60} minutes: it is "
                "killed"
            )
            with suppress(ProcessLookupError):
                os.kill(beat.pid, signal.SIGKILL)


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
        dead = 0
        while not self._stopped.wait(self._every):
            found = [one for one in self._node.dead_processes() if one[0] in SERVERS]
            dead += bool(found)
            if dead > GRACE:
                self._end(_death(*found[0]))
                return
            self._silence.look(self._beats())

    def stop(self) -> None:
        """Looks no more."""
        self._stopped.set()


def _name(beat: Beat) -> str:
    doing = f"the worker of {beat.trial}" if beat.trial else "a worker that starts"
    return f"{doing} (process {beat.pid})"


def _death(kind: str, process: Process) -> str:
    code = process.returncode or 0
    how = f"killed by signal {-code}" if code < 0 else f"exit code {code}"
    return (
        f"Ray's own process {kind} ended during the search ({how}), as it does where "
        "memory or a disk runs out; the same command goes on from here"
    )
