"""Split of a table by subject: a sealed hold-out, and folds of the rest.

A pure function of subjects, labels and its own four arguments. Many divisions are
drawn and the one whose parts resemble the whole best is kept: scikit-learn has no
split that is stratified by several labels and grouped at once. Labels alone decide,
so nothing of the hold-out's pixels leaks.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from data_pipeline.errors import DataError
from data_pipeline.holdout import HoldOut
from data_pipeline.samples import SampleTable
from data_pipeline.seeds import child_seed

Array = np.ndarray[Any, Any]

CANDIDATES = 2000
"""Divisions drawn; the best of them is kept."""

VALIDATION = 0.2
"""Part of the development subjects that validates where there is one fold."""


class Guarantee(StrEnum):
    """What a split promises about its parts."""

    SUBJECT = "subject"
    PARTITION = "partition"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fold:
    """One division of the development table.

    ``train`` and ``validation`` are ascending row positions in that table; together
    they cover it, and no subject is in both.
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
        by: ``"subject"``.
        folds: number of folds; 1 means one validation part of a fifth.
        hold_out: part of the subjects, and nearly so of the images, in (0, 1).
        hold_out_seed: decides the division together with the labels.

    Returns:
        The split; its development table is ordered by image path.

    Raises:
        DataError: the table cannot be divided so; the message has the numbers.
    """
    _check(table, by, folds, hold_out)
    order = np.argsort(table.frame["image"].to_numpy(dtype=str), kind="stable")
    table = table.take(order)
    subjects, counts = subject_counts(table)
    _check_enough(len(subjects), folds, hold_out)
    held = np.zeros(len(subjects), bool)
    held[_held_out(counts, hold_out, child_seed(hold_out_seed, "hold-out"))] = True
    groups = np.searchsorted(subjects, table.frame["subject"].to_numpy(dtype=str))
    development = table.take(np.flatnonzero(~held[groups]))
    return Split(
        guarantee=Guarantee.SUBJECT,
        development=development,
        folds=_folds(development, folds, hold_out_seed),
        hold_out=HoldOut(
            table.take(np.flatnonzero(held[groups])), fingerprint=table.fingerprint()
        ),
    )


def subject_counts(table: SampleTable) -> tuple[Array, Array]:
    """Counts each subject's images and labels.

    Args:
        table: a table whose rows all have a subject.

    Returns:
        Subjects, shape (S,), sorted; and counts, shape (S, L), int64: images, then
        rows of each emotion of either level, then rows of each present AU.
    """
    labels = table.frame[["subject"]].assign(images=1)
    for column in ("high_level_emotion", "emotion"):
        shown = table.frame[column]
        for name in sorted(shown.dropna().unique()):
            labels[f"{column} {name}"] = (shown == name).astype("int64")
    for unit in sorted(table.action_units):
        labels[unit] = table.frame[unit].fillna(0).astype("int64")
    sums = labels.groupby("subject", sort=True).sum()
    subjects = sums.index.to_numpy(dtype=str)
    order = np.argsort(subjects, kind="stable")
    return subjects[order], sums.to_numpy(dtype=np.int64)[order]


def imbalance(parts: Array, total: Array, share: float) -> Array:
    """Measures how far parts are from being small copies of the whole.

    Args:
        parts: shape (..., L), counts of labels in a part.
        total: shape (L,), counts in the whole.
        share: part of the whole that a part is to be, in (0, 1).

    Returns:
        Shape (...,): the mean over labels of the squared deviation from the expected
        count, in units of that count; 0 is a perfect copy.
    """
    expected = np.maximum(total * share, 1e-12)
    present = total > 0
    squared = (parts - expected) ** 2 / expected
    # Rounded so that the last bit of a sum never decides who is held out.
    rounded: Array = np.round(squared[..., present].mean(axis=-1), 9)
    return rounded


def _permutations(subjects: int, seed: int) -> Array:
    # Raw bits, because NumPy promises their stream and not a Generator's.
    raw = np.random.PCG64(seed).random_raw(CANDIDATES * subjects)
    keys: Array = raw.reshape(CANDIDATES, subjects)
    return np.argsort(keys, axis=1, kind="stable")


def _held_out(counts: Array, share: float, seed: int) -> Array:
    """Chooses the part of subjects whose labels resemble the whole best."""
    size = _part_size(len(counts), share)
    chosen = _permutations(len(counts), seed)[:, :size]
    parts = counts[chosen].sum(axis=1)
    best = imbalance(parts, counts.sum(axis=0), share).argmin()
    return np.asarray(chosen[best])


def _part_size(subjects: int, share: float) -> int:
    return round(subjects * share)


def _folds(development: SampleTable, folds: int, seed: int) -> tuple[Fold, ...]:
    subjects, counts = subject_counts(development)
    groups = np.searchsorted(subjects, development.frame["subject"].to_numpy(dtype=str))
    child = child_seed(seed, "folds", folds)
    if folds == 1:
        part = np.ones(len(subjects), int)
        size = max(1, _part_size(len(subjects), VALIDATION)) / len(subjects)
        part[_held_out(counts, size, child)] = 0
    else:
        part = _dealt(counts, folds, child)
    return tuple(
        Fold(
            train=np.flatnonzero(part[groups] != fold),
            validation=np.flatnonzero(part[groups] == fold),
        )
        for fold in range(folds)
    )


def _dealt(counts: Array, folds: int, seed: int) -> Array:
    """Deals subjects to folds in turn, so that none is empty; keeps the best deal."""
    orders = _permutations(len(counts), seed)
    total = counts.sum(axis=0)
    worst = np.zeros(len(orders))
    for fold in range(folds):
        parts = counts[orders[:, fold::folds]].sum(axis=1)
        worst += imbalance(parts, total, 1 / folds)
    best = orders[np.round(worst, 6).argmin()]
    part = np.empty(len(counts), int)
    part[best] = np.arange(len(counts)) % folds
    return part


def _check(table: SampleTable, by: str, folds: int, hold_out: float) -> None:
    if by == Guarantee.PARTITION:
        raise DataError(
            f'[split] by = "partition": the data in {table.root} (read as '
            f'{table.source}) publish no partition; use by = "subject"'
        )
    if by != Guarantee.SUBJECT:
        raise DataError(f'[split] by is "subject" or "partition", found {by!r}')
    if not 0.0 < hold_out < 1.0:
        raise DataError(
            f"[split] hold_out is a part between 0 and 1, both excluded, such as 0.2; "
            f"found {hold_out}"
        )
    if folds < 1:
        raise DataError(f"[split] folds is at least 1, found {folds}")
    missing = table.frame["subject"].isna()
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
