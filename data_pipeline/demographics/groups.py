"""Groups of subjects: those large enough to be shown, and each row's group."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.demographics.table import BANDS, Demographics

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


def ordered(parted: Groups) -> list[str]:
    """Lists the groups that may be shown: ages by age, all others by size.

    Example:
        >>> sizes = {"25 to 34": 9, "18 to 24": 7}
        >>> ordered(Groups(attribute="age", sizes=sizes, withheld=()))
        ['18 to 24', '25 to 34']
    """
    ages = [name for _, name in BANDS]
    place = {name: ages.index(name) for name in parted.sizes if name in ages}
    return sorted(
        parted.sizes, key=lambda name: (place.get(name, -1), -parted.sizes[name], name)
    )


def groups_of_rows(
    table: SampleTable, people: Demographics, attribute: str
) -> np.ndarray:
    """Returns each row's group of an attribute, ``""`` where it is unknown; (N,)."""
    group_of = {who: person[attribute] for who, person in people.people.items()}
    found = [group_of.get(subject) or "" for subject in table.frame["subject"]]
    return np.asarray(found, dtype=object)
