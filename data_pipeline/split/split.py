"""Split of a table: a sealed hold-out, and folds of the rest.

By subject, or by the published partition where a set names no subjects. A pure
function of subjects, partition, labels and its own arguments. No image is looked
at, so nothing of the hold-out's pixels leaks.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.split.holdout import HoldOut
from data_pipeline.split.label_shares import HOLD_OUT, Shares, shares
from data_pipeline.split.rules import (
    PUBLISHED,
    VALIDATION,
    Guarantee,
    check_division,
    check_enough,
    check_partition,
    check_unpublished,
    check_validation,
    held_part,
    part_size,
    rows_validating,
    subjects_validating,
)
from data_pipeline.split.stratify import (
    census,
    chosen_part,
    chosen_rows,
    dealt,
    dealt_rows,
)
from data_pipeline.system.errors import DataError
from data_pipeline.system.seeds import child_seed

Array = np.ndarray[Any, Any]


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
    """The parts of a table: development rows in folds, and the sealed hold-out.

    ``part`` names the published part that is held out, where one is; ``shares`` counts
    the labels of each part.
    """

    guarantee: Guarantee
    development: SampleTable
    folds: tuple[Fold, ...]
    hold_out: HoldOut
    shares: Shares
    part: str | None = None

    def only(self, rows: Array) -> "Split":
        """Keeps some development rows; the hold-out stays as it is.

        Args:
            rows: ascending positions in the development table.

        Returns:
            A split of these rows, each in the parts where it was.
        """
        folds = tuple(
            Fold(
                train=np.flatnonzero(np.isin(rows, fold.train)),
                validation=np.flatnonzero(np.isin(rows, fold.validation)),
            )
            for fold in self.folds
        )
        return replace(self, development=self.development.take(rows), folds=folds)


def split(  # noqa: PLR0913 - the settings of a study, one by one
    table: SampleTable,
    *,
    by: str,
    folds: int,
    hold_out: float,
    hold_out_seed: int,
    validation: float | None = None,
    held: Collection[str] | None = None,
) -> Split:
    """Divides a table; who is held out does not depend on the folds.

    Args:
        table: the whole table, in any row order.
        by: ``"subject"``, or ``"partition"``: the published test part is held out, or
            the validation part of a set without one.
        folds: number of folds; 1 means one validation part: the published one, or a
            fifth of the development, or ``validation``.
        hold_out: part of the subjects, and nearly so of the images, in (0, 1);
            without meaning for a partition, whose sizes are published.
        hold_out_seed: decides the division together with the labels.
        validation: part of all subjects, or of all rows of a partition, in (0, 1),
            that validates where there is one fold; it moves nobody in or out of the
            hold-out.
        held: subjects who are held out in place of those that the seed chooses, for
            they were so when a hold-out was opened.

    Returns:
        The split; its development table is ordered by image path.

    Raises:
        DataError: the table cannot be divided so; the message has the numbers.
    """
    check_division(table, by, folds, hold_out)
    check_validation(folds, validation)
    order = np.argsort(table.frame["image"].to_numpy(dtype=str), kind="stable")
    table = table.take(order)
    if by == Guarantee.PARTITION:
        return _by_partition(table, folds, validation, hold_out_seed)
    whole = census(table)
    check_enough(len(whole.subjects), folds, hold_out)
    validating = subjects_validating(len(whole.subjects), hold_out, validation)
    if held is None:
        size = part_size(len(whole.subjects), hold_out)
        chosen = chosen_part(whole, size, child_seed(hold_out_seed, "hold-out"))
    else:
        chosen = np.isin(whole.subjects, sorted(held))
        _check_left(len(chosen), int(chosen.sum()), folds, validating)
    held_rows = chosen[_groups(table, whole.subjects)]
    development = table.take(np.flatnonzero(~held_rows))
    part = _folded(development, folds, validating, hold_out_seed)
    return _split(table, Guarantee.SUBJECT, held_rows, _folds_of(part, folds))


def split_report(split: Split) -> dict[str, Any]:
    """Lists what the parts hold, as ``holdout.json`` has it: counts of images."""
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


def _check_left(subjects: int, held: int, folds: int, validating: int) -> None:
    """Refuses people who are to stay held out where too few others are left."""
    least = folds if folds > 1 else validating + 1
    if not 0 < held <= subjects - least:
        raise DataError(
            f"{held} of {subjects} subjects stay held out, because the hold-out was "
            f"opened with them, and folds = {folds} needs at least {least} others; "
            "add people, or choose another hold_out_seed"
        )


def _by_partition(
    table: SampleTable, folds: int, validation: float | None, seed: int
) -> Split:
    """Holds a published part out, and folds all other rows."""
    name = held_part(table)
    held = (table.frame["partition"] == name).to_numpy(dtype=bool)
    development = table.take(np.flatnonzero(~held))
    check_partition(table, int(held.sum()), folds)
    published = (development.frame["partition"] == PUBLISHED).to_numpy(dtype=bool)
    if folds == 1 and published.any() and not published.all():
        check_unpublished(table, validation)
        part = np.where(published, 0, 1)
    elif validation is not None:
        size = rows_validating(table, len(development), validation)
        chosen = chosen_rows(development, size, child_seed(seed, "folds", folds))
        part = np.where(chosen, 0, 1)
    else:
        parts = folds if folds > 1 else round(1 / VALIDATION)
        part = dealt_rows(development, parts, child_seed(seed, "folds", parts))
    return _split(table, Guarantee.PARTITION, held, _folds_of(part, folds), name)


def _split(
    table: SampleTable,
    guarantee: Guarantee,
    held: Array,
    folds: tuple[Fold, ...],
    part: str | None = None,
) -> Split:
    """Seals the rows held out, and counts the labels of all parts before."""
    sealed, open_rows = np.flatnonzero(held), np.flatnonzero(~held)
    validating = {
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
        shares=shares(table, {HOLD_OUT: sealed, **validating}),
        part=part,
    )


def _groups(table: SampleTable, subjects: Array) -> Array:
    """Numbers each row's subject, shape (N,)."""
    return np.searchsorted(subjects, table.frame["subject"].to_numpy(dtype=str))


def _folded(development: SampleTable, folds: int, validating: int, seed: int) -> Array:
    """Gives each row the fold that it validates in, shape (N,)."""
    whole = census(development)
    child = child_seed(seed, "folds", folds)
    if folds == 1:
        part = np.where(chosen_part(whole, validating, child), 0, 1)
    else:
        part = dealt(whole, folds, child)
    return part[_groups(development, whole.subjects)]


def _folds_of(of_row: Array, folds: int) -> tuple[Fold, ...]:
    return tuple(
        Fold(
            train=np.flatnonzero(of_row != fold),
            validation=np.flatnonzero(of_row == fold),
        )
        for fold in range(folds)
    )
