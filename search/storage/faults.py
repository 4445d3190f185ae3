"""Classifies storage errors: which can be retried, and the message for each.

Optuna wraps database errors as "invalid data"; their causes are recovered here.
"""

import errno
import json
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy
from optuna.exceptions import StorageInternalError

from data_pipeline.system.errors import HarnessError, first_line

Kind = Literal[
    "busy",
    "away",
    "starting",
    "crowded",
    "readonly",
    "full",
    "refused",
    "denied",
    "lockless",
    "broken",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A storage error: its kind, and the database's or system's own words."""

    kind: Kind
    cause: str

    @property
    def message(self) -> str:
        """What is wrong, and what to do."""
        return f"{RULES[self.kind][0]} ({self.cause}); {RULES[self.kind][1]}"


GOES_ON = "then rerun the command to resume"
RULES: dict[Kind, tuple[str, str]] = {
    "busy": (
        "the database stays locked by another program",
        f"close the other program, such as a backup or a database editor; {GOES_ON}",
    ),
    "away": (
        "the server of the database does not answer",
        f"start it, or repair the connection to it; {GOES_ON}",
    ),
    "starting": (
        "the server of the database is starting or stopping",
        f"wait until it accepts connections; {GOES_ON}",
    ),
    "crowded": (
        "the server accepts no more connections",
        f"end other programs, or let it accept more; a search needs two; {GOES_ON}",
    ),
    "readonly": (
        "the database is read-only",
        f"name the primary server, or make the database writable; {GOES_ON}",
    ),
    "full": (
        "cannot be written: the disk is full or failing, or a size limit is reached",
        f"free some space (python -m search.clean says what can go); {GOES_ON}",
    ),
    "refused": (
        "the server rejects this user, password or database name",
        "correct them in the URL, or ask the server's owner to create them",
    ),
    "denied": (
        "this user lacks a right",
        f"ask the server's owner for the right to create and change tables; {GOES_ON}",
    ),
    "lockless": (
        "the file system has no locks, or no shared memory, and SQLite needs both",
        "name a journal file with --storage FILE, or an --out on another disk",
    ),
    "broken": (
        "the database can no longer be used",
        f"make it readable and writable, or restore a copy; {GOES_ON}",
    ),
}

LOCKLESS = "; ".join(RULES["lockless"])

_SQLITE: dict[int, Kind] = {
    sqlite3.SQLITE_BUSY: "busy",
    sqlite3.SQLITE_LOCKED: "busy",
    sqlite3.SQLITE_PROTOCOL: "busy",
    sqlite3.SQLITE_SCHEMA: "busy",
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_IOERR: "full",
}
_SQLITE_LOCKLESS = {
    sqlite3.SQLITE_IOERR_LOCK,
    sqlite3.SQLITE_IOERR_RDLOCK,
    sqlite3.SQLITE_IOERR_UNLOCK,
    sqlite3.SQLITE_IOERR_CHECKRESERVEDLOCK,
    sqlite3.SQLITE_IOERR_SHMOPEN,
    sqlite3.SQLITE_IOERR_SHMLOCK,
    sqlite3.SQLITE_IOERR_SHMMAP,
}
_STATES: tuple[tuple[str, Kind], ...] = (
    # The classes of PostgreSQL's SQLSTATE, the longest first.
    ("53100", "full"),
    ("57P03", "starting"),
    ("25006", "readonly"),  # also a server that was demoted to a replica
    ("42501", "denied"),
    ("53300", "crowded"),
    ("55P03", "busy"),
    ("40", "busy"),
    ("53", "away"),
    ("57", "away"),
    ("08", "away"),
    ("58", "full"),
    ("22", "broken"),
    ("28", "refused"),
    ("3D", "refused"),
    ("42", "broken"),
)
_MYSQL: dict[int, Kind] = {
    1021: "full",
    1114: "full",
    1205: "busy",
    1213: "busy",
    1040: "crowded",
    1203: "crowded",
    1226: "crowded",
    1290: "readonly",
    1792: "readonly",
    1836: "readonly",
    1044: "refused",
    1045: "refused",
    1049: "refused",
    1698: "refused",
    1142: "denied",
    1227: "denied",
    1406: "broken",
    1146: "broken",
}
_STORAGES = (
    sqlalchemy.exc.SQLAlchemyError,
    sqlite3.Error,
    OSError,
    StorageInternalError,
    json.JSONDecodeError,
)
_PLAIN: tuple[tuple[tuple[type[Exception], ...], Kind], ...] = (
    ((sqlalchemy.exc.TimeoutError, sqlalchemy.exc.PendingRollbackError), "away"),
    ((sqlalchemy.exc.SQLAlchemyError, StorageInternalError, ValueError), "broken"),
)
_WEIGHT: tuple[Kind, ...] = (
    "lockless",
    "full",
    "busy",
    "starting",
    "crowded",
    "readonly",
    "refused",
    "denied",
    "away",
    "broken",
)
_PHRASES: tuple[tuple[str, Kind], ...] = (
    # Errors during connection have no number.
    ("is starting up", "starting"),
    ("is shutting down", "starting"),
    ("is in recovery mode", "starting"),
    ("authentication failed", "refused"),
    ("no pg_hba.conf entry", "refused"),
    ("no password supplied", "refused"),
    ("is not permitted to log in", "refused"),
    ("too many clients", "crowded"),
    ("too many connections for", "crowded"),
    ("remaining connection slots", "crowded"),
    ("permission denied for database", "refused"),
)
_NO_DATABASE = re.compile(r'FATAL: +(database|role) ".*" does not exist')
_DISK = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EIO, errno.ESTALE}


def fault_of(error: BaseException) -> Fault | None:
    """Classifies an error; returns ``None`` if it did not come from a storage."""
    faults = [
        Fault(kind=kind, cause=_own_words(cause))
        for cause in reversed(list(_causes(error)))  # the deepest is most specific
        if (kind := _kind(cause)) is not None
    ]
    return min(faults, key=lambda fault: _WEIGHT.index(fault.kind), default=None)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yields a storage error and its causes.

    A rollback may fail after the fault that caused it, so the context counts, too.
    """
    cause: BaseException | None = error if _is_from_storage(error) else None
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _is_from_storage(error: BaseException) -> bool:
    if isinstance(error, HarnessError):
        return False
    torn = isinstance(error, ValueError) and str(error) == "Invalid log format."
    return torn or isinstance(error, _STORAGES)


def _kind(error: BaseException) -> Kind | None:
    original = getattr(error, "orig", None) or error
    if isinstance(original, sqlite3.Error):
        return _sqlite_kind(original)
    if isinstance(error, sqlalchemy.exc.DBAPIError):
        return _server_kind(error, original)
    if isinstance(error, OSError):
        return "full" if error.errno in _DISK else "broken"
    return next((kind for kinds, kind in _PLAIN if isinstance(error, kinds)), None)


def _sqlite_kind(error: sqlite3.Error) -> Kind:
    code = getattr(error, "sqlite_errorcode", None)
    if code in _SQLITE_LOCKLESS:
        return "lockless"
    return "broken" if code is None else _SQLITE.get(code & 0xFF, "broken")


def _server_kind(error: Any, original: Any) -> Kind:
    state = getattr(original, "sqlstate", None) or getattr(original, "pgcode", None)
    number = original.args[0] if original.args else None
    kind = next((found for words, found in _PHRASES if words in str(original)), None)
    if kind or _NO_DATABASE.search(str(original)):
        return kind or "refused"
    # Before the state, which MySQL has too, with coarser classes.
    if number in _MYSQL:
        return _MYSQL[number]
    if state or isinstance(number, int):
        return next(
            (kind for start, kind in _STATES if (state or "").startswith(start)), "away"
        )
    connection = sqlalchemy.exc.OperationalError | sqlalchemy.exc.InterfaceError
    lost = error.connection_invalidated or isinstance(error, connection)
    return "away" if lost else "broken"


def _own_words(error: BaseException) -> str:
    """Returns the database's own message, without SQL and links."""
    original = getattr(error, "orig", None) or error
    strerror = getattr(original, "strerror", None)
    if isinstance(original, OSError) and strerror:
        return str(strerror)
    if original.args and len(original.args) > 1 and isinstance(original.args[0], int):
        return str(original.args[1])
    return first_line(original)
