"""The pulse of workers: a file for each, by which the driver sees that it lives.

A worker reports once an epoch, and an epoch may take an hour. Its pulse goes on
meanwhile, in a thread of its own; it stops where the process is stopped, or where
nothing in it runs any more.
"""

import json
import os
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

EVERY = 5.0
"""Seconds between two beats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """What a worker's pulse last said.

    ``trial`` is "" before its first one; ``reporting`` says that it reports epochs,
    and ``reports`` counts them.
    """

    pid: int
    trial: str
    beats: int
    reports: int = 0
    reporting: bool = False


class Pulse:
    """Beats for this process, in a thread that ends with it."""

    def __init__(self, folder: Path, *, every: float = EVERY) -> None:
        """Begins to beat."""
        self._folder = folder
        self._trial = ""
        self._reporting = False
        self._beats = self._reports = 0
        self._lock = threading.Lock()
        self._every = every
        self._end = threading.Event()
        threading.Thread(target=self._go_on, daemon=True).start()

    def begin(self, trial: str, *, reporting: bool) -> None:
        """Says which trial this worker begins, and whether it will report epochs."""
        self._trial, self._reporting, self._reports = trial, reporting, 0
        self._write()
        with suppress(OSError):
            (self._folder / f"{trial}.begun").touch()

    def report(self) -> None:
        """Counts an epoch; the next beat says so."""
        self._reports += 1

    def end(self) -> None:
        """Beats no more."""
        self._end.set()

    def _go_on(self) -> None:
        while not self._end.is_set():
            self._write()
            self._end.wait(self._every)

    def _write(self) -> None:
        # A full disk must not end a trial.
        with self._lock, suppress(OSError):
            self._beats += 1
            told = {
                "trial": self._trial,
                "beats": self._beats,
                "reports": self._reports,
                "reporting": self._reporting,
            }
            aside = self._folder / f"{os.getpid()}.new"
            aside.write_text(json.dumps(told))
            aside.replace(self._folder / f"{os.getpid()}.beat")


def has_begun(folder: Path, trial: str) -> bool:
    """Tells whether a worker began a trial: it was ready by then."""
    return (folder / f"{trial}.begun").exists()


def beats(folder: Path) -> list[Beat]:
    """Reads the pulses of the workers that live; those of dead ones are removed."""
    found = []
    for path in sorted(folder.glob("*.beat")):
        try:
            os.kill(int(path.stem), 0)
            found.append(Beat(pid=int(path.stem), **json.loads(path.read_text())))
        except ProcessLookupError:
            path.unlink(missing_ok=True)
        except (OSError, ValueError, TypeError):
            continue
    return found
