"""Targets that predictions are scored against, units of their intervals, and groups."""

import numpy as np

from data_pipeline.config.data_config import DataConfig
from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.demographics.groups import LEAST, groups_of_rows
from data_pipeline.demographics.table import Demographics
from data_pipeline.development import Development
from data_pipeline.labels.labels import VOTED
from data_pipeline.system.errors import StudyError
from data_pipeline.targets.emotion_labels import DEFAULT_RULE, scored_rule
from data_pipeline.targets.targets import Targets, read_targets
from search.study.study import Study

VOTE_SHARES = "crossentropy"
"""The label rule that keeps the shares of the votes."""


def read_votes(data: DataConfig, table: SampleTable) -> Targets | None:
    """Reads the vote distributions of hold-out rows; ``None`` without votes."""
    if not label_rules(data):
        return None
    return read_targets(
        table, wanted=("emotion",), emotions=VOTED, labels=VOTE_SHARES, required=False
    )


def label_rules(data: DataConfig) -> dict[str, dict[str, str]]:
    """Names the rules by which votes become labels, for reports; without votes, none.

    Example:
        >>> label_rules(
        ...     DataConfig(dataset="ckplus", targets=["emotion"], image_size=48)
        ... )
        {}
    """
    if data.level != VOTED or "emotion" not in data.targets:
        return {}
    scored = scored_rule(data.labels)
    return {"labels": {"trained": data.labels or DEFAULT_RULE, "scored": scored}}


def clusters(table: SampleTable, by: str = "subject") -> list[str]:
    """Lists what intervals leave out: each row's subject, or else its image.

    In a split by sequence it is the sequence.
    """
    groups = table.frame["sequence" if by == "sequence" else "subject"]
    return list(groups.where(groups.notna(), table.frame["image"]))


def units_of_intervals(table: SampleTable, by: str = "subject") -> str:
    """Names what ``clusters`` lists, in the plural."""
    if by == "sequence":
        return "sequences"
    return "subjects" if table.frame["subject"].notna().all() else "images"


def scoring_groups(
    study: Study, development: Development, people: Demographics | None
) -> np.ndarray | None:
    """Numbers the group of each development row, -1 for none.

    Returns ``None`` where all rows are scored together. A row whose subject's group is
    unknown is trained on, and counts for no group.

    Raises:
        StudyError: there are not two groups of enough validated subjects, or a group
            has fewer.
    """
    attribute = study.worst_group
    if attribute is None or people is None:
        return None
    parts, labelled = development.split, development.scoring_targets.labelled()
    group = groups_of_rows(parts.development, people, attribute)
    rows = np.unique(np.concatenate([fold.validation for fold in parts.folds]))
    subjects = parts.development.frame["subject"].to_numpy()
    members: dict[str, set[str]] = {}
    for row in rows[labelled[rows]]:
        if group[row]:
            members.setdefault(group[row], set()).add(subjects[row])
    names = sorted(members)
    small = [name for name in names if len(members[name]) < LEAST]
    if small or len(names) < 2:  # noqa: PLR2004 - nothing to compare
        found = ", ".join(f"{name} {len(members[name])}" for name in names) or "none"
        raise StudyError(
            f'[objective] worst_group: "{attribute}" needs two or more groups, each of '
            f"{LEAST} or more subjects that validate, found {found}; in "
            f"{study.data.demographics} join small groups or empty their cells, or "
            "remove the key"
        )
    return np.array([names.index(g) if g in names else -1 for g in group])
