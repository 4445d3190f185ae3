"""The votes that predictions are compared with, and what the bootstrap draws."""

from data_pipeline.dataset.config import DataConfig
from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.targets.emotion_labels import DEFAULT_RULE, VOTED, scored_rule
from data_pipeline.targets.targets import Targets, read_targets

SHARES = "crossentropy"
"""The rule that keeps the shares of the votes."""


def read_votes(data: DataConfig, table: SampleTable) -> Targets | None:
    """Reads how taggers voted, to be compared with what a model finds likely.

    Args:
        data: the study's section.
        table: rows of the opened hold-out.

    Returns:
        Distributions over the emotions, by the rule ``crossentropy``; ``None`` where
        the study uses no votes.
    """
    if not label_rules(data):
        return None
    return read_targets(
        table, wanted=("emotion",), emotions=VOTED, labels=SHARES, required=False
    )


def label_rules(data: DataConfig) -> dict[str, dict[str, str]]:
    """Names the rules that make labels of votes, for reports.

    Returns:
        ``labels`` with the rule that is trained and the one that is scored; nothing
        where the study uses no votes.

    Example:
        >>> label_rules(
        ...     DataConfig(dataset="ckplus", targets=["emotion"], image_size=48)
        ... )
        {}
    """
    if data.emotions != VOTED or "emotion" not in data.targets:
        return {}
    scored = scored_rule(data.labels)
    return {"labels": {"trained": data.labels or DEFAULT_RULE, "scored": scored}}


def clusters(table: SampleTable) -> list[str]:
    """Lists what the bootstrap draws: each row's subject, or else the image itself."""
    subjects = table.frame["subject"]
    return list(subjects.where(subjects.notna(), table.frame["image"]))
