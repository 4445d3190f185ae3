"""Storages: SQLite in WAL mode, journals with a torn line."""

import sqlite3
from pathlib import Path

import optuna
import pytest
import sqlalchemy

from data_pipeline.system.errors import InputError
from search.storage.journal import cut_torn_line
from search.storage.open_storage import open_storage

ROOT = Path(__file__).parents[3]


def journal_of(path, *, trials=2):
    """Writes a journal with trials, and opens its study."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        study_name="kept", storage=open_storage(str(path)), load_if_exists=True
    )
    for _ in range(trials):
        study.tell(study.ask(), 0.5)
    return study


def engine_of(storage):
    """Reaches SQLAlchemy's engine of an opened database."""
    return storage._backend.engine  # noqa: SLF001 - what only a test looks at


def test_wal(tmp_path):
    """A SQLite file is in WAL mode, so that readers never block the driver."""
    storage = open_storage(f"sqlite:///{tmp_path / 'optuna.db'}")
    connection = sqlite3.connect(tmp_path / "optuna.db")
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()
    with engine_of(storage).connect() as connection:
        mode = connection.execute(sqlalchemy.text("PRAGMA synchronous")).scalar()
    assert mode == 1  # NORMAL


def test_reading_beside_the_driver(tmp_path):
    """A reader that is in the middle of a read does not stop the driver."""
    url = f"sqlite:///{tmp_path / 'optuna.db'}"
    study = optuna.create_study(storage=open_storage(url), study_name="kept")
    reader = sqlite3.connect(tmp_path / "optuna.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM trials").fetchall()
    study.tell(study.ask(), 0.5)
    reader.close()
    assert len(study.trials) == 1


def test_torn_line_is_cut(tmp_path):
    """Wherever a crash cuts the last line, the journal opens and continues."""
    path = tmp_path / "journal.log"
    journal_of(path)
    whole = path.read_bytes()
    last = whole[:-1].rfind(b"\n") + 1
    for end in range(last + 1, len(whole), 17):
        path.write_bytes(whole[:end])
        assert len(journal_of(path, trials=1).trials) == 3


def test_whole_lines_are_kept(tmp_path):
    """A journal that ends in a newline loses nothing; a missing one is no error."""
    path = tmp_path / "journal.log"
    assert cut_torn_line(path) == 0
    journal_of(path)
    whole = path.read_bytes()
    assert cut_torn_line(path) == 0
    path.write_bytes(whole + b'{"op_code')
    assert cut_torn_line(path) == 9
    assert path.read_bytes() == whole


def test_a_journal_leaves_no_lock(tmp_path):
    """A journal can be opened while another process has it open."""
    path = tmp_path / "journal.log"
    first, second = journal_of(path), journal_of(path)
    first.tell(first.ask(), 0.1)
    assert len(second.trials) == 5


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nosuch://host/x", "nosuch"),
        ("sqlite:////no/such/folder/x.db", "is in a folder that does not exist"),
        ("sqlite:///TMP/text.toml", "not a database"),
        ("TMP/nowhere/journal.log", "does not exist; create it"),
        ("TMP", "is not a journal file"),
        ("TMP/text.toml", "is not a journal file; the URL of an SQLite database is"),
        ("TMP/text.json", "is not a journal file"),
        ("TMP/real.db", "is not a journal file; the URL of an SQLite database is"),
        ("postgresql://me:\udcff@127.0.0.1:1/x", "is not a database URL"),
        ("sqlite:////\udcff/x.db", "is not a database URL"),
    ],
)
def test_wrong_storages(tmp_path, url, words):
    """A storage that cannot be opened is refused in one line and not changed."""
    (tmp_path / "text.toml").write_text("[data]\nx = 1")
    (tmp_path / "text.json").write_text('{\n  "x": 1\n}')
    engine_of(open_storage(f"sqlite:///{tmp_path / 'real.db'}")).dispose()
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(InputError) as refused:
        open_storage(url.replace("TMP", str(tmp_path)))
    message = str(refused.value)
    assert message.startswith("--storage ")
    assert words in message
    assert "\n" not in message
    after = {path: path.read_bytes() for path in tmp_path.iterdir()}
    assert after == before


@pytest.mark.parametrize("user", ["me:\u2066@127.0.0.1", "me:x@a..b"])
def test_what_a_driver_cannot_send(user):
    """A password or host that a driver cannot write is refused in one line."""
    pytest.importorskip("pymysql")
    with pytest.raises(InputError, match=r"characters that no such server takes$"):
        open_storage(f"mysql+pymysql://{user}:1/x")


@pytest.mark.parametrize(
    "line", [b'{"op_code":0}\n', b'{"x":0}\n', b'{"op_code":[]}\n', b"{\xff\n"]
)
def test_damaged_journals(tmp_path, line):
    """A journal with a foreign line is refused in one line."""
    path = tmp_path / "journal.log"
    journal_of(path)
    path.write_bytes(path.read_bytes() + line * 2)
    with pytest.raises(InputError, match=r"^--storage .*journal\.log: .*[^\n]$"):
        open_storage(str(path))
