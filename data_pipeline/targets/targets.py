"""Targets: labels as arrays, with masks for missing labels."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from data_pipeline.config.data_config import TARGETS
from data_pipeline.dataset.sample_table import SampleTable, intensity_column
from data_pipeline.system.errors import DataError
from data_pipeline.targets.emotion_labels import (
    WHOLE,
    learning_mode,
    no_emotion,
    read_emotion,
)

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Targets:
    """Training targets, row by row.

    Attributes:
        emotions: names of the classes; empty if emotion is not a target.
        action_units: names of the AUs; empty if they are not a target.
        intensities: names of the AUs with intensities; empty if these are not a target.
        dimensions: ``("valence", "arousal")``; empty if they are not a target.
        emotion: shape (N, E), float32, one-hot or a distribution over classes; a
            masked row is zero.
        emotion_mask: shape (N,), bool; false if the emotion is unknown.
        action_unit: shape (N, U), float32, 0 or 1; 0 where masked.
        action_unit_mask: shape (N, U), bool; false if the AU is unknown.
        intensity: shape (N, I), float32, 0 (absent) to 5 (E); 0 where masked.
        intensity_mask: shape (N, I), bool; false if the intensity is unknown.
        valence_arousal: shape (N, D), float32, in [-1, 1]; 0 where masked.
        valence_arousal_mask: shape (N, D), bool; false if it was not rated.
        learning_mode: how training uses an emotion distribution. ``"distribution"``:
            as the target; ``"sampled"``: one class is sampled from it in each epoch;
            ``"multi_target"``: any class with a share is correct.
    """

    emotions: tuple[str, ...]
    action_units: tuple[str, ...]
    intensities: tuple[str, ...]
    dimensions: tuple[str, ...]
    emotion: Array
    emotion_mask: Array
    action_unit: Array
    action_unit_mask: Array
    intensity: Array
    intensity_mask: Array
    valence_arousal: Array
    valence_arousal_mask: Array
    learning_mode: str = WHOLE

    def __len__(self) -> int:
        """Counts the rows."""
        return len(self.emotion_mask)

    def labelled(self) -> Array:
        """Returns the mask of rows with a label of any target; shape (N,), bool."""
        labelled: Array = self.emotion_mask.copy()
        for mask in (
            self.action_unit_mask,
            self.intensity_mask,
            self.valence_arousal_mask,
        ):
            labelled |= mask.any(axis=1)
        return labelled

    def take(self, rows: Array) -> "Targets":
        """Selects rows by their positions, or by one boolean for each row."""
        return replace(
            self,
            emotion=self.emotion[rows],
            emotion_mask=self.emotion_mask[rows],
            action_unit=self.action_unit[rows],
            action_unit_mask=self.action_unit_mask[rows],
            intensity=self.intensity[rows],
            intensity_mask=self.intensity_mask[rows],
            valence_arousal=self.valence_arousal[rows],
            valence_arousal_mask=self.valence_arousal_mask[rows],
        )


def read_targets(
    table: SampleTable,
    *,
    wanted: tuple[str, ...],
    emotions: str,
    labels: str | None = None,
    required: bool = True,
) -> Targets:
    """Turns a table's labels into arrays, one row for each row of the table.

    The classes depend only on ``emotions``, the AUs and dimensions on the table's
    columns: parts of one table have targets of one shape. A label outside the classes
    (neutral has no high-level class and is none of the seven) is masked.

    Args:
        table: the table.
        wanted: any of ``TARGETS``.
        emotions: a key of ``EMOTION_LEVELS``, ``"own"`` (the table's words), or
            ``"ferplus"`` (8 classes, from votes).
        labels: the rule that turns votes into labels; ``None`` is ``"majority"``.
        required: refuse a table without any label of a wanted target; false for a part
            of a table, which may lack one that the whole has.

    Raises:
        DataError: a required label is missing, or an argument is unknown.
    """
    _check_wanted(wanted)
    emotion, emotion_mask, names = no_emotion(len(table))
    if "emotion" in wanted:
        emotion, emotion_mask, names = read_emotion(
            table, emotions, labels, required=required
        )
    units = table.action_units if "action_units" in wanted else ()
    present, coded = _numbers(table, units)
    graded = table.intensities if "action_unit_intensities" in wanted else ()
    levels, known = _numbers(table, tuple(map(intensity_column, graded)))
    dimensions = table.dimensions if "valence_arousal" in wanted else ()
    ratings, rated = _numbers(table, dimensions)
    if required:
        found = {
            "action_units": coded,
            "action_unit_intensities": known,
            "valence_arousal": rated,
        }
        _check_present(table, {name: found[name] for name in wanted if name in found})
    return Targets(
        emotions=names,
        action_units=units,
        intensities=graded,
        dimensions=dimensions,
        emotion=emotion,
        emotion_mask=emotion_mask,
        action_unit=present,
        action_unit_mask=coded,
        intensity=levels,
        intensity_mask=known,
        valence_arousal=ratings,
        valence_arousal_mask=rated,
        learning_mode=learning_mode(emotions, labels),
    )


def _check_wanted(wanted: tuple[str, ...]) -> None:
    if set(wanted) - set(TARGETS) or not wanted:
        raise DataError(
            f"[data] targets names one or more of {', '.join(TARGETS)}, "
            f"found {list(wanted)}"
        )


_LABELS = {
    "action_units": (
        "action units",
        'use targets = ["emotion"], or read data with AU labels',
    ),
    "action_unit_intensities": (
        "intensities of action units",
        'use targets = ["action_units"], or read data with FACS intensities',
    ),
    "valence_arousal": (
        "valence and arousal",
        'use targets = ["emotion"], or read data with ratings',
    ),
}
"""Target -> what its labels are, and the way out where there are none."""


def _check_present(table: SampleTable, masks: dict[str, Array]) -> None:
    for target, mask in masks.items():
        labels, way_out = _LABELS[target]
        if not mask.any():
            raise DataError(
                f"{table.root}: the data have no {labels}, but [data] targets requests "
                f"them; {way_out}"
            )


def _numbers(table: SampleTable, names: tuple[str, ...]) -> tuple[Array, Array]:
    """Reads nullable columns as (N, columns), 0 where unknown, and their mask."""
    columns = table.frame[list(names)]
    mask = columns.notna().to_numpy(dtype=bool)
    return columns.fillna(0).to_numpy(dtype=np.float32), mask
