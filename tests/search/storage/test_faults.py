"""Storage errors: classified below Optuna's wrappers, and described plainly."""

import errno
import fcntl
import os
import sqlite3

import optuna
import pytest
import sqlalchemy
from optuna.exceptions import DuplicatedStudyError, StorageInternalError
from optuna.storages import RDBStorage

from data_pipeline.system.errors import InputError, RunError
from search.storage.faults import fault_of
from search.storage.open_storage import open_storage

NOBODY = 'connection failed: FATAL:  role "me" does not exist'


def server_error(*words, sqlstate=None):
    """Makes what SQLAlchemy raises for an error of a server's driver."""
    original = type("OperationalError", (Exception,), {"sqlstate": sqlstate})(*words)
    return sqlalchemy.exc.OperationalError("SELECT 1", {}, original)


def wrapped(error):
    """Wraps an error as Optuna does."""
    try:
        try:
            raise error
        except type(error) as cause:
            raise StorageInternalError("exceeding max length") from cause
    except StorageInternalError as found:
        return found


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (server_error("connection refused"), "away"),
        (server_error("terminating connection", sqlstate="57P01"), "away"),
        (server_error("FATAL: the database system is starting up"), "starting"),
        (server_error("FATAL: password authentication failed for user"), "refused"),
        (server_error(NOBODY), "refused"),
        (server_error("no such database", sqlstate="3D000"), "refused"),
        (server_error("could not extend file", sqlstate="53100"), "full"),
        (server_error("limit reached", sqlstate="53300"), "crowded"),
        (server_error("FATAL: sorry, too many clients already"), "crowded"),
        (server_error("read-only transaction", sqlstate="25006"), "readonly"),
        (server_error("permission denied for schema", sqlstate="42501"), "denied"),
        (server_error("idle in transaction", sqlstate="25P03"), "away"),
        (server_error("deadlock detected", sqlstate="40P01"), "busy"),
        (server_error("no such table", sqlstate="42P01"), "broken"),
        (server_error(2006, "MySQL server has gone away"), "away"),
        (server_error(1205, "Lock wait timeout exceeded"), "busy"),
        (server_error(1045, "Access denied for user"), "refused"),
        (server_error(1114, "The table is full"), "full"),
        (server_error(1040, "Too many connections"), "crowded"),
        (server_error(1290, "running with the --read-only option"), "readonly"),
        (server_error(1142, "CREATE command denied to user"), "denied"),
        (sqlalchemy.exc.TimeoutError("QueuePool limit"), "away"),
        (OSError(errno.ENOSPC, "No space left on device"), "full"),
        (PermissionError(errno.EACCES, "Permission denied"), "broken"),
        (ValueError("Invalid log format."), "broken"),
    ],
)
def test_kinds(error, kind):
    """A fault has the same kind bare and in Optuna's wrapping, and its own words."""
    for found in (fault_of(error), fault_of(wrapped(error))):
        assert found.kind == kind
        assert "exceeding max length" not in found.message
        assert "SELECT" not in found.message
        assert "\n" not in found.message


@pytest.mark.parametrize(
    "error",
    [
        KeyError("no such study"),
        DuplicatedStudyError("twice"),
        ValueError("not a distribution"),
        RunError("another driver"),
        InputError("wrong"),
    ],
)
def test_other_errors(error):
    """An error that is no storage's stays as it is, whatever it came from."""
    error.__context__ = sqlite3.OperationalError("UNIQUE constraint failed")
    assert fault_of(error) is None


def test_a_rollback_that_fails_too():
    """Where the rollback fails after a full disk, the message names the disk."""
    second = sqlalchemy.exc.OperationalError("ROLLBACK", {}, sqlite3.Error("none"))
    second.__context__ = OSError(errno.ENOSPC, "No space left on device")
    assert fault_of(second).kind == "full"


def test_no_locks_for_sqlite(tmp_path, monkeypatch):
    """SQLite is refused on a file system without its locks; a journal works there."""

    def none(*_):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "lockf", none)
    monkeypatch.setattr(fcntl, "flock", none)
    with pytest.raises(
        InputError, match=r"has no locks.*a journal file with --storage"
    ):
        open_storage(f"sqlite:///{tmp_path / 'optuna.db'}")
    storage = open_storage(str(tmp_path / "journal.log"))
    study = optuna.create_study(storage=storage, study_name="kept")
    study.tell(study.ask(), 0.5)
    assert len(study.trials) == 1


def test_a_table_that_is_gone(tmp_path):
    """A database without its tables is broken; the message quotes the database."""
    storage = RDBStorage(f"sqlite:///{tmp_path / 'optuna.db'}")
    study = storage.create_new_study([optuna.study.StudyDirection.MAXIMIZE], "small")
    with storage.engine.begin() as connection:
        connection.execute(sqlalchemy.text("DROP TABLE trials"))
    with pytest.raises(StorageInternalError) as raised:
        storage.create_new_trial(study)
    storage.engine.dispose()
    assert "no such table: trials" in fault_of(raised.value).message
