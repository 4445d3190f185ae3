"""Tables of the trials: one row for each, with its settings, outcome and cost.

``trials.csv`` has the settings that the study searches, ``trials_full.csv`` all.
"""

import io
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from data_pipeline.files.csv_writer import CsvTable
from models.config.backbone_sizes import is_own_size
from models.config.hyperparameters import HYPERPARAMETERS
from search.ledger.callback import Callback, ReadRecords
from search.ledger.records import Counts, TrialRecord
from search.run_folder import TRIALS, TRIALS_FULL, RunFolder, write_text
from search.trial.messages import Outcome, Spent

SECONDS = tuple(one.name for one in fields(Spent) if one.type is float)
GAP = ("trained_value", "gap", "diagnosis")
COSTS = (
    "epochs",
    "model_parameters",
    *(f"seconds_{name}" for name in SECONDS),
    *GAP,
    "device_memory",
)
FULL = ("number", "state", "reason", "value", "enqueued", *HYPERPARAMETERS, *COSTS)
"""The header of the full table; sizes of own backbones follow."""


def trials_csv(
    records: Sequence[TrialRecord], searched: Sequence[str] | None = None
) -> str:
    """Renders the trials as CSV.

    A cell of a setting is empty where the trial does not set it: its condition did not
    hold, or the study leaves it at its default.

    Args:
        records: the trials.
        searched: the keys that the study searches, which then are the only settings,
            and stand first; for ``None`` every key has a column.

    Returns:
        A table with one row a trial.
    """
    own = sorted({key for one in records for key in one.values if is_own_size(key)})
    header: tuple[str, ...] = (*FULL, *own)
    if searched is not None:
        header = ("number", "state", "value", *searched, "reason", "enqueued", *COSTS)
    text = io.StringIO()
    rows = map(_row, records)
    CsvTable(text, header).add_all(
        [row.get(name, "") for name in header] for row in rows
    )
    return text.getvalue()


def _row(record: TrialRecord) -> dict[str, Any]:
    """Lists what is known of a trial, by column."""
    spent = record.attributes.get("spent", {})
    name = "backbone.name"
    return {
        name: HYPERPARAMETERS[name].default,
        **record.values,
        "number": record.number,
        "state": record.state,
        "reason": record.reason,
        "value": "" if record.value is None else record.value,
        "enqueued": record.enqueued,
        "epochs": spent.get("epochs", 0),
        "model_parameters": spent.get("parameters", 0),
        **{f"seconds_{one}": round(spent.get(one, 0.0), 3) for one in SECONDS},
        **{one: record.attributes.get(one, "") for one in GAP},
        "device_memory": spent.get("device_memory", 0),
    }


class TrialsCsvWriter(Callback):
    """Keeps ``trials.csv`` and ``trials_full.csv`` up to date."""

    def __init__(self, folder: RunFolder, searched: Sequence[str]) -> None:
        """Writes to a run's folder; ``searched`` are the keys of its space."""
        self._folder, self._searched = folder, searched
        self._read_records: ReadRecords = tuple

    def on_search_start(self, read_records: ReadRecords) -> None:
        """Keeps the reader of trials."""
        self._read_records = read_records

    def on_trial_end(self, number: int, outcome: Outcome, counts: Counts) -> None:
        """Writes the files anew."""
        self._write()

    def on_search_end(self) -> None:
        """Writes interrupted trials too, which are settled by now."""
        self._write()

    def _write(self) -> None:
        records = self._read_records()
        write_text(self._folder.file(TRIALS), trials_csv(records, self._searched))
        write_text(self._folder.file(TRIALS_FULL), trials_csv(records))
