"""``trials.csv``: one line a trial, what it was, how it ended, what it cost."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from data_pipeline.files.csv_writer import Table
from models.config.settings import SETTINGS
from search.ledger.records import Counts, Read, TrialRecord, Watcher
from search.run_folder import write_text
from search.trial.messages import Asked, Outcome, Report

SECONDS = ("asked", "waited", "built", "traced", "trained", "validated")
GAP = ("trained_value", "gap", "fit")
HEADER = (
    "number",
    "state",
    "reason",
    "value",
    "known",
    *SETTINGS,
    "epochs",
    "backbone",
    "model_parameters",
    *(f"seconds_{name}" for name in SECONDS),
    # Younger columns stand last, for whoever reads by position.
    *GAP,
)


def trials_csv(records: Sequence[TrialRecord]) -> str:
    """Renders the trials as CSV, with a column for every setting.

    Args:
        records: trials in the order of their numbers.

    Returns:
        The text, header first. A cell is empty where the trial does not set the
        key: its condition did not hold, or the study leaves it at its default.
    """
    text = io.StringIO()
    Table(text, HEADER).add_all(_row(record) for record in records)
    return text.getvalue()


def _row(record: TrialRecord) -> list[Any]:
    spent = record.attributes.get("spent", {})
    return [
        record.number,
        record.state,
        record.reason,
        "" if record.value is None else record.value,
        record.known,
        *(record.values.get(key, "") for key in SETTINGS),
        spent.get("epochs", 0),
        record.values.get("backbone.name", SETTINGS["backbone.name"].default),
        spent.get("parameters", 0),
        *(round(spent.get(name, 0.0), 3) for name in SECONDS),
        *(record.attributes.get(name, "") for name in GAP),
    ]


class TableWriter:
    """Watches a search for another watcher, and keeps ``trials.csv`` up to date."""

    def __init__(self, watcher: Watcher, path: Path) -> None:
        """Takes whom to tell, and the file."""
        self._watcher = watcher
        self._path = path
        self._read: Read = tuple

    def opened(self, read: Read) -> None:
        """Sees that the ledger is open."""
        self._read = read
        self._watcher.opened(read)

    def asked(self, asked: Asked, counts: Counts) -> None:
        """Sees a trial begin."""
        self._watcher.asked(asked, counts)

    def reported(self, number: int, report: Report) -> None:
        """Sees an epoch."""
        self._watcher.reported(number, report)

    def told(self, number: int, outcome: Outcome, counts: Counts) -> None:
        """Sees a trial end."""
        self.write()
        self._watcher.told(number, outcome, counts)

    def closed(self) -> None:
        """Sees that nobody runs trials any more; interrupted ones are settled."""
        self.write()
        self._watcher.closed()

    def write(self) -> None:
        """Writes the file anew, whole or not at all."""
        write_text(self._path, trials_csv(self._read()))
