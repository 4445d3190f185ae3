"""Reads who the subjects are: a CSV of ``subject,sex,age,ethnicity``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from data_pipeline.check_table import csv_lines
from data_pipeline.errors import DataError
from data_pipeline.numerals import number, shortened

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

    def joined(self, subjects: Mapping[str, str]) -> "Demographics":
        """Names people as a study does.

        Args:
            subjects: ids -> the id of the same person, whose own row comes first.
        """
        own = {who: row for who, row in self.people.items() if who not in subjects}
        renamed = {subjects.get(who, who): row for who, row in self.people.items()}
        return replace(self, people=renamed | own)


def read_demographics(path: Path) -> Demographics:
    """Reads and checks the table.

    Args:
        path: a CSV with a header, its columns in any order; an empty cell is unknown.

    Returns:
        One person for each row.

    Raises:
        DataError: a column or value is wrong; the message names row and column.
    """
    lines = csv_lines(path, unit="row")
    header = [name.strip().lower() for name in next(lines, (0, []))[1]]
    if sorted(header) != sorted(COLUMNS):
        raise DataError(
            f"{path} row 1: the columns are {','.join(COLUMNS)}, in any order; found "
            f"{','.join(header) or 'an empty file'}; correct the header"
        )
    people: dict[str, Person] = {}
    first: dict[str, int] = {}
    for place, row in lines:
        subject, person = _person(f"{path} row {place}", header, row)
        if subject in people:
            raise DataError(
                f"{path} row {place} column subject: {subject} stands in row "
                f"{first[subject]} already; remove one of the two rows"
            )
        people[subject], first[subject] = person, place
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
        age = number(text)
    except ValueError:
        age = -1.0
    if not 0 <= age <= OLDEST:
        raise DataError(
            f"{place} column age: a number of years from 0 to {OLDEST} or empty, found "
            f"{shortened(text)}"
        )
    return next(name for limit, name in BANDS if age < limit)
