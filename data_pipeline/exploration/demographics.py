"""Who the subjects are (a CSV of ``subject,sex,age,ethnicity``), and what they show."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.dataset.table_checks import csv_lines
from data_pipeline.exploration.associations import cramers_v
from data_pipeline.exploration.labelled import Array, Level
from data_pipeline.files.numerals import parse_number
from data_pipeline.system.errors import DataError, quote_short
from data_pipeline.system.seeds import child_seed, random_orders

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
    """Subject -> person; of ages, only the bands are kept."""

    people: dict[str, Person]
    attributes: tuple[str, ...] = ATTRIBUTES

    def joined(self, subjects: Mapping[str, str]) -> "Demographics":
        """Renames people by a study's aliases; a person's own row wins."""
        own = {who: row for who, row in self.people.items() if who not in subjects}
        renamed = {subjects.get(who, who): row for who, row in self.people.items()}
        return replace(self, people=renamed | own)


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


LEAST = 5
"""A smaller group is not shown: its members could be identified."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """The groups of one attribute: sizes of those that may be shown, the largest first.

    The names of the others are ``withheld``.
    """

    attribute: str
    sizes: dict[str, int]
    withheld: tuple[str, ...]


def groups(people: Demographics, attribute: str) -> Groups:
    """Counts the groups of an attribute, withholding the small ones.

    A single small group could be computed from a total, so the next smallest is then
    withheld too.
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
        sizes={name: counts[name] for name in shown},
        withheld=tuple(withheld),
    )


def _computable(withheld: list[str], counts: "Counter[str]") -> bool:
    return len(withheld) == 1 or sum(counts[name] for name in withheld) < LEAST


PERMUTATIONS = 500
"""Random exchanges of groups between subjects."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Association:
    """How groups and emotions go together.

    ``table`` has shape (G, E): images of each group and class. ``subjects`` are those
    in a group with a labelled image. ``plain`` is Cramer's V, ``corrected`` the same
    with Bergsma's correction, ``chance`` the 95th percentile of ``corrected`` under
    permutation; each in [0, 1] or NaN.
    """

    table: Array
    subjects: int
    plain: float
    corrected: float
    chance: float


def associate(
    table: SampleTable, people: Demographics, parted: Groups, level: Level
) -> Association | None:
    """Relates the groups that may be shown to emotions, if there are two or more."""
    group_of = {who: own[parted.attribute] for who, own in people.people.items()}
    by_subject = pd.DataFrame(level.members).groupby(table.frame["subject"].to_numpy())
    every = by_subject.sum()
    inside = every[every.index.map(group_of).isin(parted.sizes)]
    images = inside.to_numpy(np.int64)
    members = np.equal.outer(inside.index.map(group_of), list(parted.sizes)).astype(int)
    counts = members.T @ images
    if len(parted.sizes) < 2 or not counts.any():  # noqa: PLR2004 - one group alone
        return None
    return Association(
        table=counts,
        subjects=int(images.any(axis=1).sum()),
        plain=cramers_v(counts, corrected=False),
        corrected=cramers_v(counts, corrected=True),
        chance=_by_chance(members, images),
    )


def _by_chance(members: Array, images: Array) -> float:
    """Exchanges groups between subjects, because the images of one person are alike."""
    orders = random_orders(child_seed(1, "exchanges"), PERMUTATIONS, len(members))
    values = [cramers_v(members[order].T @ images, corrected=True) for order in orders]
    return float(np.percentile(values, 95))
