"""Watches a cluster while it is joined: servers that must answer, hanging workers."""

import os
import shutil
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from data_pipeline.system.errors import RunError
from data_pipeline.system.terminal import print_error, print_note
from search.executors.board import Board
from search.executors.heartbeat import Beat, beats, drop
from search.executors.ray.monitor import WorkerMonitor

EVERY = 1.0
"""Seconds between two looks at the cluster."""

LAST = 5.0
"""Seconds for which the end waits for a look that has begun."""

LONGEST = 2
"""Seconds for which one look waits: a machine that is off refuses nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server of Ray that must answer; this process ends after ``looks`` without.

    One look takes ``EVERY`` seconds, and one that waited counts for as many as it took.
    """

    name: str
    address: tuple[str, int]
    looks: int

    def answers(self) -> bool:
        """Whether something listens there."""
        try:
            socket.create_connection(self.address, timeout=LONGEST).close()
        except OSError:
            return False
        return True


class Watch(threading.Thread):
    """Watches Ray's servers, and the workers while there are some."""

    def __init__(self, servers: Sequence[Server], folder: Path) -> None:
        """Takes the folder to remove at the end."""
        super().__init__(daemon=True)
        self._silent = dict.fromkeys(servers, 0)
        self._folder = folder
        self._check: Callable[[], None] | None = None
        self._looking = threading.Lock()
        self._stopped = threading.Event()

    def run(self) -> None:
        """Looks until it is stopped."""
        while not self._stopped.wait(EVERY):
            for server, silent in self._silent.items():
                began = time.monotonic()
                if server.answers():
                    self._silent[server] = 0
                    continue
                waited = min(LONGEST, round((time.monotonic() - began) / EVERY))
                self._silent[server] = silent + 1 + waited
                if self._silent[server] > server.looks:
                    _end(server, self._folder)
            with self._looking:
                check = self._check
                if check is not None and not any(self._silent.values()):
                    check()

    @contextmanager
    def workers(
        self,
        board: Board,
        *,
        kill: Callable[[Beat], None],
        lives: Callable[[Beat], bool],
    ) -> Iterator[None]:
        """Watches workers by their heartbeats too; ``kill`` ends one that hangs.

        ``lives`` tells whether one that is silent is there: an idle worker that died
        leaves its heartbeat, as a lost node does; that of a trial goes with it.
        """
        monitor = WorkerMonitor(
            lambda text: print_note(f"warning: {text}"),
            kill=kill,
            lives=lives,
            drop=partial(drop, board),
        )
        self._check = lambda: monitor.check(beats(board, lambda _: True))
        try:
            yield
        finally:
            self._check = None
            if self._looking.acquire(timeout=LAST):  # a look has ended that had begun
                self._looking.release()

    def stop(self) -> None:
        """Stops, and waits for a look that has begun.

        What it asks after Ray's client has ended would start a Ray of its own.
        """
        self._stopped.set()
        self.join(timeout=LAST)


@contextmanager
def watched(servers: Sequence[Server], folder: Path) -> Iterator[Watch]:
    """Watches during a context; ends this process where a server does not answer.

    ``folder`` is removed before the end.
    """
    watch = Watch(servers, folder)
    watch.start()
    try:
        yield watch
    finally:
        watch.stop()


def _end(server: Server, folder: Path) -> None:
    """Ends this process: Ray's client waits for a minute, and cannot be interrupted."""
    if sys.stdout.isatty():
        sys.stdout.write("\x1b[?25h\n")  # a bar has hidden the cursor
    host, port = server.address
    print_error(
        f"{server.name} ({host}:{port}) has not answered for {server.looks} seconds, "
        "so the search ends; run the same command to resume"
    )
    sys.stdout.flush()
    sys.stderr.flush()
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(RunError.exit_code)
