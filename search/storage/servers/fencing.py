"""Lets each transaction that writes ask for permission right before its commit."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Engine, event

Fence = Callable[[Connection], None]
"""Raises where this process may no longer write."""

WROTE = "wrote"
"""The key of a connection's notes that says so of its transaction."""

READING = ("SELECT", "SHOW", "SET", "PRAGMA")
"""How statements that write nothing begin."""


def no_fence(_: Connection) -> None:
    """Lets everybody write."""


def fence_writes(engine: Engine, fence: Fence) -> None:
    """Calls ``fence`` before each commit of a transaction that wrote.

    What it raises rolls the transaction back.
    """

    def note(connection: Connection, _cursor: object, statement: str, *_: Any) -> None:
        if not statement.lstrip().upper().startswith(READING):
            connection.info[WROTE] = True

    def commit(connection: Connection) -> None:
        if connection.info.pop(WROTE, False):
            fence(connection)

    def forget(connection: Connection) -> None:
        connection.info.pop(WROTE, None)

    event.listen(engine, "before_cursor_execute", note)
    event.listen(engine, "commit", commit)
    event.listen(engine, "rollback", forget)
