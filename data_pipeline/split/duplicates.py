"""Duplicates across parts: the same image in two folds, or in training and hold-out.

Two images are duplicates where their files hold the same bytes, or where they decode to
the same pixels. A model that trained on one of them is scored on what it memorized.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from data_pipeline.images.digests import UNREADABLE
from data_pipeline.split.split import Fold

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ImageKeys:
    """Keys that are equal where two rows show the same image.

    Attributes:
        keys: one array for the files, and one for the pixels where they are known;
            each of shape (N,), int64. Keys are valid within one process only.
    """

    keys: tuple[Array, ...]

    def take(self, rows: Array) -> "ImageKeys":
        """Selects rows by position."""
        return ImageKeys(keys=tuple(key[rows] for key in self.keys))

    def isin(self, others: "ImageKeys") -> Array:
        """Marks the rows that have a duplicate among ``others``; shape (N,), bool."""
        pairs = zip(self.keys, others.keys, strict=False)
        return np.asarray(
            np.any([np.isin(mine, theirs) for mine, theirs in pairs], axis=0)
        )


def file_keys(digests: Iterable[str]) -> Array:
    """Maps digests of files to int64 keys, shape (N,).

    Unreadable files have no duplicates.
    """
    keys = (
        hash(text if text != UNREADABLE else f"{text} {row}")
        for row, text in enumerate(digests)
    )
    return np.fromiter(keys, np.int64)


def pixel_keys(pixels: Array) -> Array:
    """Maps images to int64 keys, shape (N,).

    ``pixels`` of shape (N, ...) may be memory-mapped: one image is read at a time.
    """
    return np.fromiter((hash(image.tobytes()) for image in pixels), np.int64)


def count_duplicates(folds: Sequence[Fold], keys: ImageKeys) -> int:
    """Counts validation images that their fold also trains on, summed over folds."""
    return sum(
        int(keys.take(fold.validation).isin(keys.take(fold.train)).sum())
        for fold in folds
    )


def drop_duplicates(folds: Sequence[Fold], keys: ImageKeys) -> tuple[Fold, ...]:
    """Removes the duplicates of a fold's validation images from its training part."""
    return tuple(
        Fold(
            train=fold.train[~keys.take(fold.train).isin(keys.take(fold.validation))],
            validation=fold.validation,
        )
        for fold in folds
    )
