"""Memory of this machine and of this process, in bytes."""

import psutil

USABLE_SHARE = 0.8
"""Of the machine's memory; the rest is for the driver, the images and other work."""


def resident_memory() -> int:
    """Returns what this process holds in memory now."""
    return int(psutil.Process().memory_info().rss)


def memory_share(parts: int) -> int:
    """Returns one of several equal parts of the memory that a run may use."""
    return int(USABLE_SHARE * psutil.virtual_memory().total / parts)
