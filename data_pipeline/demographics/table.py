"""Who the subjects are: a CSV of ``subject,sex,age,ethnicity``."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.dataset.table_checks import csv_lines
from data_pipeline.files.numerals import parse_number
from data_pipeline.system.errors import DataError, quote_short

ATTRIBUTES = ("sex", "age", "ethnicity")
COLUMNS = ("subject", *ATTRIBUTES)
OLDEST = 120

BANDS: tuple[tuple[int, str], ...] = (
    (18, "under 18"),
    (25, "18 to 24"),
    (35, "25 to 34"),
    (45, "35 to 44"),
    (55, "45 to 54"),
    (OLDEST + 1, "55 and over"),
)
"""Upper limit of an age band, not included -> its name."""

Person = dict[str, str | None]
"""Attribute (sex, age band, ethnicity) -> group; ``None`` where it is unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demographics:
    """Subject -> person; of ages, only the bands are kept.

    ``missing`` counts the subjects of the data that have no row.
    """

    people: dict[str, Person]
    missing: int = 0
    attributes: tuple[str, ...] = ATTRIBUTES

    def joined(self, subjects: Mapping[str, str]) -> "Demographics":
        """Renames people by a study's aliases; a person's own row wins."""
        own = {who: row for who, row in self.people.items() if who not in subjects}
        renamed = {subjects.get(who, who): row for who, row in self.people.items()}
        return replace(self, people=renamed | own)

    def only(self, subjects: Collection[str]) -> "Demographics":
        """Keeps the people who are among these subjects."""
        kept = {who: row for who, row in self.people.items() if who in subjects}
        return replace(self, people=kept)


def read_demographics(path: Path) -> Demographics:
    """Reads and checks the CSV; columns in any order, an empty cell is unknown."""
    lines = csv_lines(path, unit="row")
    header = [name.strip().lower() for name in next(lines, (0, []))[1]]
    if sorted(header) != sorted(COLUMNS):
        raise DataError(
            f"{path} row 1: the columns must be {','.join(COLUMNS)}, in any order; "
            f"found {','.join(header) or 'an empty file'}; correct the header"
        )
    people: dict[str, Person] = {}
    first: dict[str, int] = {}
    for place, row in lines:
        subject, person = _person(f"{path} row {place}", header, row)
        if subject in people:
            raise DataError(
                f"{path} row {place} column subject: {subject} is already in row "
                f"{first[subject]}; remove one of the two rows"
            )
        people[subject], first[subject] = person, place
    if not people:
        raise DataError(f"{path}: no rows after the header; add one for each subject")
    return Demographics(people=people)


def _person(
    place: str, header: Sequence[str], row: Sequence[str]
) -> tuple[str, Person]:
    if len(row) != len(header):
        raise DataError(
            f"{place}: expected {len(header)} cells, found {len(row)}; quote a value "
            "that contains a comma"
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
        age = parse_number(text)
    except ValueError:
        age = -1.0
    if not 0 <= age <= OLDEST:
        raise DataError(
            f"{place} column age: must be years from 0 to {OLDEST} or empty, found "
            f"{quote_short(text)}"
        )
    return next(name for limit, name in BANDS if age < limit)


def beside(root: Path, name: str) -> Path:
    """Returns the path of a study's ``demographics``, relative to its data."""
    return (root.parent if root.is_file() else root) / name


def people_of(
    table: SampleTable, path: Path, aliases: Mapping[str, str]
) -> Demographics:
    """Reads the demographics of a table's subjects.

    Args:
        table: the table, with merged subjects.
        path: the CSV.
        aliases: the study's other ids of them.

    Raises:
        DataError: the file is wrong, or names no subject of the table.
    """
    subjects = set(table.frame["subject"].dropna())
    if not subjects:
        raise DataError(
            f"[data] demographics: {path} is about subjects, and the data in "
            f"{table.root} name none; remove the key"
        )
    everyone = read_demographics(path).joined(aliases)
    found = everyone.only(subjects)
    if not found.people:
        first, named = min(everyone.people), min(subjects)
        raise DataError(
            f"{path}: names no subject of the data in {table.root}, for example "
            f"{first}, and the data name for example {named}; write the ids of the data"
        )
    return replace(found, missing=len(subjects - found.people.keys()))
