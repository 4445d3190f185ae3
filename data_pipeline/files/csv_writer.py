"""CSV tables without formulas and control characters."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from typing import TextIO

from data_pipeline.system.terminal import escape_controls

_WIDE = ("\uff1d", "\uff0b", "\uff0d", "\uff20")  # the same signs, as wide as Chinese
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", *_WIDE)
"""Beginnings of cells that a spreadsheet may compute.

Source: OWASP, "CSV Injection".
"""


class CsvTable:
    """A table with a header, written row by row."""

    def __init__(self, file: TextIO, names: Sequence[str]) -> None:
        """Writes the header to a file opened with ``newline=""``."""
        self._names = tuple(names)
        self._writer = csv.writer(file, lineterminator="\n")
        self._writer.writerow(map(escape_cell, self._names))

    def add(self, row: Mapping[str, object]) -> None:
        """Writes a row; a missing column or ``None`` becomes an empty cell."""
        self._writer.writerow([escape_cell(row.get(name, "")) for name in self._names])

    def add_all(self, rows: Iterable[Sequence[object]]) -> None:
        """Writes rows of cells in the order of the header."""
        self._writer.writerows([escape_cell(value) for value in row] for row in rows)


def escape_cell(value: object) -> object:
    """Puts an apostrophe before text like a formula, and escapes control characters.

    Example:
        >>> [escape_cell(one) for one in ("happy", "=1+1", "-0.25", -0.25, "-x", None)]
        ['happy', "'=1+1", '-0.25', -0.25, "'-x", None]
    """
    if not isinstance(value, str):
        return value
    begins = value.startswith(FORMULA) and not _is_number(value)
    return f"'{escape_controls(value)}" if begins else escape_controls(value)


def _is_number(text: str) -> bool:
    """Returns whether a text is a number, such as -0.250000 or -1e-05."""
    try:
        float(text)
    except ValueError:
        return False
    return text.isascii() and not text[:1].isspace()
