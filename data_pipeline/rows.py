"""Folds of a table that names no subjects: rows are dealt, class by class."""

from typing import Any

import numpy as np

from data_pipeline.samples import SampleTable
from data_pipeline.seeds import child_seed

Array = np.ndarray[Any, Any]


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
    labels = table.frame["emotion"].fillna("").to_numpy(dtype=str)
    # Raw bits, because NumPy promises their stream and not a Generator's.
    keys = np.random.PCG64(child_seed(seed, "rows")).random_raw(len(table))
    part = np.empty(len(table), int)
    part[np.lexsort((keys, labels))] = np.arange(len(table)) % parts
    return part
