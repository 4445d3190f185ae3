"""Database servers of the tests' own: PostgreSQL, and MariaDB where it is there."""

import pytest
import sqlalchemy

from search.ledger.ledger import open_ledger
from search.storage.retrying import RetryPolicy
from search.storage.url import normalized_url
from tests.factories.ledger import DATA, small
from tests.factories.servers import mysql, postgres
from tests.factories.servers.driver import let_go


def _postgresql():
    pytest.importorskip("psycopg", reason="needs the extra postgres")
    found = postgres.programs()
    if found is None:
        pytest.skip("needs PostgreSQL's server: apt-get install postgresql")
    return postgres.Server(found)


def _mysql():
    pytest.importorskip("pymysql", reason="needs the extra mysql")
    found = mysql.program()
    if found is None:
        pytest.skip("needs MariaDB's server: apt-get install mariadb-server")
    return mysql.Server(found)


KINDS = {"postgresql": _postgresql, "mysql": _mysql}


@pytest.fixture(scope="session")
def servers():
    """Starts each kind of server when a test needs it."""
    made = {}

    def find(kind):
        if kind not in made:
            made[kind] = KINDS[kind]()
            made[kind].start()
        return made[kind]

    yield find
    for server in made.values():
        server.stop()
        server.remove()


@pytest.fixture(params=list(KINDS))
def server(servers, request):
    """A server that runs."""
    return servers(request.param)


@pytest.fixture
def execute(server):
    """Executes statements as the server's administrator."""
    admin = normalized_url(server.url())
    engine = sqlalchemy.create_engine(admin, isolation_level="AUTOCOMMIT")

    def run(*statements):
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(sqlalchemy.text(statement))

    yield run
    engine.dispose()


@pytest.fixture
def url(server, execute, request):
    """A database of a test's own."""
    name = f"test_{abs(hash(request.node.name))}"
    execute(f"CREATE DATABASE {name}")
    return normalized_url(server.url(name))


@pytest.fixture
def opened(url):
    """Opens ledgers of the small study on a server, and lets go of it at the end."""
    made = []

    def begin(seconds=30.0, checks=()):
        policy = RetryPolicy(seconds=seconds, checks=checks)
        made.append(
            open_ledger(small(), url=url, name="small", data=DATA, policy=policy)
        )
        return made[-1]

    yield begin
    for ledger in made:
        let_go(ledger)
