"""Connections to a database server: a lost one is noticed, a stuck one ends."""

from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine import make_url

from data_pipeline.files.file_lock import LEASE

_POSTGRESQL = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
_MYSQL = {"connect_timeout": 10, "read_timeout": 60, "write_timeout": 60}
_TIMEOUTS = {
    "psycopg": _POSTGRESQL,
    "psycopg2": _POSTGRESQL,
    "pymysql": _MYSQL,
}

STUCK = int(LEASE / 2)
"""Seconds after which a server ends a transaction whose process is silent."""


def engine_options(url: str) -> dict[str, Any]:
    """Returns SQLAlchemy options with which a lost server connection is noticed."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return {}
    wanted = _TIMEOUTS.get(parsed.get_driver_name(), {})
    unset = {key: value for key, value in wanted.items() if key not in parsed.query}
    return {"pool_pre_ping": True, "connect_args": unset}


def bound_transactions(engine: Engine, seconds: int = STUCK) -> None:
    """Makes the server end a transaction of this process if it is suspended in one.

    Its locks would keep the next driver from taking over.
    """
    postgresql = f"SET idle_in_transaction_session_timeout = {seconds * 1000}"
    # MySQL ends idle connections, in a transaction or not; the next call reconnects.
    mysql = f"SET SESSION wait_timeout = {seconds}"
    statement = postgresql if engine.dialect.name == "postgresql" else mysql

    def limit(connection: Any, _: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)
        connection.commit()

    engine.dispose()  # connections that are open already have no bound
    event.listen(engine, "connect", limit)
