"""Stratified parts of rows or subjects: the most balanced of many random divisions.

scikit-learn has no split that is stratified by several labels and grouped at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.system.seeds import child_seed, random_orders

Array = np.ndarray[Any, Any]

CANDIDATES = 2000
"""Random divisions to choose from. On 560 images of 123 subjects with random labels, a
hold-out of a fifth has an imbalance of 1.6 in one random division, .09 in the best of
2,000, .06 in the best of 20,000."""


def sample_rows(table: SampleTable, size: int, seed: int) -> Array:
    """Samples exactly ``size`` rows, stratified by emotion: bool, shape (N,).

    Each emotion has its share, give or take one row.
    """
    # Every N / size-th place of the order, in which equal emotions lie side by side.
    marks = np.arange(len(table) + 1) * size // len(table)
    sampled = np.zeros(len(table), bool)
    sampled[_by_emotion(table, seed)] = marks[1:] > marks[:-1]
    return sampled


def assign_row_folds(table: SampleTable, folds: int, seed: int) -> Array:
    """Assigns each row to a fold, stratified by emotion: int, shape (N,).

    The sizes of two folds, in all and of each emotion, differ by 1 at most.
    """
    fold = np.empty(len(table), int)
    fold[_by_emotion(table, seed)] = np.arange(len(table)) % folds
    return fold


def _by_emotion(table: SampleTable, seed: int) -> Array:
    """Orders rows by emotion, and randomly within one."""
    labels = table.frame["emotion"].fillna("").to_numpy(dtype=str)
    # Raw bits, because NumPy promises their stream and not a Generator's.
    keys = np.random.PCG64(child_seed(seed, "rows")).random_raw(len(table))
    return np.lexsort((keys, labels))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LabelCounts:
    """Label counts of each subject.

    Attributes:
        subjects: shape (S,), sorted.
        labels: the label of each column after the first: its column in the table
            (``"action_units"`` for all AUs), and its name.
        counts: shape (S, L), int64: images, rows of each emotion of either level,
            rows of each present AU; labels that never occur are left out.
        weights: shape (L,), sums to 1: images, each level of emotion and the AUs have
            equal weight, however many labels they have.
    """

    subjects: Array
    labels: tuple[tuple[str, str], ...]
    counts: Array
    weights: Array


def count_by_subject(table: SampleTable, column: str = "subject") -> LabelCounts:
    """Counts each subject's labels, whatever the order of rows and columns.

    ``column`` may be another one of ids, which stand for subjects.
    """
    subjects, rows = np.unique(
        table.frame[column].to_numpy(dtype=str), return_inverse=True
    )
    by_row = count_by_row(table)
    counts = np.zeros((len(subjects), by_row.counts.shape[1]), np.int64)
    np.add.at(counts, rows, by_row.counts)
    return replace(by_row, subjects=subjects, counts=counts)


def count_by_row(table: SampleTable) -> LabelCounts:
    """Counts each row's labels, as if each image were a subject, in row order."""
    groups = [group for group in _indicators(table) if group[1]]
    weights = [np.full(len(names), 1 / len(names)) for _, names, _ in groups]
    counts = np.concatenate([present for *_, present in groups], axis=1)
    return LabelCounts(
        subjects=table.frame["image"].to_numpy(dtype=str),
        labels=tuple(
            (column, name) for column, names, _ in groups[1:] for name in names
        ),
        counts=counts.astype(np.int64),
        weights=np.concatenate(weights) / len(groups),
    )


def _indicators(table: SampleTable) -> Iterator[tuple[str, list[str], Array]]:
    """Yields column, names and indicators (N, names) of each group of labels."""
    frame = table.frame
    yield "image", ["image"], np.ones((len(table), 1), bool)
    for level in ("high_level_emotion", "emotion"):
        values = frame[level].to_numpy(dtype=object)
        names = sorted(set(frame[level].dropna()))
        yield level, names, values[:, None] == np.array(names, dtype=object)[None, :]
    units = frame[sorted(table.action_units)].fillna(0).astype(bool)
    occurring = units.loc[:, units.any(axis=0)]
    yield "action_units", list(occurring.columns), occurring.to_numpy(dtype=bool)


def imbalance(parts: Array, whole: LabelCounts, share: float) -> Array:
    """Measures how far parts are from being scaled copies of the whole.

    ``parts`` has shape (..., L), label counts; ``share`` of the whole is intended, in
    (0, 1). Returns shape (...,): the weighted mean over labels of (found -
    expected)^2 / expected; 0 is a perfect copy, about 1 is chance.
    """
    expected = whole.counts.sum(axis=0) * share
    squared = (parts - expected) ** 2 / expected * whole.weights
    # Rounded so that the last bit of a sum never decides who is held out.
    rounded: Array = np.round(squared.sum(axis=-1), 9)
    return rounded


def sample_part(whole: LabelCounts, size: int, seed: int) -> Array:
    """Samples the ``size`` subjects that represent the whole best: bool, shape (S,)."""
    candidates = random_orders(seed, CANDIDATES, len(whole.subjects))[:, :size]
    parts = whole.counts[candidates].sum(axis=1)
    best = candidates[imbalance(parts, whole, size / len(whole.subjects)).argmin()]
    return np.isin(np.arange(len(whole.subjects)), best)


def assign_folds(whole: LabelCounts, folds: int, seed: int) -> Array:
    """Assigns each subject to one of the most balanced folds: int, shape (S,).

    With at least as many subjects as folds, no fold is empty.
    """
    orders = random_orders(seed, CANDIDATES, len(whole.subjects))
    total = np.zeros(len(orders))
    for fold in range(folds):
        counts = whole.counts[orders[:, fold::folds]].sum(axis=1)
        total += imbalance(counts, whole, 1 / folds)
    best = orders[np.round(total, 6).argmin()]
    assigned = np.empty(len(whole.subjects), int)
    assigned[best] = np.arange(len(best)) % folds
    return assigned
