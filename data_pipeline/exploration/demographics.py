"""Reads who the subjects are: a CSV of ``subject,sex,age,ethnicity``."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.dataset.table_checks import csv_lines
from data_pipeline.exploration.associations import cramers_v, crosstab
from data_pipeline.exploration.labelled import Array, Level
from data_pipeline.files.numerals import number, shortened
from data_pipeline.system.errors import DataError
from data_pipeline.system.seeds import child_seed

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


LEAST = 5
"""A smaller group is not shown: its members could be known by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group and its number of subjects, at least ``LEAST``."""

    name: str
    subjects: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """The groups of one attribute that may be told of, and the names of the others."""

    attribute: str
    shown: tuple[Group, ...]
    withheld: tuple[str, ...]


def groups(people: Demographics, attribute: str) -> Groups:
    """Counts the groups of an attribute, withholding the small ones.

    A single small group could be computed from a total: then the next smallest is
    withheld too.

    Args:
        people: the subjects.
        attribute: ``sex``, ``age`` or ``ethnicity``.

    Returns:
        The groups, the largest first.
    """
    counts = Counter(
        group for person in people.people.values() if (group := person[attribute])
    )
    order = sorted(counts, key=lambda name: (-counts[name], name))
    withheld = [name for name in order if counts[name] < LEAST]
    shown = [name for name in order if counts[name] >= LEAST]
    while withheld and shown and _computable(withheld, counts):
        withheld.insert(0, shown.pop())
    return Groups(
        attribute=attribute,
        shown=tuple(Group(name=name, subjects=counts[name]) for name in shown),
        withheld=tuple(withheld),
    )


def _computable(withheld: list[str], counts: "Counter[str]") -> bool:
    return len(withheld) == 1 or sum(counts[name] for name in withheld) < LEAST


EXCHANGES = 500
"""Random exchanges of groups between subjects."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Association:
    """How groups and emotions go together.

    Attributes:
        attribute: what groups the subjects.
        groups: names of the rows of ``table``.
        table: shape (G, E), images of each group and class.
        subjects: who is in a group and has a label.
        plain: Cramer's V, in [0, 1] or NaN.
        corrected: the same with Bergsma's correction.
        chance: 95th percentile of ``corrected`` where groups are exchanged.
    """

    attribute: str
    groups: tuple[str, ...]
    table: Array
    subjects: int
    plain: float
    corrected: float
    chance: float

    @property
    def images(self) -> int:
        """Images behind it."""
        return int(self.table.sum())


def associate(
    table: SampleTable, people: Demographics, parted: Groups, level: Level
) -> Association | None:
    """Relates the groups that may be told of to a level of emotions.

    Args:
        table: the development rows.
        people: their subjects.
        parted: the groups; withheld ones are not compared either.
        level: the emotions of the rows.

    Returns:
        The association; ``None`` where there are not two groups, or no images.
    """
    names = tuple(group.name for group in parted.shown)
    subjects, of_row = np.unique(
        table.frame["subject"].fillna("").to_numpy(dtype=str), return_inverse=True
    )
    codes = np.array([_code(people, who, parted.attribute, names) for who in subjects])
    shape = (len(names), len(level.classes))
    counts = crosstab(codes[of_row], level.codes, shape)
    if len(names) < 2 or not counts.any():  # noqa: PLR2004 - nothing to compare
        return None
    labelled = np.unique(of_row[(codes[of_row] >= 0) & (level.codes >= 0)])
    each = np.zeros((len(subjects), len(level.classes)), np.int64)
    np.add.at(each, (of_row[level.codes >= 0], level.codes[level.codes >= 0]), 1)
    return Association(
        attribute=parted.attribute,
        groups=names,
        table=counts,
        subjects=len(labelled),
        plain=cramers_v(counts, corrected=False),
        corrected=cramers_v(counts, corrected=True),
        chance=_by_chance(codes, each, len(names)),
    )


def _code(
    people: Demographics, subject: str, attribute: str, names: tuple[str, ...]
) -> int:
    group = people.people.get(subject, {}).get(attribute)
    return names.index(group) if group in names else -1


def _by_chance(codes: Array, each: Array, number: int) -> float:
    """Exchanges the groups between subjects: their own images stay together."""
    inside = codes >= 0
    member = (codes[inside][:, None] == np.arange(number)).astype(np.int64)
    keys = np.random.PCG64(child_seed(1, "exchanges")).random_raw(
        EXCHANGES * len(member)
    )
    orders = np.argsort(keys.reshape(EXCHANGES, -1), axis=1, kind="stable")
    values = [
        cramers_v(member[order].T @ each[inside], corrected=True) for order in orders
    ]
    return float(np.percentile(values, 95))
