"""Folds of a table that names no subjects: rows are dealt, class by class."""

from typing import Any

import numpy as np

from data_pipeline.samples import SampleTable
from data_pipeline.seeds import child_seed

Array = np.ndarray[Any, Any]


def chosen_rows(table: SampleTable, size: int, seed: int) -> Array:
    """Chooses rows so that each emotion has its share.

    Args:
        table: the rows, in an order of its own.
        size: how many.
        seed: decides which.

    Returns:
        Shape (N,), bool: true for exactly so many rows; of each emotion one more or
        less than its share.
    """
    order = _drawn(table, seed)
    # Every N / size-th place of the order, in which equal emotions lie side by side.
    marks = np.arange(len(table) + 1) * size // len(table)
    chosen = np.zeros(len(table), bool)
    chosen[order] = marks[1:] > marks[:-1]
    return chosen


def dealt_rows(table: SampleTable, parts: int, seed: int) -> Array:
    """Deals rows to parts so that each has its share of every emotion.

    Args:
        table: the rows, in an order of its own.
        parts: number of parts.
        seed: decides which rows go together.

    Returns:
        Shape (N,), int: the part of each row, from 0. The sizes of two parts, in all
        and of each emotion, differ by 1 at most.
    """
    part = np.empty(len(table), int)
    part[_drawn(table, seed)] = np.arange(len(table)) % parts
    return part


def _drawn(table: SampleTable, seed: int) -> Array:
    """Orders rows by emotion, and at random within one."""
    labels = table.frame["emotion"].fillna("").to_numpy(dtype=str)
    # Raw bits, because NumPy promises their stream and not a Generator's.
    keys = np.random.PCG64(child_seed(seed, "rows")).random_raw(len(table))
    return np.lexsort((keys, labels))
