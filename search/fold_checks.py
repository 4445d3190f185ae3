"""Whether every fold can be learned and scored; what cannot is refused, or said."""

from collections.abc import Iterator, Sequence

import numpy as np

from data_pipeline.errors import DataError
from data_pipeline.split import Fold
from data_pipeline.targets import Targets

WAY_OUT = "take fewer [split] folds, or more data"


def check_folds(folds: Sequence[Fold], targets: Targets, truth: Targets) -> None:
    """Refuses folds that nothing can be learned from or scored on.

    Args:
        folds: rows of each fold, those without pixels left out.
        targets: what is learned.
        truth: what is scored against.

    Raises:
        DataError: a part has no label of a target, or no action unit can be scored.
    """
    for index, fold in enumerate(folds):
        for name, rows, labels in (
            ("train", fold.train, targets),
            ("validation", fold.validation, truth),
        ):
            for kind in _unlabelled(labels.take(rows)):
                raise DataError(
                    f"fold {index + 1}: its {name} part of {len(rows)} images has no "
                    f"{kind}; {WAY_OUT}"
                )
    pooled = truth.take(np.concatenate([fold.validation for fold in folds]))
    if truth.action_units and not _has_both(pooled).any():
        raise DataError(
            f"the validation parts: none of {len(truth.action_units)} action units is "
            "both present and absent in them, so that none can be scored; drop "
            "action_units from [data] targets, or read more data"
        )


def twins(folds: Sequence[Fold], contents: np.ndarray) -> int:
    """Counts validation images that are the same file as a training image of the fold.

    Args:
        folds: rows of each fold.
        contents: shape (N,), equal where two rows' files hold the same bytes.

    Returns:
        The sum over the folds: such images are scored on what was learned by heart.
    """
    return sum(
        int(np.isin(contents[fold.validation], contents[fold.train]).sum())
        for fold in folds
    )


def fold_notes(folds: Sequence[Fold], truth: Targets) -> Iterator[str]:
    """Says in which folds no action unit can be scored.

    Args:
        folds: rows of each fold.
        truth: what is scored against.

    Yields:
        A line for each of these folds.
    """
    for index, fold in enumerate(folds):
        if truth.action_units and not _has_both(truth.take(fold.validation)).any():
            yield (
                f"fold {index + 1}: no action unit is both present and absent in its "
                "validation part; its reports count 0 for them, in every trial alike"
            )


def _unlabelled(part: Targets) -> Iterator[str]:
    """Names the targets that a part has no label of."""
    if part.emotions and not part.emotion_mask.any():
        yield "labelled emotion"
    if part.action_units and not part.action_unit_mask.any():
        yield "coded action unit"
    if part.dimensions and not part.valence_arousal_mask.any():
        yield "rated valence or arousal"


def _has_both(part: Targets) -> np.ndarray:
    """Tells which action units are present in one row and absent in another, (U,)."""
    present = (part.action_unit > 0) & part.action_unit_mask
    absent = (part.action_unit <= 0) & part.action_unit_mask
    return np.asarray(present.any(axis=0) & absent.any(axis=0))
