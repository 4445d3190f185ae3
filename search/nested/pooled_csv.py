"""The predictions of all outer parts as one table, with the part of each image."""

import io
from collections.abc import Sequence
from pathlib import Path

from data_pipeline.dataset.table_checks import csv_lines
from data_pipeline.files.csv_writer import CsvTable
from search.run_folder import write_text

PART = "part"


def join_tables(path: Path, tables: Sequence[Path]) -> None:
    """Joins the tables of the parts, in their order; ``PART`` numbers them from 1.

    A column that a part lacks is empty there.
    """
    parts: list[list[dict[str, str]]] = []
    for table in tables:
        header, *lines = [cells for _, cells in csv_lines(table, unit="row")]
        parts.append([dict(zip(header, cells, strict=True)) for cells in lines])
    names = dict.fromkeys(name for rows in parts for row in rows for name in row)
    content = io.StringIO()
    joined = CsvTable(content, [PART, *names])
    for number, rows in enumerate(parts, start=1):
        for row in rows:
            joined.add({PART: str(number), **row})
    write_text(path, content.getvalue())
