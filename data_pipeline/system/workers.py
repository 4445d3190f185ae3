"""Fresh processes for work that threads do not share well, or must not share."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
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


def fresh_processes(
    count: int, begin: Callable[[], object] | None = None
) -> ProcessPoolExecutor:
    """Starts a pool of fresh processes: forking one that has threads may hang.

    They leave interrupts to the parent, and end with it even if it is killed.

    Args:
        count: at most how many; they start when there is work.
        begin: called first in each of them; importable.

    Returns:
        The pool; its processes end when it is shut down or no longer referred to.
    """
    return ProcessPoolExecutor(
        count,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_enter,
        initargs=(begin,),
    )


def _enter(begin: Callable[[], object] | None) -> None:
    """Prepares one process of a pool."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow_parent, daemon=True).start()
    if begin is not None:
        begin()


def _follow_parent() -> None:
    """Waits for the parent's end."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
