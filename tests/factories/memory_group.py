"""A control group with a limit of memory, as a container or a job of Slurm has one."""

import os
import time
from contextlib import contextmanager
from pathlib import Path

GROUPS = Path("/sys/fs/cgroup")
VERSIONS = (
    (GROUPS / "memory", "memory.limit_in_bytes"),
    (GROUPS, "memory.max"),
)
"""Where groups are made in versions 1 and 2, and the file of the limit."""


@contextmanager
def memory_group(limit):
    """Makes a group; gives ``None`` where this machine lets nobody make one.

    The tests' own processes stay outside.
    """
    group = next(filter(None, (_made(*one, limit) for one in VERSIONS)), None)
    try:
        yield group
    finally:
        if group is not None:
            group.rmdir()


def _made(place, name, limit):
    group = place / f"expression-search-{os.getpid()}"
    try:
        if not (place / "cgroup.procs").exists():
            return None
        group.mkdir()
    except OSError:
        return None
    try:
        (group / name).write_text(str(limit))
    except OSError:
        group.rmdir()
        return None
    return group


def inside(group, *words):
    """Returns the words of a command that runs inside a group, or outside of any."""
    if group is None:
        return words
    enter = f'echo $$ > {group}/cgroup.procs && exec "$@"'
    return ("sh", "-c", enter, "sh", *words)


def processes_in(group, seconds=15):
    """Lists the processes in a group that have not ended after some seconds."""
    end = time.monotonic() + seconds
    while group is not None:
        found = (group / "cgroup.procs").read_text().split()
        if not found or time.monotonic() > end:
            return found
        time.sleep(0.2)
    return []
