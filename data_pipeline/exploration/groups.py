"""Groups of subjects that are large enough to be told of."""

from collections import Counter
from dataclasses import dataclass

from data_pipeline.exploration.demographics import Demographics

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
