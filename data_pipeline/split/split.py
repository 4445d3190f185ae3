"""Split of a table: a sealed hold-out, and folds of the rest.

By subject, or by the published partition if a set names no subjects; own data without
either by sequence or by image. It is a pure function of subjects, sequences, partition,
labels and the study's ``[split]``. No image is opened,
so no pixel of the hold-out leaks.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from data_pipeline.config.split_config import SplitConfig
from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.split.holdout import HoldOut
from data_pipeline.split.label_shares import HOLD_OUT, Shares, label_shares
from data_pipeline.split.outer import division_digest, outer_parts
from data_pipeline.split.rules import (
    PUBLISHED,
    VALIDATION,
    Guarantee,
    check_disjoint,
    check_partition,
    check_splittable,
    check_subject_count,
    check_unpublished,
    held_out_part,
    held_out_size,
    part_size,
    validation_rows,
    validation_subjects,
)
from data_pipeline.split.stratify import (
    LabelCounts,
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
    labels of each part. ``division`` digests all outer parts, if there are some.
    """

    guarantee: Guarantee
    development: SampleTable
    folds: tuple[Fold, ...]
    hold_out: HoldOut
    shares: Shares
    part: str | None = None
    division: str = ""

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
            ``validation``, or a fifth of the development rows. An ``outer_part`` is
            held out in place of a share.
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
    if config.by in ("image", "sequence"):
        table = _unnamed(table)
    match config.by:
        case "partition":
            return _by_partition(table, config)
        case "image":
            found = _by_image(table, config)
        case "sequence":
            found = _by_group(table, config, Guarantee.SEQUENCE, None)
        case "subject":
            found = _by_group(table, config, Guarantee.SUBJECT, held_out)
    if config.outer_part is None:
        return found
    digest = division_digest(table, config, outer_parts(table, config))
    return replace(found, division=digest)


def _unnamed(table: SampleTable) -> SampleTable:
    """Drops the subjects of a table that names only some people."""
    nobody = pd.Series([None] * len(table), dtype=object)
    return replace(table, frame=table.frame.assign(subject=nobody))


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


def _by_group(
    table: SampleTable,
    config: SplitConfig,
    by: Guarantee,
    held_out: Collection[str] | None,
) -> Split:
    """Splits by a column of ids: ``subject``, or ``sequence``."""
    whole = count_by_subject(table, by)
    total = len(whole.subjects)
    check_subject_count(total, config, by)
    validating = validation_subjects(total, config)
    if config.outer_part is not None:
        held_out_rows = outer_parts(table, config) == config.outer_part
    else:
        sampled = _sampled_groups(whole, config, held_out, validating)
        held_out_rows = sampled[_group_numbers(table, whole.subjects, by)]
    development = table.take(np.flatnonzero(~held_out_rows))
    of_row = _group_folds(development, config, validating, by)
    folds = _folds(of_row, config.folds)
    return _sealed(table, by, held_out_rows, folds)


def _sampled_groups(
    whole: LabelCounts,
    config: SplitConfig,
    held_out: Collection[str] | None,
    validating: int,
) -> Array:
    """Samples the subjects to hold out, or marks those given: bool, shape (S,)."""
    total = len(whole.subjects)
    if held_out is None:
        size, seed = part_size(total, config.hold_out), config.hold_out_seed
        return sample_part(whole, size, child_seed(seed, "hold-out"))
    sampled = np.isin(whole.subjects, sorted(held_out))
    _check_left(total, int(sampled.sum()), config.folds, validating)
    return sampled


def _by_image(table: SampleTable, config: SplitConfig) -> Split:
    """Splits rows, stratified by emotion; a subject may be in two parts."""
    check_subject_count(len(table), config, "image")
    size, seed = held_out_size(len(table), config), config.hold_out_seed
    held_out = sample_rows(table, size, child_seed(seed, "hold-out"))
    if config.outer_part is not None:
        held_out = outer_parts(table, config) == config.outer_part
    development = table.take(np.flatnonzero(~held_out))
    folds = _folds(_row_folds(table, development, config), config.folds)
    return _sealed(table, Guarantee.IMAGE, held_out, folds)


def _check_left(subjects: int, held_out: int, folds: int, validating: int) -> None:
    """Raises DataError if subjects who stay held out leave too few others."""
    least = folds if folds > 1 else validating + 1
    if not 0 < held_out <= subjects - least:
        raise DataError(
            f"{held_out} of {subjects} subjects stay held out, because the hold-out "
            f"was opened with them, and folds = {folds} needs at least {least} others; "
            "add subjects, or choose another hold_out_seed"
        )


def _group_numbers(table: SampleTable, ids: Array, column: str) -> Array:
    """Maps rows to positions in the sorted ``ids``, shape (N,)."""
    return np.searchsorted(ids, table.frame[column].to_numpy(dtype=str))


def _group_folds(
    development: SampleTable, config: SplitConfig, validating: int, column: str
) -> Array:
    """Maps rows to the fold that they validate in, shape (N,)."""
    whole = count_by_subject(development, column)
    seed = child_seed(config.hold_out_seed, "folds", config.folds)
    if config.folds == 1:
        fold = np.where(sample_part(whole, validating, seed), 0, 1)
    else:
        fold = assign_folds(whole, config.folds, seed)
    return fold[_group_numbers(development, whole.subjects, column)]


def _by_partition(table: SampleTable, config: SplitConfig) -> Split:
    name = held_out_part(table)
    named = bool(table.frame["subject"].notna().all())
    if named:
        check_disjoint(table)
    held_out = (table.frame["partition"] == name).to_numpy(dtype=bool)
    check_partition(table, int(held_out.sum()), config.folds)
    development = table.take(np.flatnonzero(~held_out))
    folds = _folds(_partition_folds(table, development, config), config.folds)
    guarantee = Guarantee.SUBJECT_PARTITION if named else Guarantee.PARTITION
    return _sealed(table, guarantee, held_out, folds, name)


def _partition_folds(
    table: SampleTable, development: SampleTable, config: SplitConfig
) -> Array:
    """Maps development rows to the fold that they validate in, shape (N,)."""
    folds = config.folds
    published = (development.frame["partition"] == PUBLISHED).to_numpy(dtype=bool)
    if folds == 1 and published.any() and not published.all():
        check_unpublished(table, config.validation)
        return np.where(published, 0, 1)
    if bool(table.frame["subject"].notna().all()):
        return _given_part_folds(development, config)
    return _row_folds(table, development, config)


def _given_part_folds(development: SampleTable, config: SplitConfig) -> Array:
    """Maps development rows of named subjects to folds that share no subject."""
    count = development.frame["subject"].nunique()
    if count < max(2, config.folds):
        raise DataError(
            f"[split] folds = {config.folds} needs at least {max(2, config.folds)} "
            f"subjects outside the part test, found {count}; lower it, or add subjects"
        )
    share = VALIDATION if config.validation is None else config.validation
    validating = min(count - 1, max(1, part_size(count, share)))
    return _group_folds(development, config, validating, Guarantee.SUBJECT)


def _row_folds(
    table: SampleTable, development: SampleTable, config: SplitConfig
) -> Array:
    """Maps development rows to folds, stratified by emotion, shape (N,)."""
    folds, seed = config.folds, config.hold_out_seed
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
