"""Runs a command with all its processes: CPU seconds, memory, and a time limit.

CPU seconds are added up a process at a time, from what each had used when it was last
seen, because parents do not collect all their children (Ray's do not).
"""

import ctypes
import os
import resource
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psutil

EVERY = 0.5
"""Seconds between two looks; what a process does after the last one is not counted."""

WEIGHED_EVERY = 5.0
"""Seconds between two looks at memory, which reads every page table of a process."""

ENDING = 60.0
"""Seconds that a command may take to end in order."""

SUBREAPER = 36
"""``PR_SET_CHILD_SUBREAPER`` of Linux: orphans become children of this process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """All processes at one moment: CPU seconds so far, memory now.

    ``time`` is seconds since 1970, memory is bytes; pages that processes share count
    once. ``largest`` is the memory of the largest process.
    """

    time: float
    cpu: float
    memory: int
    largest: int
    processes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a command used; ``code`` is its exit code, ``None`` at the time limit.

    ``collected`` is the CPU seconds that the system counts of all collected processes,
    up to their end.
    """

    started: float
    samples: tuple[Sample, ...]
    code: int | None
    collected: float

    def after(self, moment):
        """Returns the first sample from a moment on, or the last one."""
        later = (one for one in self.samples if one.time >= moment)
        return next(later, self.samples[-1])

    def before(self, moment):
        """Returns the last sample up to a moment, or the first one."""
        earlier = [one for one in self.samples if one.time <= moment]
        return (earlier or self.samples)[-1 if earlier else 0]


def run(command, *, environment, log, limit):
    """Runs a command up to a number of seconds, then ends it and all its processes.

    ``log`` is an open file for its output.
    """
    with adopted_orphans():
        mine, before = psutil.Process(), _collected()
        others = set(mine.children(recursive=True))
        started = time.time()
        process = psutil.Popen(
            command,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            samples = tuple(_watch(process, others, started + limit))
            code = process.poll()
        finally:
            _end(process, others)
        return Usage(
            started=started, samples=samples, code=code, collected=_collected() - before
        )


def _watch(process, others, until) -> Iterator[Sample]:
    """Looks at all processes until the first one ends, or until a moment."""
    seen: dict[psutil.Process, float] = {}
    memory: list[int] = []
    weighed = 0.0
    while True:
        found = set(psutil.Process().children(recursive=True)) - others
        for one in found:
            with suppress(psutil.Error):
                times = one.cpu_times()
                seen[one] = times.user + times.system
        now = time.time()
        if now >= weighed + WEIGHED_EVERY:
            memory, weighed = list(_weights(found)), now
        yield Sample(
            time=now,
            cpu=sum(seen.values()),
            memory=sum(memory),
            largest=max(memory, default=0),
            processes=len(found),
        )
        if now >= until:
            return
        with suppress(psutil.TimeoutExpired):
            process.wait(min(EVERY, until - now))
            return


def _weights(processes) -> Iterator[int]:
    for one in processes:
        with suppress(psutil.Error):
            yield one.memory_full_info().pss


def _end(process, others):
    """Ends the first process in order, and then whatever is left."""
    if process.poll() is None:
        process.terminate()
        with suppress(psutil.TimeoutExpired):
            process.wait(ENDING)
    while left := set(psutil.Process().children(recursive=True)) - others:
        for one in left:
            with suppress(psutil.Error):
                one.send_signal(signal.SIGKILL)
        # The children of one that is killed become children of this process.
        psutil.wait_procs(left, timeout=EVERY)


@contextmanager
def adopted_orphans():
    """Makes this process the parent of its descendants whose parents end (Linux)."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    if prctl(SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    try:
        yield
    finally:
        prctl(SUBREAPER, 0, 0, 0, 0)


def _collected():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
