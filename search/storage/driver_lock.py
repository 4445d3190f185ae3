"""Locks that admit one driver process at a time to a run's folder and its trials."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy

from data_pipeline.files.file_lock import LEASE, FileLock
from data_pipeline.system.errors import RunError
from search.storage.driver_lease import Lease
from search.storage.open_storage import engine_options, open_with_retries
from search.storage.url import file_of, masked

Check = Callable[[], None]
"""Raises ``RunError`` if another driver took over or the lock file is gone."""


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
    url: str, name: str, *, lease: float = LEASE
) -> Iterator[Check]:
    """Locks the trials of a study, in a file or on a server. Yields a check.

    ``url`` is normalized; a server's driver is replaced after ``lease`` seconds without
    a heartbeat.
    """
    path = file_of(url)
    if path is not None:
        # The name of an outer part has a slash.
        lock = path.with_name(f".{path.name}.{name.replace('/', '.')}.lock")
        with only_driver(lock, of=path) as check:
            yield check
        return
    engine = sqlalchemy.create_engine(url, **engine_options(url))
    held = Lease(engine, name, place=masked(url), seconds=lease)
    open_with_retries(url, held.take)
    try:
        yield held.check
    finally:
        held.release()


@contextmanager
def only_driver_of_run(lock: Path, url: str, name: str) -> Iterator[Check]:
    """Locks a run's folder and its trials. Yields a check of both."""
    with only_driver(lock) as folder, only_driver_of_storage(url, name) as trials:

        def check() -> None:
            folder()
            trials()

        yield check
