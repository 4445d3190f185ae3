"""``trials.csv``: one row per trial, with its settings, outcome and cost."""

import io
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from data_pipeline.files.csv_writer import CsvTable
from models.config.backbone_sizes import is_own_size
from models.config.hyperparameters import HYPERPARAMETERS
from search.ledger.callback import Callback, ReadRecords
from search.ledger.records import Counts, TrialRecord
from search.run_folder import write_text
from search.trial.messages import Outcome, Spent

SECONDS = tuple(one.name for one in fields(Spent) if one.type is float)
GAP = ("trained_value", "gap", "diagnosis")
HEADER = (
    "number",
    "state",
    "reason",
    "value",
    "enqueued",
    *HYPERPARAMETERS,
    "epochs",
    "backbone",
    "model_parameters",
    *(f"seconds_{name}" for name in SECONDS),
    # New columns go last, for scripts that read by position.
    *GAP,
    "device_memory",
)


def trials_csv(records: Sequence[TrialRecord]) -> str:
    """Renders the trials as CSV, with a column for every setting.

    A cell is empty where the trial does not set the key: its condition did not hold,
    or the study leaves it at its default.
    """
    own = sorted({key for one in records for key in one.values if is_own_size(key)})
    text = io.StringIO()
    CsvTable(text, (*HEADER, *own)).add_all(_row(one, own) for one in records)
    return text.getvalue()


def _row(record: TrialRecord, own: Sequence[str]) -> list[Any]:
    spent = record.attributes.get("spent", {})
    return [
        record.number,
        record.state,
        record.reason,
        "" if record.value is None else record.value,
        record.enqueued,
        *(record.values.get(key, "") for key in HYPERPARAMETERS),
        spent.get("epochs", 0),
        record.values.get("backbone.name", HYPERPARAMETERS["backbone.name"].default),
        spent.get("parameters", 0),
        *(round(spent.get(name, 0.0), 3) for name in SECONDS),
        *(record.attributes.get(name, "") for name in GAP),
        spent.get("device_memory", 0),
        *(record.values.get(key, "") for key in own),
    ]


class TrialsCsvWriter(Callback):
    """Keeps ``trials.csv`` up to date."""

    def __init__(self, path: Path) -> None:
        """Writes to ``path``."""
        self._path = path
        self._read_records: ReadRecords = tuple

    def on_search_start(self, read_records: ReadRecords) -> None:
        """Keeps the reader of trials."""
        self._read_records = read_records

    def on_trial_end(self, number: int, outcome: Outcome, counts: Counts) -> None:
        """Writes the file anew."""
        self._write()

    def on_search_end(self) -> None:
        """Writes interrupted trials too, which are settled by now."""
        self._write()

    def _write(self) -> None:
        write_text(self._path, trials_csv(self._read_records()))
