"""Whether every fold can be learned and scored; what cannot is refused, or said."""

from collections.abc import Iterator, Sequence

import numpy as np

from data_pipeline.split.split import Fold
from data_pipeline.system.errors import DataError
from data_pipeline.targets.targets import Targets

WAY_OUT = "take fewer [split] folds, or more data"


def check_development(truth: Targets) -> None:
    """Refuses labels that no score can be computed of.

    Args:
        truth: what is scored against, of all development rows.

    Raises:
        DataError: there is one emotion alone, or no action unit or dimension that
            differs between two rows.
    """
    for found in _alike(truth):
        raise DataError(f"the development part, {len(truth)} images: {found}")


def check_folds(folds: Sequence[Fold], targets: Targets, truth: Targets) -> None:
    """Refuses folds that nothing can be learned from or scored on.

    Args:
        folds: rows of each fold, those without pixels left out.
        targets: what is learned.
        truth: what is scored against.

    Raises:
        DataError: a part has no label of a target, a training part has one emotion
            alone, or the validation parts together cannot be scored.
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
        alone = _one_emotion(targets.take(fold.train))
        if alone:
            raise DataError(
                f"fold {index + 1}: its train part of {len(fold.train)} images has "
                f"one emotion alone, {alone}; {WAY_OUT}"
            )
    pooled = truth.take(np.concatenate([fold.validation for fold in folds]))
    for found in _alike(pooled):
        raise DataError(f"the validation parts: {found}")


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


def _alike(part: Targets) -> Iterator[str]:
    """Says of each target why no score can be computed of it, and the way out."""
    way_out = "from [data] targets, or read more data"
    alone = _one_emotion(part)
    if alone:
        yield (
            f"they show one emotion alone, {alone}, so that every model is right or "
            f"none; drop emotion {way_out}"
        )
    if part.action_units and not _has_both(part).any():
        yield (
            f"none of {len(part.action_units)} action units is both present and "
            f"absent in them, so that none can be scored; drop action_units {way_out}"
        )
    rated, known = part.valence_arousal, part.valence_arousal_mask
    if part.dimensions and not any(
        len(np.unique(values[mask])) > 1
        for values, mask in zip(rated.T, known.T, strict=True)
    ):
        yield (
            "all of them have the same valence and arousal, so that neither can be "
            f"scored; drop valence_arousal {way_out}"
        )


def _one_emotion(part: Targets) -> str:
    """Names the emotion of all labelled rows, where there is but one."""
    shown = part.emotion[part.emotion_mask].any(axis=0)
    return part.emotions[int(np.argmax(shown))] if shown.sum() == 1 else ""


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
