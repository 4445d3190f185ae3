"""A model's outputs for rows of data, and how those of folds are pooled."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictions:
    """A model's outputs for rows of data; ``None`` for a head it does not have.

    Shape: ``emotion`` (N, E), ``action_units`` (N, U).
    Unit and range: probabilities in [0, 1]; a row of ``emotion`` sums to 1.
    """

    emotion: np.ndarray | None
    action_units: np.ndarray | None

    def __len__(self) -> int:
        """Counts the rows."""
        heads = (self.emotion, self.action_units)
        return next((len(head) for head in heads if head is not None), 0)

    def take(self, rows: np.ndarray) -> "Predictions":
        """Selects rows by index or by a bool mask, in the order given."""
        return Predictions(
            emotion=None if self.emotion is None else self.emotion[rows],
            action_units=None if self.action_units is None else self.action_units[rows],
        )

    @staticmethod
    def concatenate(parts: Sequence["Predictions"]) -> "Predictions":
        """Puts the rows of several predictions of one model kind after each other."""
        emotion = [part.emotion for part in parts if part.emotion is not None]
        units = [part.action_units for part in parts if part.action_units is not None]
        return Predictions(
            emotion=np.concatenate(emotion) if emotion else None,
            action_units=np.concatenate(units) if units else None,
        )

    @staticmethod
    def scatter(
        parts: Sequence["Predictions"], rows: Sequence[np.ndarray], *, count: int
    ) -> "Predictions":
        """Puts each fold's predictions at the rows of the table they are for.

        Args:
            parts: the predictions of each fold.
            rows: for each fold the row numbers of its predictions, 0 to
                ``count`` - 1, in the same order.
            count: the number of rows of the whole table.

        Returns:
            ``count`` rows; NaN where no fold predicted.

        Raises:
            ValueError: two folds predicted the same row.
        """
        places = np.concatenate([np.asarray(part, dtype=np.intp) for part in rows])
        if len(np.unique(places)) < len(places):
            raise ValueError("each row is predicted by one fold; some have two")
        whole = Predictions.concatenate(parts)
        return Predictions(
            emotion=_scattered(whole.emotion, places, count),
            action_units=_scattered(whole.action_units, places, count),
        )


def _scattered(
    head: np.ndarray | None, places: np.ndarray, count: int
) -> np.ndarray | None:
    """Puts rows at their places in an array of NaN."""
    if head is None:
        return None
    whole = np.full((count, head.shape[1]), np.nan, dtype=head.dtype)
    whole[places] = head
    return whole
