"""A sheet: the header and the rows of a CSV or Parquet file, all cells as text."""

import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import Any

from data_pipeline.dataset.table_checks import (
    Dialect,
    csv_lines,
    read_text,
    refuse_impostor,
)
from data_pipeline.files.safe_open import read_bytes
from data_pipeline.system.errors import DataError, first_line, quote_short, shorten

PARQUET = ".parquet"
ENDINGS = (".csv", ".tsv", PARQUET)
"""Endings of a file that is taken for a table; a file that is named may have others."""
UNKNOWN = frozenset(("", "na", "nan", "<na>", "null"))
"""Lower-case cells of an unknown value."""
_LISTED = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row; ``number`` counts from 1, the header of a CSV included.

    ``missing`` are cells, in lower case, that mean an unknown value.
    """

    path: Path
    number: int
    cells: Mapping[str, str]
    missing: frozenset[str] = UNKNOWN

    @property
    def place(self) -> str:
        """The file's name and the row."""
        return f"{self.path.name} row {self.number}"

    def text(self, column: str | None) -> str | None:
        """Returns a cell; ``None`` if it is empty, unknown or of no column."""
        value = self.cells.get(column or "", "").strip()
        return None if value.casefold() in self.missing else value

    def renamed(self, spelling: Callable[[str], str]) -> "Row":
        """Returns the row with the names of its columns in another spelling."""
        return replace(
            self, cells={spelling(k): cell for k, cell in self.cells.items()}
        )

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
    return path.is_file() and path.suffix.lower() in ENDINGS


def read_sheet(
    path: Path,
    *,
    separator: str | None = None,
    header: bool = True,
    missing: Iterable[str] = (),
) -> Sheet:
    """Reads a file; DataError if it is not a table with rows.

    Args:
        path: the file; one that does not end in .parquet is text.
        separator: what separates cells; by default the comma, or a semicolon or tab
            that the first line has in its place.
        header: whether the first row names the columns; if not, they are 1, 2, ...
        missing: more cells that mean an unknown value.
    """
    if path.suffix.lower() == PARQUET:
        lines = _parquet(path)
    else:
        lines = csv_lines(path, unit="row", dialect=_dialect(path, separator))
    first = next(lines, (0, []))
    if not header:
        lines = chain([first], lines)
        first = 0, [str(number) for number, _ in enumerate(first[1], start=1)]
    columns = [name.strip() for name in first[1]]
    _check_header(path, columns)
    unknown = UNKNOWN | {cell.strip().casefold() for cell in missing}
    rows = tuple(_row(path, columns, line, unknown) for line in lines)
    if not rows:
        raise DataError(f"{path}: the table has a header but no rows; add rows")
    return Sheet(path=path, columns=tuple(filter(None, columns)), rows=rows)


def _check_header(path: Path, columns: list[str]) -> None:
    if not any(columns):
        raise DataError(f"{path}: the table is empty; its first line names the columns")
    twice = sorted({name for name in columns if name and columns.count(name) > 1})
    if twice:
        raise DataError(
            f"{path} row 1: {listed(twice)} names two columns; rename one of them, or "
            "set [data] header = false if the first row is no header"
        )


def listed(names: Sequence[str]) -> str:
    """Lists the first names, each shortened."""
    more = ", ..." if len(names) > _LISTED else ""
    return ", ".join(shorten(name, most=60) for name in names[:_LISTED]) + more


def _row(
    path: Path, columns: list[str], line: tuple[int, list[str]], missing: frozenset[str]
) -> Row:
    number, cells = line
    if len(cells) != len(columns):
        raise DataError(
            f"{path} row {number}: the first row has {len(columns)} columns, found "
            f"{len(cells)} cells; correct the row (a comma in a cell needs quotes), or "
            "set [data] separator"
        )
    named = dict(zip(columns, cells, strict=True))
    return Row(path=path, number=number, cells=named, missing=missing)


def _dialect(path: Path, separator: str | None) -> Dialect:
    """Finds what separates and quotes the cells in the first line of a file.

    A comma separates them, or else a semicolon or a tab; one quotation mark is as good
    as the other.
    """
    line = next((line for line in read_text(path).splitlines() if line.strip()), "")
    found = separator or max(",;\t", key=line.count)
    quotes = re.findall(rf"(?:^|{re.escape(found)})\s*([\"'])", line)
    return Dialect(separator=found, quote="'" if set(quotes) == {"'"} else '"')


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
