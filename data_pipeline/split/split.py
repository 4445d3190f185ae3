"""Split of a table: a sealed hold-out, and folds of the rest.

By subject, or by the published partition if a set names no subjects. It is a pure
function of subjects, partition, labels and the study's ``[split]``. No image is opened,
so no pixel of the hold-out leaks.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from data_pipeline.dataset.config import SplitConfig
from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.split.holdout import HoldOut
from data_pipeline.split.label_shares import HOLD_OUT, Shares, label_shares
from data_pipeline.split.rules import (
    PUBLISHED,
    VALIDATION,
    Guarantee,
    check_partition,
    check_splittable,
    check_subject_count,
    check_unpublished,
    held_out_part,
    part_size,
    validation_rows,
    validation_subjects,
)
from data_pipeline.split.stratify import (
    assign_folds,
    assign_row_folds,
    count_by_subject,
    sample_part,
    sample_rows,
)
from data_pipeline.system.errors import DataError
from data_pipeline.system.seeds import child_seed

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fold:
    """Training and validation rows of the development table.

    Both are ascending positions; together they cover the table, and (with known
    subjects) no subject is in both.
    """

    train: Array
    validation: Array


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Split:
    """The parts of a table: development rows in folds, and the sealed hold-out.

    ``part`` is the published part that is held out, if it is one; ``shares`` counts the
    labels of each part.
    """

    guarantee: Guarantee
    development: SampleTable
    folds: tuple[Fold, ...]
    hold_out: HoldOut
    shares: Shares
    part: str | None = None

    def only(self, rows: Array) -> "Split":
        """Selects ascending development rows; the hold-out is unchanged."""
        folds = tuple(
            Fold(
                train=np.flatnonzero(np.isin(rows, fold.train)),
                validation=np.flatnonzero(np.isin(rows, fold.validation)),
            )
            for fold in self.folds
        )
        return replace(self, development=self.development.take(rows), folds=folds)


def split(
    table: SampleTable, config: SplitConfig, held_out: Collection[str] | None = None
) -> Split:
    """Splits a table; who is held out does not depend on the folds.

    Args:
        table: the whole table, in any row order.
        config: the study's ``[split]``. By partition the published test part is held
            out (the validation part of a set without one), whatever ``hold_out`` is.
            With ``folds = 1`` the published validation part validates, or the share
            ``validation``, or a fifth of the development rows.
        held_out: subjects to hold out instead of those that the seed chooses, because
            they were held out when a hold-out was opened.

    Returns:
        The split; its development table is ordered by image path.

    Raises:
        DataError: the table cannot be split this way; the message has the numbers.
    """
    check_splittable(table, config)
    order = np.argsort(table.frame["image"].to_numpy(dtype=str), kind="stable")
    table = table.take(order)
    if config.by == "partition":
        return _by_partition(table, config)
    return _by_subject(table, config, held_out)


def split_report(split: Split) -> dict[str, Any]:
    """Returns imbalance and image counts of the parts, as in ``holdout.json``."""
    shares = split.shares
    names = ["images", *(f"{column}.{label}" for column, label in shares.labels)]
    counts = {"whole": shares.whole}
    counts |= dict(zip(shares.parts, shares.counts, strict=True))
    return {
        "imbalance": dict(zip(shares.parts, shares.imbalance.tolist(), strict=True)),
        "images": {
            part: dict(zip(names, found.tolist(), strict=True))
            for part, found in counts.items()
        },
    }


def _by_subject(
    table: SampleTable, config: SplitConfig, held_out: Collection[str] | None
) -> Split:
    whole = count_by_subject(table)
    total = len(whole.subjects)
    check_subject_count(total, config)
    validating = validation_subjects(total, config)
    if held_out is None:
        size = part_size(total, config.hold_out)
        sampled = sample_part(whole, size, child_seed(config.hold_out_seed, "hold-out"))
    else:
        sampled = np.isin(whole.subjects, sorted(held_out))
        _check_left(total, int(sampled.sum()), config.folds, validating)
    held_out_rows = sampled[_subject_numbers(table, whole.subjects)]
    development = table.take(np.flatnonzero(~held_out_rows))
    of_row = _subject_folds(development, config, validating)
    folds = _folds(of_row, config.folds)
    return _sealed(table, Guarantee.SUBJECT, held_out_rows, folds)


def _check_left(subjects: int, held_out: int, folds: int, validating: int) -> None:
    """Raises DataError if subjects who stay held out leave too few others."""
    least = folds if folds > 1 else validating + 1
    if not 0 < held_out <= subjects - least:
        raise DataError(
            f"{held_out} of {subjects} subjects stay held out, because the hold-out "
            f"was opened with them, and folds = {folds} needs at least {least} others; "
            "add subjects, or choose another hold_out_seed"
        )


def _subject_numbers(table: SampleTable, subjects: Array) -> Array:
    """Maps rows to positions in the sorted ``subjects``, shape (N,)."""
    return np.searchsorted(subjects, table.frame["subject"].to_numpy(dtype=str))


def _subject_folds(
    development: SampleTable, config: SplitConfig, validating: int
) -> Array:
    """Maps rows to the fold that they validate in, shape (N,)."""
    whole = count_by_subject(development)
    seed = child_seed(config.hold_out_seed, "folds", config.folds)
    if config.folds == 1:
        fold = np.where(sample_part(whole, validating, seed), 0, 1)
    else:
        fold = assign_folds(whole, config.folds, seed)
    return fold[_subject_numbers(development, whole.subjects)]


def _by_partition(table: SampleTable, config: SplitConfig) -> Split:
    name = held_out_part(table)
    held_out = (table.frame["partition"] == name).to_numpy(dtype=bool)
    check_partition(table, int(held_out.sum()), config.folds)
    development = table.take(np.flatnonzero(~held_out))
    folds = _folds(_partition_folds(table, development, config), config.folds)
    return _sealed(table, Guarantee.PARTITION, held_out, folds, name)


def _partition_folds(
    table: SampleTable, development: SampleTable, config: SplitConfig
) -> Array:
    """Maps development rows to the fold that they validate in, shape (N,)."""
    folds, seed = config.folds, config.hold_out_seed
    published = (development.frame["partition"] == PUBLISHED).to_numpy(dtype=bool)
    if folds == 1 and published.any() and not published.all():
        check_unpublished(table, config.validation)
        return np.where(published, 0, 1)
    if config.validation is not None:
        size = validation_rows(table, len(development), config.validation)
        sampled = sample_rows(development, size, child_seed(seed, "folds", folds))
        return np.where(sampled, 0, 1)
    parts = folds if folds > 1 else round(1 / VALIDATION)
    return assign_row_folds(development, parts, child_seed(seed, "folds", parts))


def _folds(of_row: Array, folds: int) -> tuple[Fold, ...]:
    return tuple(
        Fold(
            train=np.flatnonzero(of_row != fold),
            validation=np.flatnonzero(of_row == fold),
        )
        for fold in range(folds)
    )


def _sealed(
    table: SampleTable,
    guarantee: Guarantee,
    held_out: Array,
    folds: tuple[Fold, ...],
    part: str | None = None,
) -> Split:
    """Counts the labels of all parts, then seals the held-out rows."""
    sealed, open_rows = np.flatnonzero(held_out), np.flatnonzero(~held_out)
    validation = {
        "validation" if len(folds) == 1 else f"fold {number}": open_rows[
            fold.validation
        ]
        for number, fold in enumerate(folds, start=1)
    }
    return Split(
        guarantee=guarantee,
        development=table.take(open_rows),
        folds=folds,
        hold_out=HoldOut(table.take(sealed)),
        shares=label_shares(table, {HOLD_OUT: sealed, **validation}),
        part=part,
    )
