"""Opens Optuna storages: SQLite in WAL mode, a database server, or a journal file."""

import logging
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TypeVar, cast

import sqlalchemy
from optuna.storages import BaseStorage

from data_pipeline.files.file_lock import has_record_locks
from data_pipeline.system.errors import (
    HarnessError,
    InputError,
    StorageError,
    first_line,
)
from search.storage.database import CachedDatabase, Database
from search.storage.faults import LOCKLESS, fault_of
from search.storage.journal import open_journal
from search.storage.retrying import Retrier, RetryingStorage, RetryPolicy
from search.storage.servers.connections import bound_transactions, engine_options
from search.storage.servers.fencing import Fence, fence_writes
from search.storage.url import file_of, masked, normalized_url, without_secrets

T = TypeVar("T")

PASSING = {"busy", "starting", "crowded", "full"}
"""Faults that are waited for when a storage is opened, too."""

_UNUSABLE = (
    ImportError,
    RuntimeError,  # a database of another Optuna version, as AssertionError is
    AssertionError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
)
"""What Optuna and drivers raise at tables, and parts of a URL, that are foreign."""

# It logs SQL when it retries; we print our own message.
logging.getLogger("optuna.storages._rdb.storage").setLevel(logging.ERROR)


def open_storage(url: str, policy: RetryPolicy | None = None) -> BaseStorage:
    """Opens an Optuna storage for one writer.

    ``url`` is a database URL (``sqlite:///FILE``, ``postgresql://...``) or the path of
    a journal file. Raises ``InputError`` if it cannot be opened, ``StorageError`` if it
    stays locked or its disk is full.
    """
    url = normalized_url(url)
    policy = policy or RetryPolicy()
    fence = policy.fence
    opened, renew = open_with_retries(url, lambda: _opened(url, fence), policy)
    path = file_of(url)
    if path is not None:
        policy = replace(policy, checks=(*policy.checks, _same_file(path)))
    return cast("BaseStorage", RetryingStorage(opened, Retrier(url, policy, renew)))


def open_with_retries(
    url: str, do: Callable[[], T], policy: RetryPolicy | None = None
) -> T:
    """Calls ``do``, which opens a storage; retries if it is busy, not if it is away.

    A server that is away may mean a wrong URL, so that is an ``InputError`` at once,
    unless it answered before.
    """
    policy = policy or RetryPolicy()
    passing = PASSING | ({"away"} if policy.answered else set())

    def attempt() -> T:
        try:
            return do()
        except HarnessError:
            raise
        except Exception as error:
            fault = fault_of(error)
            if fault is None and isinstance(error, _UNUSABLE):
                raise _cannot_open(url, _reason(error)) from error
            if fault is not None and fault.kind not in passing:
                raise _cannot_open(url, fault.message) from error
            raise

    opened: T = Retrier(url, replace(policy, checks=())).call(attempt)
    return opened


def _opened(url: str, fence: Fence) -> tuple[BaseStorage, Callable[[], None]]:
    if "://" not in url:
        return open_journal(Path(url)), lambda: None
    database = _open_database(url)
    if file_of(url) is None:
        fence_writes(database.engine, fence)
        bound_transactions(database.engine)
    return CachedDatabase(database), database.remove_session


def _reason(error: Exception) -> str:
    """Describes an error; a codec's own words would quote a password."""
    if isinstance(error, UnicodeError):
        return "a part of it has characters that no such server takes"
    return first_line(error)


def _cannot_open(url: str, reason: str) -> InputError:
    return InputError(
        f"--storage {masked(url)}: cannot be opened: {without_secrets(reason, url)}"
    )


def _same_file(path: Path) -> Callable[[], None]:
    """Returns a check that the file was not moved or replaced."""
    before = path.stat()

    def check() -> None:
        try:
            same = os.path.samestat(before, path.stat())
        except (FileNotFoundError, NotADirectoryError):
            same = False
        if not same:
            raise StorageError(
                f"{path}: the file was renamed, deleted or replaced during the search; "
                "put it back and rerun the command, or name another --out"
            )

    return check


def _open_database(url: str) -> Database:
    path = file_of(url)
    if path is None:
        return Database(url, engine_kwargs=engine_options(url))
    if not has_record_locks(path.parent):
        raise _cannot_open(url, LOCKLESS)
    # WAL mode is stored in the file; readers such as a dashboard never block writes.
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    storage = Database(url)

    def quick(connection: sqlite3.Connection, _: object) -> None:
        # In WAL mode a crash of the machine can lose only the last report.
        connection.execute("PRAGMA synchronous=NORMAL")

    storage.engine.dispose()
    sqlalchemy.event.listen(storage.engine, "connect", quick)
    return storage
