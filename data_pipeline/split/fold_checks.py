"""Checks that every fold can be trained on and scored."""

from collections.abc import Iterator, Sequence

import numpy as np

from data_pipeline.split.split import Fold
from data_pipeline.system.errors import DataError
from data_pipeline.targets.targets import Targets

WAY_OUT = "use fewer [split] folds, or more data"


def check_development(scoring: Targets) -> None:
    """Refuses scoring targets of all rows that no score can be computed from.

    These have only one emotion, or no action unit, intensity or dimension that differs
    between two rows.
    """
    for problem in _unscorable(scoring):
        raise DataError(f"the development part, {len(scoring)} images: {problem}")


def check_folds(folds: Sequence[Fold], targets: Targets, scoring: Targets) -> None:
    """Refuses folds, without unreadable images, that cannot be trained on or scored.

    A part has no label of a target, a training part has only one emotion, or the
    validation parts together cannot be scored.
    """
    for number, fold in enumerate(folds, start=1):
        for name, rows, labels in (
            ("train", fold.train, targets),
            ("validation", fold.validation, scoring),
        ):
            for kind in _unlabelled(labels.take(rows)):
                raise DataError(
                    f"fold {number}: its {name} part of {len(rows)} images has no "
                    f"{kind}; {WAY_OUT}"
                )
        only = _only_emotion(targets.take(fold.train))
        if only:
            raise DataError(
                f"fold {number}: its train part of {len(fold.train)} images has only "
                f"one emotion, {only}; {WAY_OUT}"
            )
    pooled = scoring.take(np.concatenate([fold.validation for fold in folds]))
    for problem in _unscorable(pooled):
        raise DataError(f"the validation parts: {problem}")


def unscorable_folds(folds: Sequence[Fold], scoring: Targets) -> Iterator[str]:
    """Yields a note for each fold in which no action unit can be scored."""
    for number, fold in enumerate(folds, start=1):
        part = scoring.take(fold.validation)
        if part.action_units and not _varies(part).any():
            yield (
                f"fold {number}: no action unit is both present and absent in its "
                "validation part; its reports count 0 for them in every trial"
            )
        if part.intensities and not _differs(part.intensity, part.intensity_mask):
            yield (
                f"fold {number}: no action unit has two intensities in its validation "
                "part; its reports count 0 for them in every trial"
            )


def _unscorable(part: Targets) -> Iterator[str]:
    """Yields why a target cannot be scored, and the way out."""
    way_out = "from [data] targets, or read more data"
    only = _only_emotion(part)
    if only:
        yield (
            f"they show only one emotion, {only}, so every model scores the same; "
            f"drop emotion {way_out}"
        )
    if part.action_units and not _varies(part).any():
        yield (
            f"none of {len(part.action_units)} action units is both present and "
            f"absent in them, so none can be scored; drop action_units {way_out}"
        )
    if part.intensities and not _differs(part.intensity, part.intensity_mask):
        yield (
            f"none of {len(part.intensities)} action units has two intensities in "
            f"them, so none can be scored; drop action_unit_intensities {way_out}"
        )
    rated, mask = part.valence_arousal, part.valence_arousal_mask
    if part.dimensions and not _differs(rated, mask):
        yield (
            "all of them have the same valence and arousal, so neither can be "
            f"scored; drop valence_arousal {way_out}"
        )


def _only_emotion(part: Targets) -> str:
    """Returns the emotion of all labelled rows; empty if there are several or none."""
    shown = part.emotion[part.emotion_mask].any(axis=0)
    return part.emotions[int(np.argmax(shown))] if shown.sum() == 1 else ""


def _unlabelled(part: Targets) -> Iterator[str]:
    """Yields the targets that a part has no label of."""
    if part.emotions and not part.emotion_mask.any():
        yield "labelled emotion"
    if part.action_units and not part.action_unit_mask.any():
        yield "coded action unit"
    if part.intensities and not part.intensity_mask.any():
        yield "coded intensity"
    if part.dimensions and not part.valence_arousal_mask.any():
        yield "rated valence or arousal"


def _differs(values: np.ndarray, mask: np.ndarray) -> bool:
    """Returns whether a column, (N, columns), has two labelled values that differ."""
    return any(
        len(np.unique(column[labelled])) > 1
        for column, labelled in zip(values.T, mask.T, strict=True)
    )


def _varies(part: Targets) -> np.ndarray:
    """Marks action units that are present in one row and absent in another, (U,)."""
    present = (part.action_unit > 0) & part.action_unit_mask
    absent = (part.action_unit <= 0) & part.action_unit_mask
    return np.asarray(present.any(axis=0) & absent.any(axis=0))
