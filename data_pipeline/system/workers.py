"""Pools of threads and of fresh processes."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager


@contextmanager
def thread_pool() -> Iterator[Executor]:
    """Runs a thread for each core; Pillow and hashing release the interpreter lock.

    Yields:
        The pool. At its end, work that has not started is cancelled.
    """
    pool = ThreadPoolExecutor(usable_cores())
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def usable_cores() -> int:
    """Counts the cores this process may use; all cores where affinity is unknown."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def process_pool(
    count: int, initializer: Callable[[], object] | None = None
) -> ProcessPoolExecutor:
    """Creates a pool of spawned processes: forking a process with threads may hang.

    They leave interrupts to the parent, and exit with it even if it is killed.

    Args:
        count: the maximum; processes start when there is work.
        initializer: called once in each process; importable.

    Returns:
        The pool; its processes end with ``shutdown`` or garbage collection.
    """
    return ProcessPoolExecutor(
        count,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start,
        initargs=(initializer,),
    )


def _start(initializer: Callable[[], object] | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_exit_with_parent, daemon=True).start()
    if initializer is not None:
        initializer()


def _exit_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
