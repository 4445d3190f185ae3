"""Why a worker died: by its last output, and by what the kernel counts."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from search.executors.oom_kills import count_kills, kill_counter

SIGNALS = {
    "SIGSEGV": "segmentation fault",
    "SIGABRT": "abort",
    "SIGILL": "illegal instruction",
    "SIGBUS": "bus error",
    "SIGFPE": "arithmetic error",
}
"""Signals that end a process with a message, in words."""

_SIGNAL = re.compile(r"\*\*\* (SIG[A-Z]+)")
_FATAL = re.compile(r"Fatal Python error: ([^\n]+)")

NO_MEMORY = ("std::bad_alloc", "Cannot allocate memory")
"""Last words of a process that asked for memory in vain."""

LOW_MEMORY = "low on memory"
"""Ray's words where it ended a worker because the machine's memory was short."""

KERNEL = "the kernel ended its worker: out of memory"


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """How a worker died.

    ``ran_out`` of memory it has if the kernel killed it for that, or if it was refused
    memory; ``short`` is memory of the machine where Ray chose the worker to end.
    """

    cause: str
    ran_out: bool = False
    short: bool = False


def describe_death(trouble: str, *, killed_for_memory: bool) -> Death:
    """Describes a death.

    Args:
        trouble: Ray's error and the last output of the worker.
        killed_for_memory: whether the kernel counted a kill.

    Returns:
        A short cause, without the words for what died.

    Example:
        >>> describe_death("*** SIGSEGV received", killed_for_memory=False).cause
        'segmentation fault'
    """
    signal, fatal = _SIGNAL.search(trouble), _FATAL.search(trouble)
    if any(words in trouble for words in NO_MEMORY):
        return Death(cause="its process was refused memory", ran_out=True)
    if signal is not None:
        return Death(cause=SIGNALS.get(signal[1], signal[1]))
    if fatal is not None:
        return Death(cause=fatal[1].strip().lower())
    if killed_for_memory:
        return Death(cause=KERNEL, ran_out=True)
    if LOW_MEMORY in trouble:
        return Death(cause="its machine ran out of memory", short=True)
    return Death(cause="")


def describe_process() -> str:
    """Describes this process for ``KernelKills``: what was counted so far."""
    counter = kill_counter()
    kills = None if counter is None else count_kills(counter)
    return json.dumps({"counter": str(counter), "kills": kills})


class KernelKills:
    """Tells which of the workers that died were killed by the kernel for memory.

    ``read`` returns what a worker wrote by ``describe_process`` when a trial began.
    Each kill is told of once: a group counts those of all its processes.
    """

    def __init__(self, read: Callable[[str], str]) -> None:
        """Reads the descriptions by ``trial_name``."""
        self._read = read
        self._told: dict[str, int] = {}

    def __call__(self, trial: str) -> bool:
        """Whether the kernel has killed for memory since a trial began."""
        try:
            begun = json.loads(self._read(trial))
            counter, before = str(begun["counter"]), int(begun["kills"])
        except (OSError, ValueError, TypeError, KeyError):
            return False
        before = max(before, self._told.get(counter, 0))
        if (count_kills(Path(counter)) or 0) <= before:
            return False
        self._told[counter] = before + 1
        return True
