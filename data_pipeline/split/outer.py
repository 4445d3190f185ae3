"""Outer parts of a nested evaluation: each person is held out in exactly one.

They depend on the data's labels, ``outer_folds`` and ``hold_out_seed`` only, and are as
balanced as the folds.
"""

import hashlib
import json
from typing import Any

import numpy as np

from data_pipeline.config.split_config import SplitConfig
from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.split.stratify import (
    assign_folds,
    assign_row_folds,
    count_by_subject,
)
from data_pipeline.system.errors import DataError
from data_pipeline.system.seeds import child_seed

Array = np.ndarray[Any, Any]


def count_parts(table: SampleTable, config: SplitConfig) -> int:
    """Counts the outer parts of a table, which is split by ``config.by``.

    Raises:
        DataError: there are more parts than subjects (or sequences, or images).
    """
    units = len(_units(table, config))
    parts = config.outer_folds
    if isinstance(parts, int) and parts > units:
        raise DataError(
            f"[split] outer_folds = {parts}: {table.root} has {units} {config.by}s, "
            f"and each part needs at least one; use {units} or fewer"
        )
    return parts if isinstance(parts, int) else units


def outer_parts(table: SampleTable, config: SplitConfig) -> Array:
    """Assigns each row to an outer part, 1 to their number: int, shape (N,).

    DataError: as in ``count_parts``, or ``outer_part`` is more than their number.
    """
    count, column = count_parts(table, config), str(config.by)
    if config.outer_part is not None and config.outer_part > count:
        raise DataError(
            f"[split] outer_part = {config.outer_part}: outer_folds = "
            f"{config.outer_folds} makes {count} parts of {table.root}; name one of "
            "them"
        )
    seed = child_seed(config.hold_out_seed, "outer", count)
    if column == "image":
        return assign_row_folds(table, count, seed) + 1
    whole = count_by_subject(table, column)
    each = np.arange(count)
    if count < len(whole.subjects):
        each = assign_folds(whole, count, seed)
    ids = table.frame[column].to_numpy(dtype=str)
    return np.asarray(each[np.searchsorted(whole.subjects, ids)] + 1)


def division_digest(table: SampleTable, config: SplitConfig, parts: Array) -> str:
    """Digests who is in which part, whatever the order of the rows."""
    names = table.frame[str(config.by)].to_numpy(dtype=str).tolist()
    rows = sorted(set(zip(names, parts.tolist(), strict=True)))
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def _units(table: SampleTable, config: SplitConfig) -> Array:
    """Lists what is divided: subjects, sequences or images."""
    return np.unique(table.frame[str(config.by)].to_numpy(dtype=str))
