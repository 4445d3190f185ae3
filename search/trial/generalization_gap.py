"""The generalization gap: how much better a trial scores on rows it was trained on.

Three values of the objective are compared: on training rows, on validation rows, and
that of a constant baseline. Differences are shares of the way from the baseline to a
perfect 1, so that the same two thresholds hold for an F1 over seven emotions, an AUC
and a CCC.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from data_pipeline.split.split import Fold
from data_pipeline.system.seeds import child_seed
from data_pipeline.targets.targets import Targets
from models.evaluation.baseline import baseline_predictions
from models.metrics.predictions import Predictions
from search.trial.objective import score

UNDER, OVER, BALANCED = "under-fitting", "over-fitting", "balanced"

LEARNED = 0.25
"""Below this share of the way on training rows, a trial is under-fitting."""

LOST = 0.1
"""Above this share of the way, a gap is over-fitting."""

LARGEST_SAMPLE = 512
DIGITS = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """The generalization gap of a trial.

    ``trained_value`` is the objective on training rows, at the epoch of the trial's
    value and smoothed like it; ``gap`` is the difference of the two, below 0 where
    dropout or penalties hold the training back. ``baseline_value`` is the objective of
    a constant on the validation rows, ``diagnosis`` one of the words above.
    """

    trained_value: float
    baseline_value: float
    gap: float
    diagnosis: str


def training_sample(fold: Fold, index: int) -> np.ndarray:
    """Samples training rows to score: as many as the validation rows, at most 512.

    They are the same in every trial and study. Each is sampled at most once, even if
    oversampling repeats it, so that the classes keep their frequencies. ``index`` is
    the fold's, from 0. The rows are sorted.
    """
    count = min(len(fold.train), len(fold.validation), LARGEST_SAMPLE)
    generator = np.random.default_rng(child_seed(0, "training sample", index))
    return np.sort(generator.choice(np.unique(fold.train), count, replace=False))


def baseline_value(
    targets: Targets,
    folds: Sequence[Fold],
    objective: Mapping[str, float],
    *,
    groups: np.ndarray | None = None,
) -> float:
    """Scores the best constant of each fold's training rows, pooled over the folds."""
    constants = [
        baseline_predictions(targets.take(fold.train), count=len(fold.validation))
        for fold in folds
    ]
    rows = np.concatenate([fold.validation for fold in folds])
    return score(
        targets.take(rows),
        Predictions.concatenate(constants),
        objective,
        None if groups is None else groups[rows],
    )


def classify_fit(value: float, *, trained: float, baseline: float) -> Gap:
    """Classifies a trial as under-fitting, over-fitting or balanced.

    Under-fitting where the training rows are less than a quarter of the way from the
    baseline to 1; else over-fitting where the validation ``value`` is more than a tenth
    of that way behind them. Where the baseline is perfect nothing can be learned, and
    the trial is balanced.

    Example:
        >>> classify_fit(0.7, trained=0.8, baseline=0.5).diagnosis
        'over-fitting'
    """
    gap = round(trained - value, DIGITS)
    way = round(1.0 - baseline, DIGITS)
    diagnosis = BALANCED
    if round(trained - baseline - LEARNED * way, DIGITS) < 0:
        diagnosis = UNDER
    elif way > 0 and round(gap - LOST * way, DIGITS) > 0:
        diagnosis = OVER
    return Gap(
        trained_value=trained, baseline_value=baseline, gap=gap, diagnosis=diagnosis
    )


def describe_gap(attributes: Mapping[str, Any]) -> str | None:
    """Describes the gap in a completed trial's attributes; ``None`` without one.

    Example:
        >>> kept = {"trained_value": 0.9, "gap": 0.15, "diagnosis": "over-fitting"}
        >>> print(describe_gap(kept))
        over-fitting: value 0.9000 on training rows, 0.1500 above validation
    """
    if "gap" not in attributes:
        return None
    gap = attributes["gap"]
    side = "above" if gap >= 0 else "below"
    return (
        f"{attributes['diagnosis']}: value {attributes['trained_value']:.4f} on "
        f"training rows, {abs(gap):.4f} {side} validation"
    )
