"""What a server refuses: one message each, with the way out and without a password."""

import pytest
import sqlalchemy

from data_pipeline.system.errors import InputError, StorageError
from search.ledger.ledger import open_ledger
from search.storage import driver_lock
from search.storage.driver_lock import only_driver_of_storage
from search.storage.open_storage import open_storage
from search.storage.retrying import RetryPolicy
from search.storage.url import DRIVERS, normalized_url
from tests.factories.ledger import DATA, complete, small
from tests.factories.servers.driver import let_go
from tests.factories.servers.mysql import Server as MariaDB
from tests.factories.servers.postgres import PASSWORD, QUOTED

QUICK = RetryPolicy(seconds=0.5)


@pytest.fixture
def refused(monkeypatch):
    """Tries to lock a study and to open its storage; returns both messages."""
    monkeypatch.setattr(driver_lock, "RetryPolicy", lambda **_: QUICK)

    def both(url):
        messages = []
        for attempt in (
            lambda: only_driver_of_storage(url, "small").__enter__(),
            lambda: open_storage(url, QUICK),
        ):
            with pytest.raises((InputError, StorageError)) as found:
                attempt()
            messages.append(str(found.value))
        for message in messages:
            assert "\n" not in message
            assert QUOTED not in message
            assert PASSWORD not in message
            assert "***@127.0.0.1" in message
        return messages

    return both


def test_a_wrong_password(server, url, refused):
    """A wrong password is told as that, and never shown."""
    wrong = url.replace(QUOTED, "wr0ng%2Fp%40ss")
    for message in refused(wrong):
        assert "rejects this user, password or database" in message
        assert "wr0ng" not in message
    del server


def test_a_password_file(server, url, monkeypatch, tmp_path):
    """PostgreSQL's file of passwords replaces the one in the URL."""
    if isinstance(server, MariaDB):
        pytest.skip("MariaDB has no such file")
    path = tmp_path / "passwords"
    path.write_text(f"*:*:*:*:{PASSWORD}\n")
    path.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(path))
    with only_driver_of_storage(url.replace(f":{QUOTED}", ""), "small") as held:
        held.check()


def test_no_such_database(server, refused):
    """A database that does not exist is told by its name."""
    for message in refused(normalized_url(server.url("nowhere"))):
        assert "rejects this user, password or database" in message
        assert "nowhere" in message


@pytest.fixture
def guest(server, execute, url):
    """A user who may only read the database; gives the URL."""
    database = sqlalchemy.engine.make_url(url).database
    if isinstance(server, MariaDB):
        who = "'guest'@'127.0.0.1'"
        execute(
            f"CREATE OR REPLACE USER {who} IDENTIFIED BY '{PASSWORD}'",
            f"GRANT SELECT ON {database}.* TO {who}",
        )
        yield normalized_url(server.url(database, user="guest"))
        execute(f"DROP USER {who}")
        return
    execute(f"CREATE USER guest PASSWORD '{PASSWORD}'")
    yield normalized_url(server.url(database, user="guest"))
    execute("DROP USER guest")


def test_no_right(guest, refused):
    """A user who may not create tables is told whom to ask."""
    for message in refused(guest):
        assert "this user lacks a right" in message
        assert "ask the server's owner" in message


@pytest.fixture
def readonly(server, execute, url):
    """Makes a database read-only, and writable again."""
    database = sqlalchemy.engine.make_url(url).database
    if isinstance(server, MariaDB):
        # The administrator may still write.
        pytest.skip("MariaDB has no read-only databases")
    execute(f"ALTER DATABASE {database} SET default_transaction_read_only = on")
    yield url
    execute(f"ALTER DATABASE {database} RESET default_transaction_read_only")


def test_read_only(readonly, refused):
    """A read-only database is told as that, before anything is searched."""
    for message in refused(readonly):
        assert "the database is read-only" in message


def test_read_only_in_the_middle(server, execute, url, tmp_path):
    """A search whose database becomes read-only ends, and can be resumed."""
    if isinstance(server, MariaDB):
        pytest.skip("MariaDB has no read-only databases")
    del tmp_path
    database = sqlalchemy.engine.make_url(url).database
    how = {"url": url, "name": "small", "data": DATA}
    ledger = open_ledger(small(), policy=QUICK, **how)
    number = ledger.ask().number
    execute(f"ALTER DATABASE {database} SET default_transaction_read_only = on")
    let_go(ledger)
    with pytest.raises(StorageError, match=r"is read-only .* then rerun the command"):
        ledger.tell(number, complete(0.5))
    ledger.close()
    let_go(ledger)
    execute(f"ALTER DATABASE {database} RESET default_transaction_read_only")
    ledger = open_ledger(small(), **how)
    assert ledger.ask() is not None
    ledger.close()
    let_go(ledger)


@pytest.fixture
def crowded(server, execute, url):
    """Lets the server accept no more connections of one user."""
    database = sqlalchemy.engine.make_url(url).database
    if isinstance(server, MariaDB):
        who = "'few'@'127.0.0.1'"
        execute(
            f"CREATE OR REPLACE USER {who} IDENTIFIED BY '{PASSWORD}' "
            "WITH MAX_USER_CONNECTIONS 1",
            f"GRANT ALL ON {database}.* TO {who}",
        )
    else:
        execute(
            f"CREATE USER few PASSWORD '{PASSWORD}' CONNECTION LIMIT 1",
            f"GRANT ALL ON DATABASE {database} TO few",
        )
    found = normalized_url(server.url(database, user="few"))
    engine = sqlalchemy.create_engine(found)
    with engine.connect():
        yield found
    engine.dispose()
    if isinstance(server, MariaDB):
        execute("DROP USER 'few'@'127.0.0.1'")
    else:
        execute(f"REVOKE ALL ON DATABASE {database} FROM few", "DROP USER few")


def test_too_many_connections(crowded, refused):
    """A server without a free connection is waited for, and told as that."""
    for message in refused(crowded):
        assert "accepts no more connections" in message
        assert "a search needs two" in message


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
def test_no_driver(monkeypatch, kind):
    """A driver that is not installed is told with the extra that has it."""
    _, ours, extra = DRIVERS[kind]
    monkeypatch.setitem(__import__("sys").modules, ours, None)
    with pytest.raises(InputError) as refused:
        normalized_url(f"{kind}+{ours}://me:s3cret@host/x")
    assert f"pip install -e '.[{extra}]' installs {ours}" in str(refused.value)
    assert "s3cret" not in str(refused.value)
