"""Reads who the subjects are: a CSV of ``subject,sex,age,ethnicity``."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data_pipeline.check_table import read_text
from data_pipeline.errors import DataError

COLUMNS = ("subject", "sex", "age", "ethnicity")
OLDEST = 120

BANDS: tuple[tuple[int, str], ...] = (
    (18, "under 18"),
    (25, "18 to 24"),
    (35, "25 to 34"),
    (45, "35 to 44"),
    (55, "45 to 54"),
    (OLDEST + 1, "55 and over"),
)
"""Ages below the number, and not below an earlier one -> the name of the band."""

Person = dict[str, str | None]
"""Attribute (sex, age band, ethnicity) -> group; ``None`` where it is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demographics:
    """Subject -> person; ages are kept as bands alone."""

    people: dict[str, Person]
    attributes: tuple[str, ...] = ("sex", "age", "ethnicity")


def read_demographics(path: Path) -> Demographics:
    """Reads and checks the table.

    Args:
        path: a CSV with a header, its columns in any order; an empty cell is unknown.

    Returns:
        One person for each row.

    Raises:
        DataError: a column or value is wrong; the message names row and column.
    """
    rows = list(csv.reader(io.StringIO(read_text(path), newline="")))
    header = [name.strip().lower() for name in rows[0]] if rows else []
    if sorted(header) != sorted(COLUMNS):
        raise DataError(
            f"{path} row 1: the columns are {','.join(COLUMNS)}, in any order; found "
            f"{','.join(header) or 'an empty file'}; correct the header"
        )
    people: dict[str, Person] = {}
    first: dict[str, int] = {}
    for number, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        subject, person = _person(f"{path} row {number}", header, row)
        if subject in people:
            raise DataError(
                f"{path} row {number} column subject: {subject} stands in row "
                f"{first[subject]} already; remove one of the two rows"
            )
        people[subject], first[subject] = person, number
    if not people:
        raise DataError(f"{path}: there is a header and no row; add one a subject")
    return Demographics(people=people)


def _person(
    place: str, header: Sequence[str], row: Sequence[str]
) -> tuple[str, Person]:
    if len(row) != len(header):
        raise DataError(
            f"{place}: {len(header)} cells are expected, found {len(row)}; quote a "
            "value that has a comma in it"
        )
    cells = {name: cell.strip() for name, cell in zip(header, row, strict=True)}
    if not cells["subject"]:
        raise DataError(f"{place} column subject: is empty; name the subject")
    return cells["subject"], {
        "sex": cells["sex"].lower() or None,
        "age": _band(place, cells["age"]),
        "ethnicity": cells["ethnicity"] or None,
    }


def _band(place: str, text: str) -> str | None:
    if not text:
        return None
    try:
        age = float(text)
    except ValueError:
        age = -1.0
    if not 0 <= age <= OLDEST:
        raise DataError(
            f"{place} column age: a number of years from 0 to {OLDEST} or empty, found "
            f"{text!r}"
        )
    return next(name for limit, name in BANDS if age < limit)
