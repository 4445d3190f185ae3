"""One driver at a time on a run's folder and on its trials, wherever they are."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy

from data_pipeline.files.file_lock import FileLock
from data_pipeline.system.errors import RunError
from search.storage.driver_lease import LEASE, Lease
from search.storage.open_storage import engine_options, open_with_retries
from search.storage.url import file_of, masked

Check = Callable[[], None]
"""Raises where another driver has taken over, or what is locked is not there."""


@contextmanager
def only_driver(lock: Path, *, of: Path | None = None) -> Iterator[Check]:
    """Holds a run for one driver process; a kill releases it.

    Args:
        lock: the lock file, made if it is missing.
        of: what is locked, for messages; the lock's folder if it is not named.

    Yields:
        A check that the lock is still where it was.

    Raises:
        RunError: another process holds the run.
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
                "or deleted while a driver worked there; what was found went with it: "
                "put it back, or name its new place, and give the command again"
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
    """Holds the trials of a study for one driver, in a file or on a server.

    Args:
        url: the storage in its one spelling.
        name: the Optuna study's name.
        lease: seconds after which a silent driver of a server's trials is replaced.

    Yields:
        A check that nobody else has taken over.

    Raises:
        RunError: another driver works on the study.
        InputError: the server cannot be reached.
    """
    path = file_of(url)
    if path is not None:
        lock = path.with_name(f".{path.name}.{name}.lock")
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
    """Holds a run's folder and its trials together.

    Args:
        lock: the lock file of the folder.
        url: the storage of its trials.
        name: the Optuna study's name.

    Yields:
        A check of both.
    """
    with only_driver(lock) as folder, only_driver_of_storage(url, name) as trials:

        def check() -> None:
            folder()
            trials()

        yield check
