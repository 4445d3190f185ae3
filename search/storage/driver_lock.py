"""Locks that admit one driver process at a time to a run's folder and its trials."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import sqlalchemy

from data_pipeline.files.file_lock import LEASE, FileLock
from data_pipeline.system.errors import RunError
from search.storage.open_storage import open_with_retries
from search.storage.retrying import RetryPolicy
from search.storage.servers.connections import bound_transactions, engine_options
from search.storage.servers.driver_lease import Lease
from search.storage.servers.fencing import Fence, no_fence
from search.storage.url import file_of, masked

Check = Callable[[], None]
"""Raises ``RunError`` if another driver took over or the lock file is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverLock:
    """What a driver calls to learn whether it still has its lock.

    ``check`` before a step, and ``fence`` in each transaction on a server.
    """

    check: Check
    fence: Fence = no_fence


@contextmanager
def only_driver(lock: Path, *, of: Path | None = None) -> Iterator[Check]:
    """Locks a run by the file ``lock``; a kill releases it. Yields a check.

    ``of`` is what is locked, for messages; by default the lock's folder.
    """
    held = FileLock(lock)
    if not held.acquire_from_dead():
        raise RunError(
            f"{of or lock.parent}: one driver at a time may work on a run, and process "
            f"{held.owner()} does; wait for it, or stop it"
        )

    def check() -> None:
        if not held.is_held():
            raise RunError(
                f"{lock.parent}: the folder, or {lock.name} in it, was renamed, moved "
                "or deleted during the run, and the results with it: restore it, or "
                "name its new place, and rerun the command"
            )

    try:
        held.write_owner()
        yield check
    finally:
        held.release()


@contextmanager
def only_driver_of_storage(
    url: str,
    name: str,
    *,
    lease: float = LEASE,
    print_line: Callable[[str], None] = lambda _: None,
) -> Iterator[DriverLock]:
    """Locks the trials of a study, in a file or on a server.

    ``url`` is normalized; a server's driver is replaced after ``lease`` seconds without
    a heartbeat. ``print_line`` is told that a server is waited for.
    """
    path = file_of(url)
    if path is not None:
        # The name of an outer part has a slash.
        lock = path.with_name(f".{path.name}.{name.replace('/', '.')}.lock")
        with only_driver(lock, of=path) as check:
            yield DriverLock(check=check)
        return
    engine = sqlalchemy.create_engine(url, **engine_options(url))
    bound_transactions(engine)
    held = Lease(engine, name, place=masked(url), seconds=lease)
    open_with_retries(url, held.take, RetryPolicy(print=print_line))
    try:
        yield DriverLock(check=held.check, fence=held.fence)
    finally:
        held.release()


@contextmanager
def only_driver_of_run(
    lock: Path,
    url: str,
    name: str,
    *,
    print_line: Callable[[str], None] = lambda _: None,
) -> Iterator[DriverLock]:
    """Locks a run's folder and its trials."""
    storage = only_driver_of_storage(url, name, print_line=print_line)
    with only_driver(lock) as folder, storage as trials:

        def check() -> None:
            folder()
            trials.check()

        yield replace(trials, check=check)
