"""A sheet: the header and the rows of a CSV or Parquet file, all cells as text."""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from data_pipeline.dataset.table_checks import csv_lines, refuse_impostor
from data_pipeline.files.safe_open import read_bytes
from data_pipeline.system.errors import DataError, first_line, quote_short, shorten

CSV, PARQUET = ".csv", ".parquet"
_UNKNOWN = ("", "na", "nan", "<na>", "null")
"""Lower-case cells of an unknown value."""
_LISTED = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row; ``number`` counts from 1, the header of a CSV included."""

    path: Path
    number: int
    cells: Mapping[str, str]

    @property
    def place(self) -> str:
        """The file's name and the row."""
        return f"{self.path.name} row {self.number}"

    def text(self, column: str | None) -> str | None:
        """Returns a cell; ``None`` if it is empty, unknown or of no column."""
        value = "" if column is None else self.cells[column].strip()
        return None if value.casefold() in _UNKNOWN else value

    def wrong(
        self, column: str, rule: str, way_out: str = "correct the cell"
    ) -> DataError:
        """Returns the error of a cell."""
        return DataError(
            f"{self.path} row {self.number}, column {quote_short(column)[1:-1]}: "
            f"{rule}, found {quote_short(self.cells[column].strip())}; {way_out}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The columns of a file, in order, and its rows."""

    path: Path
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def is_sheet(path: Path) -> bool:
    """Returns whether a file has the ending of a table."""
    return path.is_file() and path.suffix.lower() in (CSV, PARQUET)


def read_sheet(path: Path) -> Sheet:
    """Reads a file; DataError if it is not a table with rows."""
    lines = _parquet(path) if path.suffix.lower() == PARQUET else _csv(path)
    header = [name.strip() for name in next(lines, (0, []))[1]]
    if not any(header):
        raise DataError(f"{path}: the table is empty; its first line names the columns")
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice:
        raise DataError(
            f"{path} row 1: {listed(twice)} names two columns; rename one of them"
        )
    rows = tuple(_row(path, number, header, cells) for number, cells in lines)
    if not rows:
        raise DataError(f"{path}: the table has a header but no rows; add rows")
    return Sheet(path=path, columns=tuple(filter(None, header)), rows=rows)


def listed(names: list[str] | tuple[str, ...]) -> str:
    """Lists the first names, each shortened."""
    more = ", ..." if len(names) > _LISTED else ""
    return ", ".join(shorten(name, most=60) for name in names[:_LISTED]) + more


def _row(path: Path, number: int, header: list[str], cells: list[str]) -> Row:
    if len(cells) != len(header):
        raise DataError(
            f"{path} row {number}: the header has {len(header)} columns, found "
            f"{len(cells)} cells; correct the row (a comma in a cell needs quotes)"
        )
    return Row(path=path, number=number, cells=dict(zip(header, cells, strict=True)))


def _csv(path: Path) -> Iterator[tuple[int, list[str]]]:
    return csv_lines(path, unit="row")


def _parquet(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yields the header as row 1, then the rows; pyarrow comes with Ray."""
    try:
        content = read_bytes(path)
    except OSError as error:
        raise DataError(f"{path}: the file cannot be read ({error.strerror})") from None
    refuse_impostor(path, content)
    try:
        reader: Any = import_module("pyarrow.parquet")
    except ImportError:
        raise DataError(
            f"{path}: Parquet files need pyarrow; run pip install pyarrow, or save "
            "the table as CSV"
        ) from None
    try:
        columns = reader.read_table(io.BytesIO(content)).to_pydict()
    except (OSError, ValueError) as error:  # ArrowInvalid is a ValueError
        raise DataError(
            f"{path}: not a Parquet table ({shorten(first_line(error), most=200)}); "
            "write it again, or save it as CSV"
        ) from None
    yield 1, list(columns)
    for number, cells in enumerate(zip(*columns.values(), strict=True), start=2):
        yield number, list(map(_cell, cells))


def _cell(value: object) -> str:
    """Writes a value of Parquet as CSV does; a whole float is a whole number."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
