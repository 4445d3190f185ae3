"""Leaks: a sequence or an image in more than one part of a split."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from data_pipeline.checks.image_check import ImageSketch
from data_pipeline.dataset.problems import Check, Problem
from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.split.label_shares import HOLD_OUT
from data_pipeline.split.split import Split

Array = np.ndarray[Any, Any]
Progress = Callable[[int, int], None]

SIMILAR = 0.99
"""Least correlation of two sketches of the same image. On 273 synthetic faces, copies
at JPEG quality 30 or a fifth of the size have .998 and more, faces of two people .965
at most."""
_BLOCK = 1024


def parts_of(table: SampleTable, split: Split) -> Array:
    """Maps each row to its part, shape (N,): ``hold-out``, ``fold 1``, ...

    With one fold the parts are ``training`` and ``validation``.
    """
    names = np.full(len(split.development), "training", object)
    for number, fold in enumerate(split.folds, start=1):
        single = len(split.folds) == 1
        names[fold.validation] = "validation" if single else f"fold {number}"
    images = split.development.frame["image"]
    part = dict(zip(images, names, strict=True))
    return np.array([part.get(image, HOLD_OUT) for image in table.frame["image"]])


def shared_sequences(table: SampleTable, parts: Array) -> list[Problem]:
    """Finds sequences in two parts (N,), as a published partition may have.

    Without a subject, a sequence is one wherever its id occurs.
    """
    keys = [
        "" if sequence is None else f"{subject or ''}\0{sequence}"
        for subject, sequence in zip(
            table.frame["subject"], table.frame["sequence"], strict=True
        )
    ]
    return [
        Problem(
            check=Check.SEQUENCE,
            where=_places(table, parts, rows),
            message="one sequence; split by subject, or by sequence",
        )
        for rows in _spread(keys, parts)
    ]


def same_files(
    table: SampleTable, parts: Array, sketches: Mapping[int, ImageSketch]
) -> list[Problem]:
    """Finds files with the same bytes in two parts (N,), or with different labels.

    ``sketches`` maps the rows of readable images.
    """
    keys = [
        sketches[row].digest if row in sketches else "" for row in range(len(table))
    ]
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
    texts = [repr(row) for row in labels.fillna("").itertuples(index=False, name=None)]
    return [
        Problem(
            check=Check.LABEL,
            where=_places(table, parts, group),
            message="the same bytes have different labels; keep the right row",
        )
        for group in _spread(keys, np.array(texts))
    ]


def _spread(keys: Sequence[str], parts: Array) -> Iterator[list[int]]:
    """Yields, for each key in several parts, the first row in each part."""
    groups: dict[str, dict[str, int]] = {}
    for row, (key, part) in enumerate(zip(keys, parts, strict=True)):
        if key:
            groups.setdefault(key, {}).setdefault(str(part), row)
    for found in groups.values():
        if len(found) > 1:
            yield list(found.values())


def same_images(
    table: SampleTable,
    parts: Array,
    sketches: Mapping[int, ImageSketch],
    progress: Progress,
) -> list[Problem]:
    """Finds copies in two parts that were resized, re-encoded or brightened.

    Pairs of equal files are left out. ``progress`` gets rows compared and all rows.
    """
    rows, values = list(sketches), list(sketches.values())
    problems = []
    for first, second, likeness in _similar(values, parts[rows], progress):
        if values[first].digest == values[second].digest:
            continue
        places = _places(table, parts, [rows[first], rows[second]])
        message = (
            f"similarity {likeness:.3f} of 1; compare them, and keep one of a pair"
        )
        problems.append(Problem(check=Check.SAME_IMAGE, where=places, message=message))
    return problems


def _similar(
    sketches: Sequence[ImageSketch], parts: Array, progress: Progress
) -> Iterator[tuple[int, int, float]]:
    """Yields pairs in different parts with correlated sketches, in blocks of rows."""
    if not sketches:
        return
    flat = np.stack([each.sketch.ravel() for each in sketches]).astype(np.float32)
    flat -= flat.mean(axis=1, keepdims=True)
    flat /= np.linalg.norm(flat, axis=1, keepdims=True)
    _, part = np.unique(parts, return_inverse=True)
    for start, end in pairwise([*range(0, len(flat), _BLOCK), len(flat)]):
        likeness = flat[start:end] @ flat[start:].T
        pairs = np.argwhere(likeness >= SIMILAR)
        for first, second in pairs[pairs[:, 0] < pairs[:, 1]]:
            if part[start + first] != part[start + second]:
                pair = start + int(first), start + int(second)
                yield *pair, min(1.0, float(likeness[first, second]))
        progress(end, len(flat))


def _places(table: SampleTable, parts: Array, rows: Sequence[int]) -> str:
    images = table.frame["image"]
    return "; ".join(f"{parts[row]}: {images.iloc[row]}" for row in rows)
