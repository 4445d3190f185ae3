"""Emotion labels of a table as distributions over the classes of one level."""

from typing import Any

import numpy as np

from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.labels.labels import (
    EMOTION_LEVELS,
    FERPLUS_EMOTIONS,
    OWN_WORDS,
    VOTED,
    Emotion,
    emotion_classes,
)
from data_pipeline.labels.votes import RULES, SELF_SCORED, vote_distributions
from data_pipeline.system.errors import DataError

Array = np.ndarray[Any, Any]
Labels = tuple[Array, Array, tuple[str, ...]]
"""Distributions (N, E), the mask of labelled rows (N,), the names of the classes."""

_ORDER = list(Emotion)

DEFAULT_RULE = "majority"
WHOLE = "distribution"

LEARNING_MODES = {"probability": "sampled", "multi_target": "multi_target"}
"""Rules whose distribution is not the target itself. Source: microsoft/FERPlus."""


def read_emotion(
    table: SampleTable, level: str, rule: str | None, *, required: bool
) -> Labels:
    """Turns emotions, or votes for them, into distributions; unlabelled rows are zero.

    ``level`` is a key of ``EMOTION_LEVELS``, ``OWN_WORDS``, or ``VOTED`` with a
    ``rule`` (by default ``DEFAULT_RULE``). ``required`` refuses a table without any
    label.
    """
    known = (*EMOTION_LEVELS, VOTED, OWN_WORDS)
    if level not in known:
        raise DataError(
            f"[data] emotions is one of {', '.join(known)}, found {level!r}"
        )
    labels = (
        _voted(table, rule or DEFAULT_RULE)
        if level == VOTED
        else _emotion(table, level)
    )
    if required:
        _check_any(table, level, labels)
    return labels


def no_emotion(rows: int) -> Labels:
    """Returns empty labels of ``rows`` rows, for studies without emotions."""
    return np.zeros((rows, 0), np.float32), np.zeros(rows, bool), ()


def learning_mode(level: str, rule: str | None) -> str:
    """Returns how training uses a distribution; see ``Targets.learning_mode``."""
    return LEARNING_MODES.get(rule or "", WHOLE) if level == VOTED else WHOLE


def _check_any(table: SampleTable, level: str, labels: Labels) -> None:
    shares, labelled, _ = labels
    if not labelled.any():
        raise DataError(_no_such_emotion(table, level))
    if level == "basic_neutral" and not shares[:, 0].any():
        raise DataError(
            f'{table.root}: [data] emotions = "basic_neutral" needs neutral faces, '
            'and there are none; use emotions = "basic", or neutral = "first" '
            "with the official CK+ tree"
        )


def _emotion(table: SampleTable, level: str) -> Labels:
    column, names = emotion_classes(level, table.words)
    labels = table.frame[column].to_numpy(dtype=object)
    one_hot = labels[:, None] == np.array(names, dtype=object)[None, :]
    mask = one_hot.any(axis=1)
    return one_hot.astype(np.float32), mask, names


def _voted(table: SampleTable, rule: str) -> Labels:
    """Applies a rule to votes; the classes are in the order of ``Emotion``."""
    names = tuple(map(str, _ORDER))
    if rule not in RULES:
        raise DataError(f"[data] labels is one of {', '.join(RULES)}, found {rule!r}")
    if not table.votes:
        none = np.zeros((len(table), len(names)), np.float32)
        return none, np.zeros(len(table), bool), names
    shares, kept = vote_distributions(table.vote_counts(), rule)
    columns = [FERPLUS_EMOTIONS.index(emotion) for emotion in _ORDER]
    return shares[:, columns], kept, names


def scored_rule(labels: str | None) -> str:
    """Returns the rule of the labels that validation and test rows are scored by.

    Args:
        labels: the rule of the training labels; ``None`` is ``"majority"``.

    Returns:
        ``"argmax"`` and ``"strict"`` themselves, and ``"majority"`` for all others, so
        that studies of different rules can be compared.
    """
    return labels if labels in SELF_SCORED else DEFAULT_RULE


def _no_such_emotion(table: SampleTable, level: str) -> str:
    if level == VOTED:
        return (
            f"{table.root}: the data (read as {table.source}) have no votes that agree "
            f'on an emotion, but [data] has emotions = "{VOTED}"; use "basic" or '
            '"high_level", or read FER+'
        )
    if level == OWN_WORDS:
        return (
            f"{table.root}: the data (read as {table.source}) have no emotion in any "
            "row, but [data] targets requests it; map its column in [data.columns] "
            'emotion = "COLUMN", or use other targets'
        )
    other = _level_with_labels(table)
    if other is not None:
        remedy = f'use emotions = "{other}", which these data have'
    else:
        remedy = 'use targets = ["action_units"], or read data with emotion labels'
    return (
        f"{table.root}: the data (read as {table.source}) have no {level} emotion "
        f"labels, but [data] requests them; {remedy}"
    )


def _level_with_labels(table: SampleTable) -> str | None:
    if table.votes:
        return VOTED
    own = table.source.removesuffix("_csv")
    if own in EMOTION_LEVELS and bool(table.frame["emotion"].notna().any()):
        return own
    for level, (column, _) in EMOTION_LEVELS.items():
        if bool(table.frame[column].notna().any()):
            return level
    return None
