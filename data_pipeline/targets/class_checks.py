"""Classes of a study without labels in the data, and labels without a class."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from data_pipeline.config.data_config import DataConfig
from data_pipeline.dataset.problems import Check, Problem
from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.labels.labels import VOTED, Emotion, emotion_classes
from data_pipeline.targets.emotion_labels import read_emotion, scored_rule

Array = np.ndarray[Any, Any]

MASKED: dict[str, frozenset[str]] = {"affectnet7": frozenset({str(Emotion.CONTEMPT)})}
"""Levels -> emotions of their data set that they leave out on purpose."""


def class_problems(table: SampleTable, data: DataConfig) -> tuple[Problem, ...]:
    """Compares the classes of a study with the labels of its data.

    Args:
        table: the whole table.
        data: the study's section.

    Returns:
        A problem for each class that is absent, from the data or from a published part,
        and for each label that is not a class of the study. None if emotion is not a
        target, or if there is no label at all, which ``read_targets`` refuses.
    """
    emotions = data.level
    if "emotion" not in data.targets:
        return ()
    rule = scored_rule(data.labels) if emotions == VOTED else None
    shares, labelled, names = read_emotion(table, emotions, rule, required=False)
    if not labelled.any():
        return ()
    has = shares > 0
    found = [*_absent(has, names), *_partly(table, has, names)]
    if emotions != VOTED:
        ignored = MASKED.get(emotions, frozenset())
        if data.neutral != "none":  # wanted for the action units
            ignored |= {str(Emotion.NEUTRAL)}
        found += _foreign(table, emotions, ignored)
    where = f'[data] emotions = "{emotions}"'
    return tuple(
        Problem(check=Check.CLASS, where=where, message=text) for text in found
    )


def _absent(has: Array, names: tuple[str, ...]) -> Iterator[str]:
    for name, column in zip(names, has.T, strict=True):
        if not column.any():
            yield f"the class {name} occurs nowhere in the data"


def _partly(table: SampleTable, has: Array, names: tuple[str, ...]) -> Iterator[str]:
    """Yields classes that are present in some published parts only."""
    partition = table.frame["partition"]
    parts = sorted(partition.dropna().unique())
    for name, column in zip(names, has.T, strict=True):
        lacking = [p for p in parts if not column[(partition == p).to_numpy()].any()]
        if lacking and column.any():
            there = ", ".join(part for part in parts if part not in lacking)
            yield f"the class {name} is in {there}, not in {', '.join(lacking)}"


def _foreign(
    table: SampleTable, emotions: str, ignored: frozenset[str]
) -> Iterator[str]:
    column, names = emotion_classes(emotions, table.words)
    counts = table.frame[column].value_counts()
    for label in sorted(set(counts.index) - {*names, *ignored}):
        yield (
            f"{counts[label]} images are labelled {label}, which is not a class of the "
            "study: they neither train nor test the emotions"
        )
