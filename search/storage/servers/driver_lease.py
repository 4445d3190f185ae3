"""One driver at a time on a database server, by a row with a heartbeat.

The holder increments a number in the row every few seconds. Another driver reads the
row: it takes over if the number does not change for a lease, or if the holder was a
process of this machine that no longer runs. The update that takes over names the old
holder and number, so only one of several drivers succeeds. No clocks are compared.

A check before each use of the storage is not enough: a process may be suspended between
the check and the commit. So each transaction that writes also locks the row before it
commits, and fails if another driver has it (``fence``).
"""

import json
import os
import secrets
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy import Column, Connection, Engine, Integer, MetaData, String, Table

from data_pipeline.files.file_lock import LEASE
from data_pipeline.system.errors import RunError

BEATS = 10
"""Heartbeats within a lease."""

LONGEST = 255

DRIVERS = Table(
    "expression_search_drivers",
    MetaData(),
    Column("study", String(LONGEST), primary_key=True),
    Column("holder", String(2 * LONGEST), nullable=False),
    Column("beat", Integer, nullable=False),
)


class Lease:
    """The exclusive right to drive one study of a server."""

    def __init__(
        self, engine: Engine, study: str, *, place: str, seconds: float = LEASE
    ) -> None:
        """Prepares the lease; ``place`` names the server in messages.

        All drivers of a study must use the same number of ``seconds``.
        """
        self._engine = engine
        self._study = study
        self._place = place
        self._seconds = seconds
        self._me = _this_process()
        self._alive = 0.0
        self._lost_to: str | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._keep_alive, name="lease", daemon=True
        )
        self._lock = threading.Lock()

    def take(self) -> None:
        """Takes the lease, or raises ``RunError`` if a living driver holds it."""
        try:
            self._win()
        except BaseException:
            self._engine.dispose()
            raise
        self._thread.start()

    def release(self) -> None:
        """Releases the lease."""
        self._stop.set()
        self._thread.join(timeout=1.0)
        with suppress(sqlalchemy.exc.SQLAlchemyError, OSError):  # it will expire
            self._swap((self._me, None), "")
        self._engine.dispose()

    def check(self) -> None:
        """Raises ``RunError`` if another driver took over.

        After a suspension, a process checks with the server before it continues.
        """
        if self._lost_to is None and time.monotonic() - self._alive > self._seconds / 2:
            self._renew()
        if self._lost_to is not None:
            raise self._error()

    def fence(self, connection: Connection) -> None:
        """Raises ``RunError`` if another driver has the row.

        Otherwise no driver takes over before the connection's transaction ends.
        """
        query = sqlalchemy.select(DRIVERS.c.holder).with_for_update(read=True)
        found = connection.execute(query.where(DRIVERS.c.study == self._study))
        holder = found.scalar_one_or_none()
        if holder != self._me:
            self._lost_to = _describe(holder or "")
            raise self._error()

    def _error(self) -> RunError:
        return RunError(
            f"{self._place}: {self._lost_to} has taken over the study {self._study}, "
            f"because this driver sent no heartbeat for {self._seconds:g} s; the "
            "search continues there, and nothing is lost"
        )

    def _win(self) -> None:
        """Takes the row; waits for a heartbeat first if its holder may be alive."""
        self._make_table()
        watched: tuple[str, int] | None = None
        end = time.monotonic() + self._seconds
        while True:
            row, overdue = self._row(), time.monotonic() > end
            if row is None:
                taken = self._insert()
            elif _is_free(row[0]) or (overdue and row == watched):
                taken = self._swap(row, self._me)
            elif watched not in (None, row):
                break  # the holder is alive
            else:
                watched, taken = row, False
            if taken:
                return
            time.sleep(self._seconds / BEATS / 4)
        raise RunError(
            f"{self._place}: one driver at a time may work on a study, and "
            f"{_describe(row[0])} works on {self._study}; wait for it, or stop it"
        )

    def _keep_alive(self) -> None:
        while not self._stop.wait(self._seconds / BEATS):
            with suppress(sqlalchemy.exc.SQLAlchemyError, OSError):  # retried
                self._renew()

    def _renew(self) -> None:
        with self._lock:
            if self._stop.is_set() or self._swap((self._me, None), self._me):
                return
            row = self._row()
            self._lost_to = _describe("" if row is None else row[0])

    def _swap(self, old: tuple[str, int | None], new: str) -> bool:
        """Replaces the holder if the row still has the old one."""
        started = time.monotonic()
        change = sqlalchemy.update(DRIVERS).where(DRIVERS.c.study == self._study)
        change = change.where(DRIVERS.c.holder == old[0])
        if old[1] is not None:
            change = change.where(DRIVERS.c.beat == old[1])
        values = {DRIVERS.c.holder: new, DRIVERS.c.beat: DRIVERS.c.beat + 1}
        with self._engine.begin() as connection:
            won = connection.execute(change.values(values)).rowcount == 1
        if won:
            self._alive = started
        return won

    def _insert(self) -> bool:
        row = {"study": self._study, "holder": self._me, "beat": 0}
        started = time.monotonic()
        try:
            with self._engine.begin() as connection:
                connection.execute(sqlalchemy.insert(DRIVERS).values(row))
        except sqlalchemy.exc.IntegrityError:
            return False
        self._alive = started
        return True

    def _row(self) -> tuple[str, int] | None:
        query = sqlalchemy.select(DRIVERS.c.holder, DRIVERS.c.beat)
        with self._engine.connect() as connection:
            found = connection.execute(query.where(DRIVERS.c.study == self._study))
            row = found.one_or_none()
        return None if row is None else (str(row[0]), int(row[1]))

    def _make_table(self) -> None:
        try:
            DRIVERS.create(self._engine, checkfirst=True)
        except sqlalchemy.exc.SQLAlchemyError:
            # Another driver may have created it in between.
            if not sqlalchemy.inspect(self._engine).has_table(DRIVERS.name):
                raise


def _this_process() -> str:
    """Identifies this process, so that others can check whether it still runs."""
    pid = os.getpid()
    facts = {
        "pid": pid,
        "host": socket.gethostname()[:64],
        "machine": _machine(),
        "started": _started(pid),
        "token": secrets.token_hex(8),
    }
    return json.dumps(facts)


def _is_free(holder: str) -> bool:
    """Checks for a row without a holder, or with a dead process of this machine."""
    if not holder:
        return True
    facts = _facts(holder)
    mine = facts.get("machine") == _machine() != ""
    return mine and _started(int(facts["pid"])) != facts.get("started")


def _describe(holder: str) -> str:
    facts = _facts(holder)
    if "pid" not in facts:
        return "another program"
    return f"process {facts['pid']} on {facts.get('host')}"


def _facts(holder: str) -> dict[str, Any]:
    with suppress(ValueError):
        facts = json.loads(holder)
        if isinstance(facts, dict) and isinstance(facts.get("pid"), int):
            return facts
    return {}


def _machine() -> str:
    """Identifies the boot and process namespace of this machine; "" if unknown."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
        return f"{boot.strip()} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _started(pid: int) -> str:
    """Returns a process's start time in clock ticks; "" if it does not run."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    fields = text.rpartition(")")[2].split()
    return "" if fields[0] in "ZX" else fields[19]
