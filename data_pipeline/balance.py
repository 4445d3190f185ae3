"""Balance of classes and action units, computed from training rows only."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from data_pipeline.errors import DataError
from data_pipeline.targets import Targets

Array = np.ndarray[Any, Any]

MOST_REPEATS = 10
"""No row is repeated more often for the sake of a rare action unit."""

MOST_AU_WEIGHT = 10.0
"""A rarer action unit than 1 in 11 is not weighted up further: noise would rule."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Balance:
    """How training rows are drawn and weighted.

    Attributes:
        rows: shape (M,), training rows, each at least once.
        emotion_weights: shape (E,), float32, positive; one for each class.
        au_weights: shape (U,), float32 in [1, 10]; weight of an AU's positives.
    """

    rows: Array
    emotion_weights: Array
    au_weights: Array


def balance(targets: Targets, rows: Array, mode: str, seed: int) -> Balance:
    """Balances one training part.

    Args:
        targets: targets of the whole table.
        rows: positions of the training rows; no other row is looked at.
        mode: ``"none"``; ``"class_weights"``: classes weigh the inverse of their
            frequency, 1 on average over the labelled training rows, and an AU's
            positives weigh negatives / positives within [1, 10]; ``"oversample"``:
            rows are repeated until the emotions, or without emotion labels the
            rarest AUs of the rows, are equally frequent.
        seed: decides which rows are repeated.

    Returns:
        The rows to train on and the weights.

    Raises:
        DataError: the mode is unknown.
    """
    part = targets.take(rows)
    ones = Balance(
        rows=rows,
        emotion_weights=np.ones(len(targets.emotions), np.float32),
        au_weights=np.ones(len(targets.action_units), np.float32),
    )
    match mode:
        case "none":
            return ones
        case "class_weights":
            return Balance(
                rows=rows, emotion_weights=_inverse(part), au_weights=_positive(part)
            )
        case "oversample":
            return Balance(
                rows=rows[_oversampled(part, seed)],
                emotion_weights=ones.emotion_weights,
                au_weights=ones.au_weights,
            )
        case _:
            raise DataError(
                f"balance is none, class_weights or oversample, found {mode!r}"
            )


def _inverse(part: Targets) -> Array:
    """Weights classes by inverse frequency; a class without rows weighs 1."""
    counts = part.emotion[part.emotion_mask].sum(axis=0, dtype=np.float64)
    present = counts > 0
    weights = np.ones(len(counts))
    weights[present] = counts.sum() / (present.sum() * counts[present])
    return weights.astype(np.float32)


def _positive(part: Targets) -> Array:
    """Weights the positives of each AU; one without positives weighs 1."""
    positives = (part.action_unit * part.action_unit_mask).sum(axis=0, dtype=np.float64)
    negatives = part.action_unit_mask.sum(axis=0) - positives
    ratio = negatives / np.maximum(positives, 1.0)
    weights = np.where(positives > 0, np.clip(ratio, 1.0, MOST_AU_WEIGHT), 1.0)
    return weights.astype(np.float32)


def _oversampled(part: Targets, seed: int) -> Array:
    if part.emotion_mask.any():
        groups = np.where(part.emotion_mask, part.emotion.argmax(axis=1), -1)
        return _repeated(groups, seed, most=len(groups))
    return _repeated(_rarest_unit(part), seed, most=MOST_REPEATS)


def _rarest_unit(part: Targets) -> Array:
    """Finds each row's rarest present AU; U for a row whose AUs are all absent."""
    present = (part.action_unit > 0) & part.action_unit_mask
    counts = present.sum(axis=0)
    none = len(counts)
    rarity = np.where(present, counts[None, :], len(present) + 1)
    groups = rarity.argmin(axis=1) if none else np.zeros(len(present), int)
    groups = np.where(present.any(axis=1), groups, none)
    return np.where(part.action_unit_mask.any(axis=1), groups, -1)


def _repeated(groups: Array, seed: int, most: int) -> Array:
    """Repeats positions until the groups are as large as the largest one.

    Group -1 (unlabelled) is kept once. Within a group the repeats are spread evenly:
    two rows' counts differ by 1 at most.
    """
    generator = np.random.default_rng(seed)
    labels, sizes = np.unique(groups[groups >= 0], return_counts=True)
    parts = [np.arange(len(groups))]
    for label, size in zip(labels, sizes, strict=True):
        members = np.flatnonzero(groups == label)
        extra = min(int(sizes.max()), int(size) * most) - int(size)
        rounds = -(-extra // int(size))
        drawn = [generator.permutation(members) for _ in range(rounds)]
        parts.append(np.concatenate([members[:0], *drawn])[:extra])
    return np.concatenate(parts)
