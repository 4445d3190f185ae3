"""Opens the storage of a ledger: SQLite in WAL mode, any Optuna URL, or a journal."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import sqlalchemy
from optuna.exceptions import StorageInternalError
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from optuna.storages.journal._file import BaseJournalFileLock

from data_pipeline.errors import InputError, RunError, first_line

SQLITE = "sqlite:///"


def open_storage(url: str) -> BaseStorage:
    """Opens an Optuna storage for one writer.

    Args:
        url: a database URL (``sqlite:///FILE``, ``postgresql://...``), or the path
            of a journal file.

    Raises:
        InputError: the URL names a storage that cannot be opened, or a file that is
            no journal.
    """
    if "://" not in url:
        return _open_journal(Path(url))
    try:
        return _open_database(url)
    except (
        sqlalchemy.exc.SQLAlchemyError,
        ImportError,
        sqlite3.Error,
        StorageInternalError,
        RuntimeError,  # a database that another version of Optuna made
    ) as error:
        raise InputError(
            f"--storage {url}: cannot be opened: {first_line(error)}; give a "
            "database URL that SQLAlchemy knows, or the path of a journal file"
        ) from error


def whole_url(url: str) -> str:
    """Makes the path of a journal or of a SQLite file absolute.

    Example:
        >>> whole_url("postgresql://host/name")
        'postgresql://host/name'
    """
    path = file_of(url)
    if path is None:
        return url
    _, mark, query = url.partition("?")
    whole = str(path.resolve())
    return f"{SQLITE}{whole}{mark}{query}" if url.startswith(SQLITE) else whole


def storage_lock(url: str, name: str) -> Path | None:
    """Names the file that locks a study in a storage; a server's has none.

    Args:
        url: the storage.
        name: the Optuna study's name.
    """
    path = file_of(url)
    return None if path is None else path.with_name(f".{path.name}.{name}.lock")


def file_of(url: str) -> Path | None:
    """Returns the file of a SQLite or journal storage; a server has none."""
    if "://" not in url:
        return Path(url)
    if url.startswith(SQLITE):
        return Path(url.removeprefix(SQLITE).partition("?")[0])
    return None


@contextmanager
def only_driver(lock: Path | None) -> Iterator[None]:
    """Holds a run for one driver process; a kill releases it.

    Args:
        lock: the lock file, made if it is missing; ``None`` holds nothing.

    Raises:
        RunError: another process holds the run.
    """
    if lock is None:
        yield
        return
    if not lock.parent.is_dir():
        raise InputError(
            f"--storage: the folder {lock.parent} does not exist; make it, or name a "
            "file in another one"
        )
    with lock.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise RunError(
                f"{lock.parent}: one driver at a time may work on a run, and process "
                f"{holder} does; wait for it, or stop it"
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _open_database(url: str) -> RDBStorage:
    if url.startswith("sqlite:///"):
        file = url.removeprefix("sqlite:///").partition("?")[0]
        # The mode stays in the file; readers such as a dashboard then never block us.
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
    storage = RDBStorage(url, skip_compatibility_check=False)
    if url.startswith("sqlite:"):

        def quick(connection: sqlite3.Connection, _: object) -> None:
            # Safe in WAL mode: a crash of the machine may lose the last report only.
            connection.execute("PRAGMA synchronous=NORMAL")

        storage.engine.dispose()
        sqlalchemy.event.listen(storage.engine, "connect", quick)
    return storage


class _Flock(BaseJournalFileLock):
    """A lock that dies with its process, unlike Optuna's lock files."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def acquire(self) -> bool:
        self._file = os.open(self._path, os.O_CREAT | os.O_RDWR)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        return True

    def release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _open_journal(path: Path) -> JournalStorage:
    if not path.parent.is_dir():
        raise InputError(
            f"--storage {path}: the folder {path.parent} of the journal file does not "
            "exist; make it, or name another file"
        )
    _check_journal(path)
    lock = _Flock(path.with_name(path.name + ".flock"))
    lock.acquire()
    try:
        cut_torn_line(path)
    finally:
        lock.release()
    return JournalStorage(JournalFileBackend(str(path), lock_obj=lock))


def _check_journal(path: Path) -> None:
    """Refuses a file that is no journal, before anything is cut from its end."""
    if not path.exists():
        return
    if path.is_file():
        with path.open("rb") as file:
            first = file.read(1)
        if first in {b"", b"{"}:  # each line of a journal is a JSON object
            return
    raise InputError(
        f"--storage {path}: is no journal file; the URL of an SQLite database is "
        "sqlite:///FILE"
    )


def cut_torn_line(path: Path) -> int:
    """Cuts a journal to its last newline; a torn line makes every later ask fail.

    Returns:
        The number of bytes that were cut.
    """
    if not path.exists():
        return 0
    data = path.read_bytes()
    whole = data.rfind(b"\n") + 1
    if whole < len(data):
        os.truncate(path, whole)
    return len(data) - whole
