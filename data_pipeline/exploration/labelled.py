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
    """One grouping of faces into classes of emotion: those that occur, in usual order.

    ``members`` has shape (N, E), bool: the class of each row; a row may have none.
    """

    title: str
    classes: tuple[str, ...]
    members: Array


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Units:
    """Action units that were coded in any row, in order of number; shapes (N, U), bool.

    What is not coded is not present.
    """

    names: tuple[str, ...]
    present: Array
    coded: Array


def levels(table: SampleTable) -> tuple[Level, ...]:
    """Collects the emotions, then their groups, each if any row has one."""
    result = []
    for column, (title, usual) in _LEVELS.items():
        order = table.words if column == "emotion" and table.words else usual
        labels = table.frame[column].to_numpy(dtype=object)
        classes = tuple(name for name in order if (labels == name).any())
        if classes:
            members = np.stack([labels == name for name in classes], axis=1)
            result.append(Level(title=title, classes=classes, members=members))
    return tuple(result)


def units(table: SampleTable) -> Units:
    """Collects the action units."""
    names = sorted(
        (unit for unit in table.action_units if table.frame[unit].notna().any()),
        key=unit_number,
    )
    columns = table.frame[names]
    return Units(
        names=tuple(names),
        present=columns.fillna(0).to_numpy(dtype=bool).reshape(len(table), -1),
        coded=columns.notna().to_numpy(dtype=bool).reshape(len(table), -1),
    )


def unit_number(unit: str) -> int:
    """Returns the number of an action unit, ``AU12`` -> 12."""
    return int(unit.removeprefix("AU"))
