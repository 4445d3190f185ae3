"""Optuna's journal storage, protected against lines that were cut short."""

import json
import os
from pathlib import Path
from typing import Any

from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.storages.journal._file import BaseJournalFileLock

from data_pipeline.files.file_lock import FileLock
from data_pipeline.system.errors import InputError, first_line

BEGINNING = b'{"op_code":'
"""The first bytes of an Optuna journal."""

_DAMAGED = (LookupError, TypeError, UnicodeDecodeError)
"""Errors that Optuna raises for lines it did not write."""


def open_journal(path: Path) -> JournalStorage:
    """Opens a new or existing journal and cuts a torn line from its end.

    Raises ``InputError`` for a damaged journal or another kind of file.
    """
    _check_journal(path)
    lock = _Flock(path.with_name(path.name + ".flock"))
    lock.acquire()
    try:
        cut_torn_line(path)
    finally:
        lock.release()
    try:
        return JournalStorage(_WholeLines(path, lock))
    except _DAMAGED as error:
        raise InputError(
            f"--storage {path}: the journal is damaged ({type(error).__name__}: "
            f"{first_line(error)}); restore a copy, or name another file"
        ) from error


def _check_journal(path: Path) -> None:
    """Refuses another kind of file before anything is cut from its end."""
    if not path.exists():
        return
    if path.is_file():
        with path.open("rb") as file:
            first = file.read(len(BEGINNING))
        if BEGINNING.startswith(first):  # the first line may be torn
            return
    raise InputError(
        f"--storage {path}: is not a journal file; the URL of an SQLite database is "
        "sqlite:///FILE"
    )


def cut_torn_line(path: Path) -> int:
    """Cuts a journal to its last newline, and returns the number of bytes cut.

    After a torn line every later ``ask`` of Optuna fails.
    """
    if not path.exists():
        return 0
    data = path.read_bytes()
    whole = data.rfind(b"\n") + 1
    if whole < len(data):
        os.truncate(path, whole)
    return len(data) - whole


class _Flock(BaseJournalFileLock):
    """A lock that ends with its process, unlike Optuna's lock files."""

    def __init__(self, path: Path) -> None:
        self._lock = FileLock(path)

    def acquire(self) -> bool:
        self._lock.acquire()
        return True

    def release(self) -> None:
        self._lock.release()


class _WholeLines(JournalFileBackend):
    """A journal file that removes a line if a full disk cut it short."""

    def __init__(self, path: Path, lock: _Flock) -> None:
        super().__init__(str(path), lock_obj=lock)
        self._path = path
        self._own_lock = lock

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Writes all lines or none."""
        lines = [json.dumps(log, separators=(",", ":")) + "\n" for log in logs]
        self._own_lock.acquire()
        try:
            with self._path.open("ab", buffering=0) as file:
                size = file.tell()
                try:
                    _write_all(file.fileno(), "".join(lines).encode())
                except BaseException:
                    file.truncate(size)
                    raise
        finally:
            self._own_lock.release()


def _write_all(file: int, content: bytes) -> None:
    while content:
        content = content[os.write(file, content) :]
    os.fsync(file)
