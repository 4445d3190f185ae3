"""Targets: labels as arrays, with a mask wherever a label does not exist."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from data_pipeline.errors import DataError
from data_pipeline.labels import (
    BASIC_EMOTIONS,
    FER2013_EMOTIONS,
    FERPLUS_EMOTIONS,
    Emotion,
    HighLevelEmotion,
)
from data_pipeline.samples import SampleTable
from data_pipeline.votes import RULES, SCORED, distributions

Array = np.ndarray[Any, Any]

_ORDER = list(Emotion)

EMOTION_LEVELS: dict[str, tuple[str, tuple[str, ...]]] = {
    "high_level": ("high_level_emotion", tuple(map(str, HighLevelEmotion))),
    "basic": ("emotion", tuple(map(str, BASIC_EMOTIONS))),
    "basic_neutral": ("emotion", tuple(map(str, Emotion))),
    "fer2013": ("emotion", tuple(map(str, sorted(FER2013_EMOTIONS, key=_ORDER.index)))),
}
"""What a study calls a level -> the table's column and its classes, in order."""

VOTED = "ferplus"
"""The level of eight emotions whose labels are made of votes, by a rule."""

DEFAULT_RULE = "majority"

LEARNED: dict[str, str] = {"probability": "drawn", "multi_target": "several"}
"""Rules whose distributions are not learned whole. Source: microsoft/FERPlus."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Targets:
    """What a model is trained towards, row by row.

    Attributes:
        emotions: names of the classes; empty where emotion is no target.
        action_units: names of the AUs; empty where they are no target.
        emotion: shape (N, E), float32, one-hot or a distribution over classes; a
            masked row is zero.
        emotion_mask: shape (N,), bool; false where the emotion is unknown.
        action_unit: shape (N, U), float32, 0 or 1; 0 where masked.
        action_unit_mask: shape (N, U), bool; false where the AU is unknown.
        learned: what training makes of a distribution: ``"whole"`` learns all of it,
            ``"drawn"`` one class of it, drawn anew each epoch, and ``"several"`` is
            content with any class that has a share.
    """

    emotions: tuple[str, ...]
    action_units: tuple[str, ...]
    emotion: Array
    emotion_mask: Array
    action_unit: Array
    action_unit_mask: Array
    learned: str = "whole"

    def __len__(self) -> int:
        """Counts the rows."""
        return len(self.emotion_mask)

    def take(self, rows: Array) -> "Targets":
        """Selects rows by position.

        Args:
            rows: positions from 0, or one boolean for each row.

        Returns:
            Targets of these rows in this order.
        """
        return Targets(
            emotions=self.emotions,
            action_units=self.action_units,
            emotion=self.emotion[rows],
            emotion_mask=self.emotion_mask[rows],
            action_unit=self.action_unit[rows],
            action_unit_mask=self.action_unit_mask[rows],
            learned=self.learned,
        )


def read_targets(
    table: SampleTable,
    *,
    wanted: tuple[str, ...],
    emotions: str,
    labels: str | None = None,
    required: bool = True,
) -> Targets:
    """Turns a table's labels into arrays.

    The classes depend on ``emotions`` alone and the AUs on the table's columns, so
    that parts of one table have targets of one shape. A label outside the classes
    (neutral has no high-level class and is none of the seven) is masked.

    Args:
        table: the table whose rows are wanted.
        wanted: ``"emotion"``, ``"action_units"`` or both.
        emotions: ``"high_level"`` (3 classes), ``"basic"`` (7 classes),
            ``"basic_neutral"`` (8 classes), ``"fer2013"`` (those without contempt) or
            ``"ferplus"`` (8 classes, of votes).
        labels: the rule that makes labels of votes; none is ``"majority"``.
        required: refuses a table without any label for a wanted target; false for a
            part of a table, which may lack one that the whole has.

    Returns:
        One row for each row of the table.

    Raises:
        DataError: the table has no label at all for a wanted target.
    """
    _check_wanted(wanted, emotions)
    emotion, emotion_mask, names = _no_emotion(len(table))
    if "emotion" in wanted:
        emotion, emotion_mask, names = (
            _voted(table, labels or DEFAULT_RULE)
            if emotions == VOTED
            else _emotion(table, emotions)
        )
        if required and not emotion_mask.any():
            raise DataError(_no_such_emotion(table, emotions))
        if required and emotions == "basic_neutral" and not emotion[:, 0].any():
            raise DataError(
                f'{table.root}: [data] emotions = "basic_neutral" needs neutral faces, '
                'and there are none; say emotions = "basic", or neutral = "first" '
                "with the official CK+ tree"
            )
    units = table.action_units if "action_units" in wanted else ()
    present, known = _action_units(table, units)
    if required and "action_units" in wanted and not known.any():
        raise DataError(
            f"{table.root}: the data have no action units, but [data] targets asks for "
            'them; say targets = ["emotion"], or read data with AU labels'
        )
    return Targets(
        emotions=names,
        action_units=units,
        emotion=emotion,
        emotion_mask=emotion_mask,
        action_unit=present,
        action_unit_mask=known,
        learned=LEARNED.get(labels or "", "whole") if emotions == VOTED else "whole",
    )


def _check_wanted(wanted: tuple[str, ...], emotions: str) -> None:
    unknown = sorted(set(wanted) - {"emotion", "action_units"})
    if unknown or not wanted:
        raise DataError(
            f"[data] targets names one or both of emotion and action_units, "
            f"found {list(wanted)}"
        )
    if emotions not in (*EMOTION_LEVELS, VOTED):
        raise DataError(
            f"[data] emotions is one of {', '.join((*EMOTION_LEVELS, VOTED))}, found "
            f"{emotions!r}"
        )


def _no_emotion(rows: int) -> tuple[Array, Array, tuple[str, ...]]:
    return np.zeros((rows, 0), np.float32), np.zeros(rows, bool), ()


def _emotion(table: SampleTable, level: str) -> tuple[Array, Array, tuple[str, ...]]:
    column, names = EMOTION_LEVELS[level]
    labels = table.frame[column].to_numpy(dtype=object)
    one_hot = labels[:, None] == np.array(names, dtype=object)[None, :]
    mask = one_hot.any(axis=1)
    return one_hot.astype(np.float32), mask, names


def _voted(table: SampleTable, rule: str) -> tuple[Array, Array, tuple[str, ...]]:
    """Applies a rule to votes; the classes stand in the order of ``Emotion``."""
    names = tuple(map(str, _ORDER))
    if rule not in RULES:
        raise DataError(f"[data] labels is one of {', '.join(RULES)}, found {rule!r}")
    if not table.votes:
        none = np.zeros((len(table), len(names)), np.float32)
        return none, np.zeros(len(table), bool), names
    shares, kept = distributions(table.vote_counts(), rule)
    columns = [FERPLUS_EMOTIONS.index(emotion) for emotion in _ORDER]
    return shares[:, columns], kept, names


def scored_rule(labels: str | None) -> str:
    """Names the rule that validation and test rows are scored by.

    Args:
        labels: the rule that training learns from; none is ``"majority"``.

    Returns:
        ``"argmax"`` and ``"strict"`` score themselves; everything else is scored by
        ``"majority"``, so that studies of different rules can be compared.
    """
    return SCORED[labels or DEFAULT_RULE]


def _no_such_emotion(table: SampleTable, level: str) -> str:
    if level == VOTED:
        return (
            f"{table.root}: the data (read as {table.source}) have no votes that agree "
            f'on an emotion, but [data] asks for emotions = "{VOTED}"; say "basic" or '
            '"high_level", or read FER+'
        )
    other = _level_with_labels(table)
    if other is not None:
        way_out = f'say emotions = "{other}", which these data have'
    else:
        way_out = 'say targets = ["action_units"], or read data with emotion labels'
    return (
        f"{table.root}: the data (read as {table.source}) have no {level} emotion "
        f"labels, but [data] asks for them; {way_out}"
    )


def _level_with_labels(table: SampleTable) -> str | None:
    if table.votes:
        return VOTED
    for level, (column, _) in EMOTION_LEVELS.items():
        if bool(table.frame[column].notna().any()):
            return level
    return None


def _action_units(table: SampleTable, units: tuple[str, ...]) -> tuple[Array, Array]:
    columns = table.frame[list(units)]
    known = columns.notna().to_numpy(dtype=bool)
    present = columns.fillna(0).to_numpy(dtype=np.float32)
    return present, known
