"""Tables of the trials: one row for each, with its settings, outcome and cost.

``trials.csv`` has the settings that the study searches, ``trials_full.csv`` all.
"""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from data_pipeline.files.csv_writer import CsvTable
from models.config.backbone_sizes import is_own_size
from models.config.hyperparameters import HYPERPARAMETERS
from search.ledger.callback import Callback, ReadRecords, no_records
from search.ledger.records import Counts, TrialRecord
from search.run_folder import TRIALS, TRIALS_FULL, RunFolder, append_text, write_text
from search.trial.messages import PHASES, Outcome

GAP = ("trained_value", "gap", "diagnosis")
COSTS = (
    "epochs",
    "model_parameters",
    "model_bytes",
    "latency_ms",
    *(f"seconds_{name}" for name in PHASES),
    *GAP,
    "device_memory",
)
FULL = ("number", "state", "reason", "value", "enqueued", *HYPERPARAMETERS, *COSTS)
"""The header of the full table; sizes of own backbones follow."""

RUNNING = "RUNNING"
"""The state of a trial that has not ended."""

ROWS_A_TRIAL = 20
"""About so many rows are written for each trial that ends, or all of fewer."""


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
    header = _header(records, searched)
    text = io.StringIO()
    CsvTable(text, header).add_all(_cells(records, header))
    return text.getvalue()


def _header(
    records: Sequence[TrialRecord], searched: Sequence[str] | None
) -> tuple[str, ...]:
    if searched is not None:
        return ("number", "state", "value", *searched, "reason", "enqueued", *COSTS)
    own = {key for one in records for key in one.values if is_own_size(key)}
    return (*FULL, *sorted(own))


def _cells(
    records: Sequence[TrialRecord], header: Sequence[str]
) -> Iterator[list[object]]:
    for row in map(_row, records):
        yield [row.get(name, "") for name in header]


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
        "model_bytes": spent.get("model_bytes", 0),
        "latency_ms": _rounded(spent.get("latency_ms")),
        **{f"seconds_{one}": round(spent.get(one, 0.0), 3) for one in PHASES},
        **{one: record.attributes.get(one, "") for one in GAP},
        "device_memory": spent.get("device_memory", 0),
    }


def _rounded(latency: float | None) -> float | str:
    """Writes milliseconds; an empty text where they were not measured."""
    return "" if latency is None else round(latency, 3)


class TrialsCsvWriter(Callback):
    """Keeps ``trials.csv`` and ``trials_full.csv`` up to date.

    A trial that ends is appended. Now and then the files are written anew, in the order
    of numbers: in a long search that is rare, so that the time for a trial's row does
    not depend on how many there are. Running trials are not listed: their rows would
    have to be taken out again.
    """

    def __init__(self, folder: RunFolder, searched: Sequence[str]) -> None:
        """Writes to a run's folder; ``searched`` are the keys of its space."""
        self._tables = (
            _Table(folder.file(TRIALS), searched),
            _Table(folder.file(TRIALS_FULL), None),
        )
        self._read_records: ReadRecords = no_records
        self._written = self._appended = 0

    def on_search_start(self, read_records: ReadRecords) -> None:
        """Keeps the reader of trials."""
        self._read_records = read_records

    def on_trial_end(self, number: int, outcome: Outcome, counts: Counts) -> None:
        """Appends the trial, or writes the files anew."""
        if self._appended >= self._written // ROWS_A_TRIAL:
            self._write()
            return
        self._appended += 1
        added = self._read_records(number)
        # To both files, before one is found that must be written anew.
        appended = [table.append(added) for table in self._tables]
        if not all(appended):
            self._write()

    def on_search_end(self) -> None:
        """Writes interrupted trials too, which are settled by now."""
        self._write()

    def _write(self) -> None:
        records = [one for one in self._read_records() if one.state != RUNNING]
        for table in self._tables:
            table.write(records)
        self._written, self._appended = len(records), 0


class _Table:
    """One of the files; ``searched`` is that of ``trials_csv``."""

    def __init__(self, path: Path, searched: Sequence[str] | None) -> None:
        self._path, self._searched = path, searched
        self._header: tuple[str, ...] = ()
        self._size = 0

    def write(self, records: Sequence[TrialRecord]) -> None:
        """Writes the file anew."""
        write_text(self._path, trials_csv(records, self._searched))
        self._header = _header(records, self._searched)
        self._size = self._path.stat().st_size

    def append(self, records: Sequence[TrialRecord]) -> bool:
        """Appends rows; returns false where the file must be written anew.

        That is where it was changed by others, or lacks a column.
        """
        header = _header(records, self._searched)
        if not self._is_unchanged() or not {*header} <= {*self._header}:
            return False
        text = io.StringIO()
        CsvTable(text, self._header).add_all(_cells(records, self._header))
        row = text.getvalue().partition("\n")[2]
        self._size += append_text(self._path, row)
        return True

    def _is_unchanged(self) -> bool:
        try:
            return self._path.stat().st_size == self._size
        except OSError:
            return False
