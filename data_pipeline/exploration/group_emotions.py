"""Whether groups of subjects show other emotions: Cramer's V, and what chance gives."""

from dataclasses import dataclass

import numpy as np

from data_pipeline.exploration.associations import cramers_v, crosstab
from data_pipeline.exploration.demographics import Demographics
from data_pipeline.exploration.groups import Groups
from data_pipeline.exploration.labelled import Array, Level
from data_pipeline.samples import SampleTable
from data_pipeline.seeds import child_seed

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
