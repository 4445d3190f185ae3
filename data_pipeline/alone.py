"""One process at a time does a thing; a kill lets the next one in."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

PAUSE = 0.1
"""Seconds between two looks at a lock that another process holds."""


@contextmanager
def alone(lock: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Waits until nobody else holds a lock, and holds it.

    Args:
        lock: a file to be made for it, and removed at the end.
        waiting: called again and again while another process or thread holds it.

    Yields:
        Nothing; the lock is held meanwhile.
    """
    file = _held(lock)
    while file is None:
        waiting()
        time.sleep(PAUSE)
        file = _held(lock)
    with file:
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)  # before it is let go


def _held(lock: Path) -> IO[str] | None:
    """Takes the lock, if it is free and still the file of that name."""
    file = lock.open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(file.fileno()), lock.stat()):
            return file
    except (BlockingIOError, FileNotFoundError):
        pass
    file.close()
    return None
