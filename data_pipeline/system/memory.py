"""Memory of this machine and of this process, in bytes."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil

USABLE_SHARE = 0.8
"""Of the machine's memory; the rest is for the driver, the images and other work."""


CONTAINER_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
"""Where Linux states a container's limit, in versions 2 and 1 of control groups."""


def resident_memory() -> int:
    """Returns what this process alone holds in memory now.

    Pages of files, such as mapped images, do not count: all workers share them, and
    Linux drops them where memory is short.
    """
    held = psutil.Process().memory_info()
    return int(held.rss - getattr(held, "shared", 0))


def memory_share(parts: int, *, limits: Iterable[Path] = CONTAINER_LIMITS) -> int:
    """Returns one of several equal parts of the memory that a run may use.

    ``limits`` are files that may hold less than the machine's memory.
    """
    total = min([psutil.virtual_memory().total, *_bytes_in(limits)])
    return int(USABLE_SHARE * total / parts)


def _bytes_in(files: Iterable[Path]) -> Iterator[int]:
    for file in files:
        with suppress(OSError, ValueError):  # "max": no limit
            yield int(file.read_text())
