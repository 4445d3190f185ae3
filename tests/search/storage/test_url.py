"""URLs of storages: one spelling each, no password in a message, any path of a file."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import make_url

from data_pipeline import check, draw, explore
from data_pipeline.system.errors import InputError, RunError
from search import export, run, tensorboard, train
from search.run_folder import RunFolder
from search.storage import url as module
from search.storage.driver_lock import only_driver_of_storage
from search.storage.url import (
    ENVIRONMENT,
    chosen_storage,
    file_of,
    identity_of,
    masked,
    normalized_url,
    sqlite_url,
    without_secrets,
)
from tests.factories.ledger import begin, finish

ROOT = Path(__file__).parents[3]
NAMES = ["q?x=1", "a b", "100%25", "x#y", "{z}", "a@b:c", "ü+", "%", "'\"&;"]
WORDS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=4)


@pytest.mark.parametrize("name", NAMES)
def test_any_folder(tmp_path, name):
    """The database is in the run's folder, whatever characters its path has."""
    folder = RunFolder(out=tmp_path / name, name="small")
    folder.make()
    assert normalized_url(folder.storage) == folder.storage
    assert file_of(folder.storage) == folder.path / "optuna.db"
    assert make_url(folder.storage).database == str(folder.path / "optuna.db")
    finish(begin(folder.path, url=folder.storage))
    with closing(sqlite3.connect(folder.path / "optuna.db")) as database:
        assert database.execute("SELECT count(*) FROM trials").fetchone() == (4,)
    inside = {path.name.split("optuna.db")[0] for path in folder.path.iterdir()}
    assert (inside, [path.name for path in tmp_path.iterdir()]) == ({""}, [name])


@given(password=WORDS, key=WORDS)
def test_no_password_is_shown(password, key):
    """A password in a URL is never printed, neither escaped nor plain."""
    bare = make_url("mysql+pymysql://u:x@host/db")
    whole = bare.set(password=password, query={"sslpassword": key})
    url = whole.render_as_string(hide_password=False)
    text = without_secrets(f"'{password}' refused, {key} too, at {url}", url)
    usual = "mysql+pymysql://u:***@host/db?sslpassword=*** refused too at"
    for word in (password, key):
        if word not in usual:
            assert word not in masked(url)
            assert word not in text


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:s3cret@host/x",
        "postgresql://me:s3cret@ho:st/x",
        "postgresql://me:x@s3cret@host/x",
        "postgresql://me:s3cret@host:port/x",
        "mysql://me@host/x?password=s3cret&charset=utf8",
        "postgresql://host/x?user=me&sslpassword=s3cret",
        "postgresql://:s3cret@host/x",
        "nosuch://me:s3cret@host/x",
        "postgresql+psycopg2://me:s3cret@host/x",
        "postgresql:me:s3cret@host/x",
        "sqlite://me:s3cret@/x.db",
        "postgresql://me:s3cret@127.0.0.1:1/x",
    ],
)
def test_wrong_urls_keep_their_secret(url):
    """A message about a wrong URL never has its password."""
    with (
        pytest.raises(InputError) as refused,
        only_driver_of_storage(normalized_url(url), "small"),
    ):
        pass
    assert "s3cret" not in str(refused.value)
    assert str(refused.value).startswith("--storage ")


@pytest.mark.parametrize(
    "url", ["me:s3cret@host/x", "oracle:me:s3cret@host/x", "mssql:/me:s3cret@host/x"]
)
def test_no_scheme(url):
    """A URL without its scheme is no journal; the message has no password."""
    with pytest.raises(InputError, match="has ://") as refused:
        normalized_url(url)
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (":memory:", "in memory"),
        ("sqlite://", "in memory"),
        ("sqlite:///", "in memory"),
        ("sqlite:///:memory:", "in memory"),
        ("sqlite:///file::memory:?uri=true", "in memory"),
        ("sqlite:///file:x?mode=memory&uri=true", "in memory"),
        ("sqlite:///TMP", "is not a regular file"),
        ("sqlite:///TMP/none/x.db", "is in a folder that does not exist"),
        ("sqlite:///TMP/x.db?colour=red", "takes no colour"),
        ("sqlite:///file:TMP/x.db?mode=ro&uri=true", "takes no mode"),
        ("sqlite:///TMP/x.db?timeout=long", "takes no such timeout"),
        ("sqlite:///TMP/x.db?timeout=1&timeout=2", "takes no such timeout"),
        ("sqlite:x.db", "has :// after"),
        ("://", "is not a database URL"),
    ],
)
def test_no_file(tmp_path, url, words):
    """A path that cannot be a database is refused in one line, and not created."""
    with pytest.raises(InputError) as refused:
        normalized_url(url.replace("TMP", str(tmp_path)))
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ending", ["", "-journal", "-wal", "-shm"])
def test_no_regular_file(tmp_path, ending):
    """A pipe in place of a database file is refused without waiting."""
    os.mkfifo(tmp_path / f"x.db{ending}")
    with pytest.raises(InputError, match=f"x.db{ending}, is not a regular file"):
        normalized_url(f"sqlite:///{tmp_path}/x.db")


def spellings(folder):
    """Spells one database in many ways."""
    (folder / "link").symlink_to(folder)
    (folder / "link.db").symlink_to(folder / "x.db")
    inner = os.path.relpath(folder)
    return [
        f"sqlite:///{folder}/x.db",
        f"sqlite+pysqlite:///{folder}/x.db",
        f"sqlite:///{inner}/x.db",
        f"sqlite:///{folder}/./../{folder.name}/x.db",
        f"sqlite:///{folder}/link/x.db",
        f"sqlite:///{folder}/link.db",
        f"sqlite:///{folder}/%78.db",
        f"sqlite:///{folder}/x.db?timeout=3",
        f"sqlite:///file:{folder}/x.db?uri=true",
        f"sqlite:///file:{folder}/%2578.db?uri=true&mode=rwc",
        f"sqlite:///file://{folder}/x.db?uri=true",
    ]


def test_one_lock_for_all_spellings(tmp_path):
    """Two drivers never work on one file, however each of them spells it."""
    (tmp_path / "x.db").touch()
    first, *others = spellings(tmp_path)
    for other in others:
        assert identity_of(normalized_url(other)) == identity_of(normalized_url(first))
        with (
            only_driver_of_storage(normalized_url(first), "small"),
            pytest.raises(RunError, match=r"x\.db: one driver at a time"),
            only_driver_of_storage(normalized_url(other), "small"),
        ):
            pass


def test_the_run_by_its_own_name(tmp_path):
    """A run's own database given as --storage is the same storage."""
    folder = RunFolder(out=tmp_path, name="small")
    folder.make()
    given_url = f"sqlite+pysqlite:///{tmp_path}/./small/optuna.db"
    assert normalized_url(given_url) == folder.storage
    assert folder.checkpoints(normalized_url(given_url)) == folder.path / "checkpoints"


def test_checkpoints_outlive_a_password(tmp_path):
    """A new password or driver does not move a run's checkpoints."""
    folder = RunFolder(out=tmp_path, name="small")
    places = {
        folder.checkpoints(f"postgresql{driver}://me:{password}@host/x")
        for driver in ("", "+psycopg")
        for password in ("old", "new")
    }
    assert len(places) == 1


def test_the_environment(monkeypatch, tmp_path):
    """A storage of the environment is taken where the command line names none."""
    monkeypatch.delenv(ENVIRONMENT, raising=False)
    assert chosen_storage(None) is None
    monkeypatch.setenv(ENVIRONMENT, sqlite_url(tmp_path / "one.db"))
    assert chosen_storage(None) == sqlite_url(tmp_path / "one.db")
    two = sqlite_url(tmp_path / "two.db")
    assert chosen_storage(two) == two
    for parser in (run.build_parser(), export.build_parser()):
        assert ENVIRONMENT in parser.format_help()


def test_a_wrong_environment(monkeypatch, capsys):
    """A wrong storage of the environment is refused before data are read."""
    monkeypatch.setenv(ENVIRONMENT, "sqlite://")
    assert run.main(["--study", "ckplus", "--data", "none"]) == 2
    assert "in memory" in capsys.readouterr().err


@pytest.mark.parametrize("command", [run, tensorboard])
def test_an_option_that_is_none(command, capsys):
    """A URL given to an unknown option is quoted without its password."""
    with pytest.raises(SystemExit):
        command.main(["--study", "x", "--storge", "mysql://me:s3cret@host/x"])
    message = capsys.readouterr().err
    assert "mysql://me:***@host/x" in message
    assert "s3cret" not in message


@pytest.mark.parametrize("command", [run, export, train, tensorboard, draw])
def test_an_empty_folder(command, capsys):
    """An empty --out is refused; it would mean the present folder."""
    with pytest.raises(SystemExit) as ended:
        command.main(["--out", ""])
    assert ended.value.code == 2
    assert "--out: must name a file or a folder, found ''" in capsys.readouterr().err


@pytest.mark.parametrize("command", [run, train, check, explore])
def test_empty_data(command, capsys):
    """An empty --data is refused; it would mean the usual folder."""
    with pytest.raises(SystemExit) as ended:
        command.main(["--study", "ckplus", "--data", ""])
    assert ended.value.code == 2
    assert "--data: must not be empty" in capsys.readouterr().err


def test_missing_drivers(monkeypatch):
    """Our driver is taken where SQLAlchemy's is missing; else the extra is named."""
    monkeypatch.setattr(module, "_is_installed", lambda _: False)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.setitem(sys.modules, "pymysql", None)
    for url, extra in (("postgresql://h/x", "postgres"), ("mysql://h/x", "mysql")):
        with pytest.raises(
            InputError, match=rf"pip install -e '\.\[{extra}\]' installs"
        ):
            normalized_url(url)


def test_ray_keeps_no_command_line():
    """The record that Ray keeps of a job does not hold a storage's password."""
    code = (
        "import search.executors.ray.local, ray\n"
        "print(ray._private.utils.get_entrypoint_name())"
    )
    words = [sys.executable, "-c", code, "--storage", "postgresql://me:s3cret@host/x"]
    found = subprocess.run(  # noqa: S603 - our own code
        words, capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert found.stdout == "python -m search.run\n"
