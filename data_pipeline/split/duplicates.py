"""Twins: pictures that stand in two parts of the data: one gives away the other.

Two pictures are twins where their files hold the same bytes, or where they are decoded
to the same pixels.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from data_pipeline.images.digests import UNREADABLE
from data_pipeline.split.split import Fold

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pictures:
    """What tells the pictures of rows from others.

    Attributes:
        marks: of the files, and of the pixels where they are known; each of shape (N,),
            int64, equal where two rows are equal in that. The numbers mean nothing in
            another process.
    """

    marks: tuple[Array, ...]

    def take(self, rows: Array) -> "Pictures":
        """Selects rows by position."""
        return Pictures(marks=tuple(mark[rows] for mark in self.marks))

    def among(self, others: "Pictures") -> Array:
        """Tells which rows are twins of others; shape (N,), bool."""
        pairs = zip(self.marks, others.marks, strict=False)
        found = [np.isin(mine, theirs) for mine, theirs in pairs]
        return np.asarray(np.any(found, axis=0))


def file_marks(digests: Iterable[str]) -> Array:
    """Numbers files by their digests; those that cannot be read are no twins.

    Args:
        digests: as ``content.file_digests`` gives them.

    Returns:
        Shape (N,), int64.
    """
    marks = (
        hash(text if text != UNREADABLE else f"{text} {row}")
        for row, text in enumerate(digests)
    )
    return np.fromiter(marks, np.int64)


def pixel_marks(pixels: Array) -> Array:
    """Numbers pictures by their pixels.

    Args:
        pixels: shape (N, ...), perhaps memory-mapped; one picture is read at a time.

    Returns:
        Shape (N,), int64.
    """
    marks = (hash(picture.tobytes()) for picture in pixels)
    return np.fromiter(marks, np.int64, len(pixels))


def trained_on(folds: Sequence[Fold], pictures: Pictures) -> int:
    """Counts validation pictures that are also training pictures of the fold.

    Args:
        folds: rows of each fold.
        pictures: of all rows.

    Returns:
        The sum over the folds: such pictures are scored on what was learned by heart.
    """
    return sum(
        int(pictures.take(fold.validation).among(pictures.take(fold.train)).sum())
        for fold in folds
    )


def untwinned(folds: Sequence[Fold], pictures: Pictures) -> tuple[Fold, ...]:
    """Leaves pictures out of a fold's training part that validate in it.

    Args:
        folds: rows of each fold.
        pictures: of all rows.

    Returns:
        The folds; their validation parts stay whole.
    """
    return tuple(
        Fold(
            train=fold.train[
                ~pictures.take(fold.train).among(pictures.take(fold.validation))
            ],
            validation=fold.validation,
        )
        for fold in folds
    )
