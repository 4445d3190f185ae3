"""Labels of a table as arrays: emotions of each level, and action units."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.labels.labels import Emotion, HighLevelEmotion

Array = np.ndarray[Any, Any]

_LEVELS: dict[str, tuple[str, tuple[str, ...]]] = {
    "emotion": ("emotion", tuple(map(str, Emotion))),
    "high_level_emotion": ("high-level emotion", tuple(map(str, HighLevelEmotion))),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Level:
    """One way to sort faces into emotions.

    Attributes:
        title: what it is called.
        classes: those that occur, in their usual order.
        codes: shape (N,), int: place of each row's class; -1 where it has none.
    """

    title: str
    classes: tuple[str, ...]
    codes: Array

    def counts(self) -> Array:
        """Counts the rows of each class, shape (E,)."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.classes))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Units:
    """Action units in the order of their numbers; shapes (N, U), bool."""

    names: tuple[str, ...]
    present: Array
    known: Array


def levels(table: SampleTable) -> tuple[Level, ...]:
    """Finds the levels of emotion that a table has labels for.

    Args:
        table: the rows; a class that occurs in none of them is not named.

    Returns:
        Emotions first, then their grouping, each where any row has one.
    """
    found = []
    for column, (title, order) in _LEVELS.items():
        labels = table.frame[column].to_numpy(dtype=object)
        classes = tuple(name for name in order if (labels == name).any())
        if classes:
            codes = np.full(len(table), -1)
            for place, name in enumerate(classes):
                codes[labels == name] = place
            found.append(Level(title=title, classes=classes, codes=codes))
    return tuple(found)


def units(table: SampleTable) -> Units:
    """Collects the action units.

    Args:
        table: the rows.

    Returns:
        The units that were coded in any row, present or absent.
    """
    names = sorted(
        (unit for unit in table.action_units if table.frame[unit].notna().any()),
        key=lambda unit: int(unit.removeprefix("AU")),
    )
    columns = table.frame[names]
    return Units(
        names=tuple(names),
        present=columns.fillna(0).to_numpy(dtype=bool).reshape(len(table), -1),
        known=columns.notna().to_numpy(dtype=bool).reshape(len(table), -1),
    )
