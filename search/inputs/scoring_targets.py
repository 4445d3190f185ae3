"""Targets that predictions are scored against, and the units of their intervals."""

from data_pipeline.dataset.config import DataConfig
from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.labels.labels import VOTED
from data_pipeline.targets.emotion_labels import DEFAULT_RULE, scored_rule
from data_pipeline.targets.targets import Targets, read_targets

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
