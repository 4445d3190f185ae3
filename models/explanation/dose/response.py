"""The response of every output to the intensity of one action unit."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from data_pipeline.labels.labels import Emotion, action_unit_name, high_level_of
from data_pipeline.synthetic.population.expressions import PROTOTYPES
from models.explanation.outputs import EMOTION, RATINGS, Output

MOVES = 0.1
"""An output moves if its mean changes by this share of its range, or more."""

USUAL = 0.5
"""An action unit belongs to an emotion if a way to show it has it with this chance."""

TOGETHER: dict[str, frozenset[str]] = {
    "AU26": frozenset({"AU25", "AU27"}),
    "AU27": frozenset({"AU25", "AU26"}),
}
"""Units that another moves with it: a dropped jaw parts the lips."""

BAND = (10, 90)
"""Percentiles of people between which a band lies."""


@dataclass(frozen=True, kw_only=True, eq=False)
class DoseResponse:
    """What a model gives for people who show one action unit more and more.

    Attributes:
        unit: the action unit, for example ``"AU12"``.
        levels: its intensities, increasing.
        outputs: names of the outputs.
        values: the model's, shape (people, levels, K).
    """

    unit: str
    levels: tuple[int, ...]
    outputs: tuple[Output, ...]
    values: np.ndarray

    @cached_property
    def mean(self) -> np.ndarray:
        """Returns the mean over people, shape (levels, K)."""
        return np.asarray(self.values.mean(axis=0))

    @cached_property
    def band(self) -> np.ndarray:
        """Returns the lower and the upper end of the band, shape (2, levels, K)."""
        return np.asarray(np.percentile(self.values, BAND, axis=0))

    @cached_property
    def change(self) -> np.ndarray:
        """Returns the mean's change from first to last level, by range: (K,)."""
        ranges = np.array([high - low for low, high in map(_range, self.outputs)])
        return np.asarray((self.mean[-1] - self.mean[0]) / ranges)

    def own(self) -> tuple[int, ...]:
        """Returns the positions of the unit's own outputs."""
        return tuple(n for n, out in enumerate(self.outputs) if out.label == self.unit)

    def unexpected(self) -> tuple[int, ...]:
        """Returns the positions of the outputs that move and should not.

        These are other action units, and emotions that rise although the unit does not
        belong to them; valence and arousal may follow any movement.
        """
        return tuple(
            place
            for place, (output, change) in enumerate(
                zip(self.outputs, self.change.tolist(), strict=True)
            )
            if not is_expected(self.unit, output)
            and (change if output.head == EMOTION else abs(change)) >= MOVES
        )

    def rows(self) -> list[Mapping[str, object]]:
        """Lists the response of each output at each level, for a table."""
        return [
            {
                "unit": self.unit,
                "intensity": level,
                "output": output.column,
                "mean": f"{self.mean[at, place]:.6f}",
                "low": f"{self.band[0, at, place]:.6f}",
                "high": f"{self.band[1, at, place]:.6f}",
                "change": f"{self.change[place]:.6f}",
                "people": len(self.values),
                "expected": int(is_expected(self.unit, output)),
                "moves_unexpectedly": int(place in self.unexpected()),
            }
            for place, output in enumerate(self.outputs)
            for at, level in enumerate(self.levels)
        ]


COLUMNS = (
    "unit",
    "intensity",
    "output",
    "mean",
    "low",
    "high",
    "change",
    "people",
    "expected",
    "moves_unexpectedly",
)
"""Of the table of ``rows``."""


def _range(output: Output) -> tuple[float, float]:
    return output.range


def is_expected(unit: str, output: Output) -> bool:
    """Whether an output may follow a unit.

    Example:
        >>> smile = Output(head=EMOTION, label="happiness", column="")
        >>> is_expected("AU12", smile), is_expected("AU4", smile)
        (True, False)
    """
    if output.head == RATINGS:
        return True
    if output.head == EMOTION:
        return output.label in emotions_with(unit)
    return output.label == unit or output.label in TOGETHER.get(unit, ())


def emotions_with(unit: str) -> frozenset[str]:
    """Names the emotions, and their high-level classes, that a unit belongs to.

    Example:
        >>> sorted(emotions_with("AU12"))
        ['happiness', 'positive']
    """
    shown: set[Emotion] = {
        emotion
        for emotion, ways in PROTOTYPES.items()
        for way in ways
        for number, chance in way.chances.items()
        if chance >= USUAL and action_unit_name(number) == unit
    }
    levels = {high_level_of(emotion) for emotion in shown}
    return frozenset({*map(str, shown), *(level for level in levels if level)})
