"""The one way a CSV table is written: no text in it is a formula or steers a terminal.

Source: OWASP, "CSV Injection": a spreadsheet computes what begins with one of these.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from typing import TextIO

from data_pipeline.system.terminal import escape_controls

_WIDE = ("\uff1d", "\uff0b", "\uff0d", "\uff20")  # the same signs, as wide as Chinese
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", *_WIDE)
"""How a cell begins that a spreadsheet may compute."""


class CsvTable:
    """A table with a header; a row is written whole, in the order of the header."""

    def __init__(self, file: TextIO, names: Sequence[str]) -> None:
        """Writes the header.

        Args:
            file: where to; opened with ``newline=""``.
            names: of the columns.
        """
        self._names = tuple(names)
        self._writer = csv.writer(file, lineterminator="\n")
        self._writer.writerow(map(escape_cell, self._names))

    def add(self, row: Mapping[str, object]) -> None:
        """Writes a row; a column that it lacks, or ``None``, is an empty cell."""
        self._writer.writerow([escape_cell(row.get(name, "")) for name in self._names])

    def add_all(self, rows: Iterable[Sequence[object]]) -> None:
        """Writes rows whose cells stand in the header's order."""
        self._writer.writerows([escape_cell(value) for value in row] for row in rows)


def escape_cell(value: object) -> object:
    """Makes a cell of a value.

    Args:
        value: a number, which stays one, or text.

    Returns:
        What is written: text that begins like a formula has an apostrophe before it,
        and control characters are spelt out.

    Example:
        >>> [escape_cell(one) for one in ("happy", "=1+1", "-0.25", -0.25, "-x", None)]
        ['happy', "'=1+1", '-0.25', -0.25, "'-x", None]
    """
    if not isinstance(value, str):
        return value
    begins = value.startswith(FORMULA) and not _is_number(value)
    return f"'{escape_controls(value)}" if begins else escape_controls(value)


def _is_number(text: str) -> bool:
    """Tells a number as this project writes them, such as -0.250000 or -1e-05."""
    try:
        float(text)
    except ValueError:
        return False
    return text.isascii() and not text[:1].isspace()
