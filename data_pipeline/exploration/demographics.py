"""Whether groups of people show other emotions than others."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.demographics.groups import Groups
from data_pipeline.demographics.table import Demographics
from data_pipeline.exploration.associations import cramers_v
from data_pipeline.exploration.labelled import Array, Level
from data_pipeline.system.seeds import child_seed, random_orders

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
