"""Leaks: a person, a sequence or a picture that is in more than one part of a split."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from data_pipeline.checks.image_check import Look
from data_pipeline.dataset.problems import Check, Problem
from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.split.label_shares import HOLD_OUT
from data_pipeline.split.split import Split

Array = np.ndarray[Any, Any]
Progress = Callable[[int, int], None]

ALIKE = 0.99
"""Correlation of two sketches from which they show one picture. On 273 synthetic faces:
copies at JPEG quality 30 or a fifth of the size have .998 and more, faces of two people
.965 at most."""
_BLOCK = 1024


def parts_of(table: SampleTable, divided: Split) -> Array:
    """Names the part of each row.

    Args:
        table: the whole table.
        divided: its split.

    Returns:
        Shape (N,), text: ``hold-out``, ``fold 1``, ...; with one fold ``training``
        and ``validation``.
    """
    names = np.full(len(divided.development), "training", object)
    for number, fold in enumerate(divided.folds, start=1):
        single = len(divided.folds) == 1
        names[fold.validation] = "validation" if single else f"fold {number}"
    images = divided.development.frame["image"]
    part = dict(zip(images, names, strict=True))
    return np.array([part.get(image, HOLD_OUT) for image in table.frame["image"]])


def shared_sequences(table: SampleTable, parts: Array) -> list[Problem]:
    """Finds sequences in two parts, as a published partition may have them.

    Args:
        table: the whole table.
        parts: shape (N,), the part of each row.

    Returns:
        One problem for each of them.
    """
    keys = [
        "" if subject is None or sequence is None else f"{subject}\0{sequence}"
        for subject, sequence in zip(
            table.frame["subject"], table.frame["sequence"], strict=True
        )
    ]
    return [
        Problem(
            check=Check.SEQUENCE,
            where=_places(table, parts, rows),
            message="one sequence; split by subject",
        )
        for rows in _spread(keys, parts)
    ]


def same_files(
    table: SampleTable, parts: Array, rows: Sequence[int], looks: Sequence[Look]
) -> list[Problem]:
    """Finds files with the same bytes: in two parts, or labelled in two ways.

    Args:
        table: the whole table.
        parts: shape (N,), the part of each row.
        rows: the rows that could be looked at.
        looks: what was seen in each of them.

    Returns:
        One problem for each group of equal files.
    """
    keys = [""] * len(table)
    for row, look in zip(rows, looks, strict=True):
        keys[row] = look.digest
    advice = "the same bytes; remove all but one"
    leaks = [
        Problem(
            check=Check.SAME_FILE, where=_places(table, parts, group), message=advice
        )
        for group in _spread(keys, parts)
    ]
    return leaks + _conflicts(table, parts, keys)


def _conflicts(table: SampleTable, parts: Array, keys: list[str]) -> list[Problem]:
    columns = ["emotion", "high_level_emotion", *table.action_units]
    labels = table.frame[columns].astype(object).where(table.frame[columns].notna())
    told = [repr(row) for row in labels.fillna("").itertuples(index=False, name=None)]
    return [
        Problem(
            check=Check.LABEL,
            where=_places(table, parts, group),
            message="the same bytes have different labels; keep the right row",
        )
        for group in _spread(keys, np.array(told))
    ]


def _spread(keys: Sequence[str], parts: Array) -> Iterator[list[int]]:
    """Yields rows with one key and several parts: the first row in each part."""
    groups: dict[str, dict[str, int]] = {}
    for row, (key, part) in enumerate(zip(keys, parts, strict=True)):
        if key:
            groups.setdefault(key, {}).setdefault(str(part), row)
    for found in groups.values():
        if len(found) > 1:
            yield list(found.values())


def same_pictures(
    table: SampleTable,
    parts: Array,
    rows: Sequence[int],
    looks: Sequence[Look],
    progress: Progress,
) -> list[Problem]:
    """Finds copies that were resized, re-encoded or brightened, in two parts.

    Args:
        table: the whole table.
        parts: shape (N,), the part of each row.
        rows: the rows that could be looked at.
        looks: what was seen in each of them.
        progress: called with rows compared and all rows.

    Returns:
        One problem for each pair that is no pair of equal files.
    """
    problems = []
    for first, second, likeness in _alike(looks, parts[list(rows)], progress):
        if looks[first].digest == looks[second].digest:
            continue
        places = _places(table, parts, [rows[first], rows[second]])
        found = f"alike to {likeness:.3f} of 1; look at both, and keep one if so"
        problems.append(Problem(check=Check.SAME_PICTURE, where=places, message=found))
    return problems


def _alike(
    looks: Sequence[Look], parts: Array, progress: Progress
) -> Iterator[tuple[int, int, float]]:
    """Yields pairs of different parts whose sketches correlate, in blocks of rows."""
    if not looks:
        return
    flat = np.stack([look.sketch.ravel() for look in looks]).astype(np.float32)
    flat -= flat.mean(axis=1, keepdims=True)
    flat /= np.linalg.norm(flat, axis=1, keepdims=True)
    _, part = np.unique(parts, return_inverse=True)
    for start, end in pairwise([*range(0, len(flat), _BLOCK), len(flat)]):
        likeness = flat[start:end] @ flat[start:].T
        pairs = np.argwhere(likeness >= ALIKE)
        for first, second in pairs[pairs[:, 0] < pairs[:, 1]]:
            if part[start + first] != part[start + second]:
                pair = start + int(first), start + int(second)
                yield *pair, min(1.0, float(likeness[first, second]))
        progress(end, len(flat))


def _places(table: SampleTable, parts: Array, rows: Sequence[int]) -> str:
    images = table.frame["image"]
    return "; ".join(f"{parts[row]}: {images.iloc[row]}" for row in rows)
