"""The files of dose and response in a folder."""

from collections.abc import Sequence
from pathlib import Path

from data_pipeline.files.csv_writer import CsvTable
from models.explanation.dose.charts import changes_chart, curves_chart
from models.explanation.dose.response import COLUMNS, DoseResponse

TABLE, CHANGES, CURVES = (
    "dose_response.csv",
    "dose_response.png",
    "dose_response_curves.png",
)


def write_responses(responses: Sequence[DoseResponse], folder: Path) -> None:
    """Writes the table and both charts."""
    (folder / CHANGES).write_bytes(changes_chart(responses))
    (folder / CURVES).write_bytes(curves_chart(responses))
    with (folder / TABLE).open("w", newline="", encoding="utf-8") as file:
        table = CsvTable(file, COLUMNS)
        for response in responses:
            for row in response.rows():
                table.add(row)
