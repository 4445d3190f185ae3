"""``trials.csv``: one line a trial, what it was, how it ended, what it cost."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from models.config import SETTINGS
from search.records import TrialRecord

SECONDS = ("asked", "waited", "built", "traced", "trained", "validated")
HEADER = (
    "number",
    "state",
    "reason",
    "value",
    *SETTINGS,
    "epochs",
    "backbone",
    "model_parameters",
    *(f"seconds_{name}" for name in SECONDS),
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
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(_row(record) for record in records)
    return text.getvalue()


def _row(record: TrialRecord) -> list[Any]:
    spent = record.attributes.get("spent", {})
    return [
        record.number,
        record.state,
        record.reason,
        "" if record.value is None else record.value,
        *(record.values.get(key, "") for key in SETTINGS),
        spent.get("epochs", 0),
        record.values.get("backbone.name", SETTINGS["backbone.name"].default),
        spent.get("parameters", 0),
        *(round(spent.get(name, 0.0), 3) for name in SECONDS),
    ]
