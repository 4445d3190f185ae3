"""A model's outputs for rows of data, and how those of folds are pooled."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

ROWS_AT_ONCE = 32
"""Rows in every prediction batch, padded: one shape, so nothing is traced twice."""

HEADS = ("emotion", "action_units", "action_unit_intensities", "valence_arousal")
"""The heads of a model, in the order of ``Predictions.heads``."""


class ImageRows(Protocol):
    """Images that are read a slice at a time, such as an array."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(N, S, S, C)."""

    def __len__(self) -> int:
        """Counts the images."""

    def __getitem__(self, part: slice, /) -> np.ndarray:
        """Reads a slice of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictions:
    """A model's outputs for rows of data; ``None`` for a head it does not have.

    Shape: ``emotion`` (N, E), ``action_units`` (N, U), ``valence_arousal`` (N, 2),
        ``action_unit_intensities`` (N, I).
    Unit and range: probabilities in [0, 1], where a row of ``emotion`` sums to 1;
        valence and arousal in [-1, 1]; intensities in [0, 5].
    """

    emotion: np.ndarray | None
    action_units: np.ndarray | None
    valence_arousal: np.ndarray | None = None
    action_unit_intensities: np.ndarray | None = None

    def __len__(self) -> int:
        """Counts the rows."""
        return next((len(head) for head in self.heads() if head is not None), 0)

    def heads(self) -> tuple[np.ndarray | None, ...]:
        """Lists the outputs of all heads."""
        return tuple(getattr(self, name) for name in HEADS)

    def finite(self) -> bool:
        """Whether every output of every head is a number."""
        return all(bool(np.isfinite(h).all()) for h in self.heads() if h is not None)

    def take(self, rows: np.ndarray) -> "Predictions":
        """Selects rows by index or by a bool mask, in the order given."""
        return _predictions([None if h is None else h[rows] for h in self.heads()])

    @staticmethod
    def of(outputs: Mapping[str, np.ndarray]) -> "Predictions":
        """Makes predictions of outputs by head name."""
        return Predictions(**{name: outputs.get(name) for name in HEADS})

    @staticmethod
    def concatenate(parts: Sequence["Predictions"]) -> "Predictions":
        """Joins the rows of several predictions with the same heads."""
        return _predictions(
            [
                _joined([head for head in heads if head is not None])
                for heads in zip(*(part.heads() for part in parts), strict=True)
            ]
        )

    @staticmethod
    def mean(parts: Sequence["Predictions"]) -> "Predictions":
        """Averages several predictions of the same rows, with the same heads."""
        return _predictions(
            [
                None if heads[0] is None else np.mean(np.stack(heads), axis=0)
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


def predict_padded(
    predict: Callable[[np.ndarray], Mapping[str, Any]],
    images: ImageRows,
    *,
    at_once: int = ROWS_AT_ONCE,
) -> Iterator[dict[str, np.ndarray]]:
    """Predicts raw pixels, shape (N, S, S, C), in batches of one shape.

    The last batch is padded with black images. Yields each batch's outputs by head
    name, of at least one batch, which is empty where N is 0.
    """
    for start in range(0, max(len(images), 1), at_once):
        rows = images[start : start + at_once]
        batch = np.zeros((at_once, *images.shape[1:]), np.float32)
        batch[: len(rows)] = rows
        outputs = predict(batch)
        yield {name: np.asarray(head)[: len(rows)] for name, head in outputs.items()}


def _predictions(heads: Sequence[np.ndarray | None]) -> Predictions:
    """Makes predictions of heads in the order of ``Predictions.heads``."""
    return Predictions(**dict(zip(HEADS, heads, strict=True)))


def _joined(heads: Sequence[np.ndarray]) -> np.ndarray | None:
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
