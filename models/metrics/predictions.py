"""A model's outputs for rows of data, and how those of folds are pooled."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictions:
    """A model's outputs for rows of data; ``None`` for a head it does not have.

    Shape: ``emotion`` (N, E), ``action_units`` (N, U), ``valence_arousal`` (N, 2).
    Unit and range: probabilities in [0, 1], where a row of ``emotion`` sums to 1;
        valence and arousal in [-1, 1].
    """

    emotion: np.ndarray | None
    action_units: np.ndarray | None
    valence_arousal: np.ndarray | None = None

    def __len__(self) -> int:
        """Counts the rows."""
        return next((len(head) for head in self.heads() if head is not None), 0)

    def heads(self) -> tuple[np.ndarray | None, ...]:
        """Lists the outputs of all heads."""
        return self.emotion, self.action_units, self.valence_arousal

    def finite(self) -> bool:
        """Tells whether every output of every head is a number."""
        return all(bool(np.isfinite(h).all()) for h in self.heads() if h is not None)

    def take(self, rows: np.ndarray) -> "Predictions":
        """Selects rows by index or by a bool mask, in the order given."""
        return _predictions([None if h is None else h[rows] for h in self.heads()])

    @staticmethod
    def concatenate(parts: Sequence["Predictions"]) -> "Predictions":
        """Puts the rows of several predictions of one model kind after each other."""
        return _predictions(
            [
                _joined([head for head in heads if head is not None])
                for heads in zip(*(part.heads() for part in parts), strict=True)
            ]
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
        return _predictions([_scattered(h, places, count) for h in whole.heads()])


def _predictions(heads: Sequence[np.ndarray | None]) -> Predictions:
    """Puts heads together again, in the order of ``Predictions.heads``."""
    emotion, units, ratings = heads
    return Predictions(emotion=emotion, action_units=units, valence_arousal=ratings)


def _joined(heads: Sequence[np.ndarray]) -> np.ndarray | None:
    """Puts one head's rows after each other; ``None`` without any."""
    return np.concatenate(heads) if heads else None


def _scattered(
    head: np.ndarray | None, places: np.ndarray, count: int
) -> np.ndarray | None:
    """Puts rows at their places in an array of NaN."""
    if head is None:
        return None
    whole = np.full((count, head.shape[1]), np.nan, dtype=head.dtype)
    whole[places] = head
    return whole


def as_doubles(head: np.ndarray | None) -> np.ndarray:
    """Returns a head's outputs as float64, for scoring.

    Raises:
        ValueError: the predictions lack the head.
    """
    if head is None:
        raise ValueError("these predictions lack the head that is to be scored")
    return head.astype(np.float64)
