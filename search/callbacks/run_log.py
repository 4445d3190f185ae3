"""``run.log``: what a run prints, with times; and the traceback of each failure."""

from contextlib import suppress
from datetime import datetime
from pathlib import Path

from data_pipeline.system.errors import RunError
from data_pipeline.system.terminal import escape_controls, mask_passwords
from search.run_folder import RunFolder, write_text

LOG, TRACES = "run.log", "trials"
"""The log of a run, and the folder of its tracebacks."""


class RunLog:
    """Appends lines to a run's log; a log that cannot be written ends nothing."""

    def __init__(self) -> None:
        """Keeps lines until ``open``: only the driver of a run writes its log."""
        self._folder: RunFolder | None = None
        self._waiting: list[str] = []

    def open(self, folder: RunFolder) -> None:
        """Writes to a run's folder from now on, first what was kept."""
        self._folder = folder
        self._append(["", *self._waiting])
        self._waiting = []

    @property
    def path(self) -> Path | None:
        """The file of the log; ``None`` before ``open``."""
        return None if self._folder is None else self._folder.file(LOG)

    def line(self, text: str) -> None:
        """Adds a text, each of its lines with the time."""
        stamp = f"{datetime.now().astimezone():%Y-%m-%d %H:%M:%S}"
        parts = mask_passwords(escape_controls(text)).splitlines()
        lines = [f"{stamp}  {part}" for part in parts]
        if self._folder is None:
            self._waiting += lines
        else:
            self._append(lines)

    def keep_trace(self, name: str, trace: str) -> Path | None:
        """Writes the traceback of a failure, named by its trial; returns the file.

        ``None`` is returned where there is none, or it cannot be written.
        """
        if not trace or self._folder is None:
            return None
        path = self._folder.file(TRACES) / f"{name}.txt"
        try:
            path.parent.mkdir(exist_ok=True)
            write_text(path, escape_controls(trace).rstrip() + "\n")
        except (OSError, RunError):
            return None
        return path

    def _append(self, lines: list[str]) -> None:
        if self._folder is None:
            return
        with (
            suppress(OSError),
            self._folder.file(LOG).open("a", encoding="utf-8") as log,
        ):
            log.write("".join(f"{line}\n" for line in lines))
