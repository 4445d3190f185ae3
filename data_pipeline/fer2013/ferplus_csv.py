"""The two tables of FER+ votes: ``fer2013new.csv`` and a folder's ``label.csv``.

Source: microsoft/FERPlus. They are two releases of the annotation: 1,602 rows have
different votes, so a tree is read with one of them only.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data_pipeline.dataset.table_checks import csv_lines
from data_pipeline.files.numerals import parse_whole
from data_pipeline.labels.labels import FERPLUS_PARTITIONS, FERPLUS_VOTES
from data_pipeline.system.errors import DataError, quote_short

HEADER = ("Usage", "Image name", *FERPLUS_VOTES)
BOX = "(0, 0, 48, 48)"
"""The face box of every row of ``label.csv``: left, top, right, bottom."""

TAGGERS = 10
"""Taggers per image: the upper bound of every count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Voted:
    """One row of votes; ``line`` counts from 1, as editors do.

    ``name`` is the image's file name, or ``None`` if empty; ``usage`` is FER2013's name
    of the part, or ``None`` in a table without this column.
    """

    line: int
    usage: str | None
    name: str | None
    votes: tuple[int, ...]


NAME = re.compile(r"\w[\w .-]*", re.ASCII)
"""Valid image names: safe as a file name, and never a spreadsheet formula."""


def read_ferplus(path: Path) -> list[Voted]:
    """Reads ``fer2013new.csv``: one row for each row of ``fer2013.csv``, in its order.

    Rows correspond by position only: the numbers in the names lag behind the rows.
    """
    lines = csv_lines(path)
    _, header = next(lines, (1, []))
    if tuple(cell.strip() for cell in header) != HEADER:
        raise DataError(
            f"{path} line 1: the header is {','.join(HEADER)}, found "
            f"{quote_short(','.join(header), 120)}; take fer2013new.csv of "
            "github.com/microsoft/FERPlus as it is"
        )
    rows = [_voted(path, number, cells) for number, cells in lines]
    if not rows:
        raise DataError(f"{path}: the table has a header but no rows; restore the file")
    return rows


def read_label_csv(path: Path) -> list[Voted]:
    """Reads a ``label.csv``, without header: name, face box and ten counts a row."""
    rows = []
    for number, cells in csv_lines(path):
        if len(cells) != len(HEADER) or cells[1].strip() != BOX:
            raise DataError(
                f'{path} line {number}: a row is NAME,"{BOX}" '
                f"and {len(FERPLUS_VOTES)} counts, found "
                f"{quote_short(','.join(cells), 90)}; restore the file"
            )
        name = cells[0].strip()
        if not name:
            raise _wrong(path, number, "an image needs a name", name)
        votes = _votes(path, number, cells[2:])
        rows.append(Voted(line=number, usage=None, name=name, votes=votes))
    if not rows:
        raise DataError(f"{path}: the table is empty; restore the file")
    return rows


def label_csv(rows: Sequence[tuple[str, Sequence[int]]]) -> bytes:
    """Formats a ``label.csv`` from file names and their ten counts."""
    lines = [f'{name},"{BOX}",{",".join(map(str, votes))}\n' for name, votes in rows]
    return "".join(lines).encode("ascii")


def _voted(path: Path, number: int, cells: list[str]) -> Voted:
    if len(cells) != len(HEADER):
        raise _wrong(path, number, f"a row has {len(HEADER)} cells", ",".join(cells))
    usage, name = cells[0].strip(), cells[1].strip()
    if usage not in FERPLUS_PARTITIONS:
        partitions = ", ".join(FERPLUS_PARTITIONS)
        raise _wrong(path, number, f"the Usage is one of {partitions}", usage)
    if name and not NAME.fullmatch(name):
        raise _wrong(
            path, number, "an image name is a file name like fer0000000.png", name
        )
    votes = _votes(path, number, cells[2:])
    return Voted(line=number, usage=usage, name=name or None, votes=votes)


def _votes(path: Path, number: int, cells: list[str]) -> tuple[int, ...]:
    try:
        votes = tuple(parse_whole(cell) for cell in cells)
    except ValueError:
        votes = (-1,)
    if min(votes) < 0 or not 0 < sum(votes) <= TAGGERS:
        rule = f"votes are counts that add up to {TAGGERS} or fewer"
        raise _wrong(path, number, rule, ",".join(cells))
    return votes


def _wrong(path: Path, number: int, rule: str, found: str) -> DataError:
    return DataError(
        f"{path} line {number}: {rule}, found {quote_short(found, 90)}; "
        "restore the file"
    )
