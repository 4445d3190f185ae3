"""A pool of threads over the cores that this process may use."""

import os
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager


@contextmanager
def threads() -> Iterator[Executor]:
    """Runs a pool over all cores; Pillow and hashing release the interpreter.

    Yields:
        The pool; what it has not begun is dropped at an error.
    """
    pool = ThreadPoolExecutor(cores())
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def cores() -> int:
    """Counts the cores that this process may use; not every system tells."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
