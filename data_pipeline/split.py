"""Split of a table: a sealed hold-out, and folds of the rest.

By subject, or by the published partition where a set names no subjects. A pure
function of subjects, partition, labels and its own four arguments. No image is looked
at, so nothing of the hold-out's pixels leaks.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from data_pipeline.errors import DataError
from data_pipeline.holdout import HoldOut
from data_pipeline.rows import dealt_rows
from data_pipeline.samples import SampleTable
from data_pipeline.seeds import child_seed
from data_pipeline.stratify import census, chosen_part, dealt

Array = np.ndarray[Any, Any]

VALIDATION = 0.2
"""Part of the development subjects that validates where there is one fold."""

TEST, PUBLISHED = "test", "validation"
"""The published parts that are held out, and that validate where there is one fold."""


class Guarantee(StrEnum):
    """What a split promises about its parts."""

    SUBJECT = "subject"
    PARTITION = "partition"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fold:
    """One division of the development table.

    ``train`` and ``validation`` are ascending row positions in that table; together
    they cover it, and no subject is in both (where subjects are known).
    """

    train: Array
    validation: Array


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Split:
    """The parts of a table: development rows in folds, and the sealed hold-out."""

    guarantee: Guarantee
    development: SampleTable
    folds: tuple[Fold, ...]
    hold_out: HoldOut


def split(
    table: SampleTable, *, by: str, folds: int, hold_out: float, hold_out_seed: int
) -> Split:
    """Divides a table; who is held out does not depend on the folds.

    Args:
        table: the whole table, in any row order.
        by: ``"subject"``, or ``"partition"``: the published test part is held out.
        folds: number of folds; 1 means one validation part: the published one, or a
            fifth.
        hold_out: part of the subjects, and nearly so of the images, in (0, 1);
            without meaning for a partition, whose sizes are published.
        hold_out_seed: decides the division together with the labels.

    Returns:
        The split; its development table is ordered by image path.

    Raises:
        DataError: the table cannot be divided so; the message has the numbers.
    """
    _check(table, by, folds, hold_out)
    order = np.argsort(table.frame["image"].to_numpy(dtype=str), kind="stable")
    table = table.take(order)
    if by == Guarantee.PARTITION:
        return _by_partition(table, folds, hold_out_seed)
    whole = census(table)
    _check_enough(len(whole.subjects), folds, hold_out)
    size = _part_size(len(whole.subjects), hold_out)
    held = chosen_part(whole, size, child_seed(hold_out_seed, "hold-out"))
    held_rows = held[_groups(table, whole.subjects)]
    development = table.take(np.flatnonzero(~held_rows))
    return Split(
        guarantee=Guarantee.SUBJECT,
        development=development,
        folds=_folds(development, folds, hold_out_seed),
        hold_out=HoldOut(
            table.take(np.flatnonzero(held_rows)), fingerprint=table.fingerprint()
        ),
    )


def _by_partition(table: SampleTable, folds: int, seed: int) -> Split:
    """Holds the published test part out, and folds all other rows."""
    held = (table.frame["partition"] == TEST).to_numpy(dtype=bool)
    development = table.take(np.flatnonzero(~held))
    if not held.any() or len(development) < max(2, folds):
        raise DataError(
            f'[split] by = "partition" needs images of the part {TEST} and at least '
            f"{max(2, folds)} others; {table.root} has {held.sum()} and "
            f"{len(development)}; add the missing folder"
        )
    published = (development.frame["partition"] == PUBLISHED).to_numpy(dtype=bool)
    if folds == 1 and published.any() and not published.all():
        part = np.where(published, 0, 1)
    else:
        parts = folds if folds > 1 else round(1 / VALIDATION)
        part = dealt_rows(development, parts, child_seed(seed, "folds", parts))
    return Split(
        guarantee=Guarantee.PARTITION,
        development=development,
        folds=_folds_of(part, folds),
        hold_out=HoldOut(
            table.take(np.flatnonzero(held)), fingerprint=table.fingerprint()
        ),
    )


def _part_size(subjects: int, share: float) -> int:
    return round(subjects * share)


def _groups(table: SampleTable, subjects: Array) -> Array:
    """Numbers each row's subject, shape (N,)."""
    return np.searchsorted(subjects, table.frame["subject"].to_numpy(dtype=str))


def _folds(development: SampleTable, folds: int, seed: int) -> tuple[Fold, ...]:
    whole = census(development)
    child = child_seed(seed, "folds", folds)
    if folds == 1:
        size = max(1, _part_size(len(whole.subjects), VALIDATION))
        part = np.where(chosen_part(whole, size, child), 0, 1)
    else:
        part = dealt(whole, folds, child)
    return _folds_of(part[_groups(development, whole.subjects)], folds)


def _folds_of(of_row: Array, folds: int) -> tuple[Fold, ...]:
    return tuple(
        Fold(
            train=np.flatnonzero(of_row != fold),
            validation=np.flatnonzero(of_row == fold),
        )
        for fold in range(folds)
    )


def _check(table: SampleTable, by: str, folds: int, hold_out: float) -> None:
    published = bool(table.frame["partition"].notna().any())
    if by == Guarantee.PARTITION and not published:
        raise DataError(
            f'[split] by = "partition": the data in {table.root} (read as '
            f'{table.source}) publish no partition; use by = "subject"'
        )
    if by not in list(Guarantee):
        raise DataError(f'[split] by is "subject" or "partition", found {by!r}')
    if not 0.0 < hold_out < 1.0:
        raise DataError(
            f"[split] hold_out is a part between 0 and 1, both excluded, such as 0.2; "
            f"found {hold_out}"
        )
    if folds < 1:
        raise DataError(f"[split] folds is at least 1, found {folds}")
    if by == Guarantee.SUBJECT:
        _check_subjects(table, published=published)


def _check_subjects(table: SampleTable, *, published: bool) -> None:
    missing = table.frame["subject"].isna()
    if published and bool(missing.all()):
        raise DataError(
            f'[split] by = "subject": the data in {table.root} (read as '
            f"{table.source}) name no subjects, so that nothing can keep one out of "
            'two parts; use by = "partition", and the report will say so'
        )
    if bool(missing.any()):
        place = table.frame.loc[missing, "place"].iloc[0]
        raise DataError(
            f'[split] by = "subject" needs a subject in every row; {place} has none, '
            f"nor have {int(missing.sum()) - 1} others of {len(table)} rows; fill the "
            "column subject"
        )


def _check_enough(subjects: int, folds: int, hold_out: float) -> None:
    held = _part_size(subjects, hold_out)
    left = subjects - held
    if held < 1 or left < 1:
        raise DataError(
            f"[split] hold_out = {hold_out} of {subjects} subjects holds out {held} "
            f"and leaves {left}; each part needs at least one subject"
        )
    if left < max(2, folds):
        raise DataError(
            f"[split] folds = {folds} needs at least {max(2, folds)} subjects, but "
            f"hold_out = {hold_out} leaves {left} of {subjects}; lower either"
        )
