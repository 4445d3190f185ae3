"""Every metric of the heads, computed on all predictions at once.

Masked labels are ignored, and labels that do not occur are left out of means. Keras's
own metrics are not used: they score absent labels as 0 and average over batches.

Source: reference formulas of ``sklearn.metrics`` and ``scipy.stats`` (the tests
compare).
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from models.metrics.action_units import (
    ACTION_UNIT_METRICS,
    ACTION_UNIT_REPORTED,
    action_unit_metrics,
)
from models.metrics.emotion import EMOTION_METRICS, EMOTION_REPORTED, emotion_metrics
from models.metrics.intensities import (
    INTENSITY_METRICS,
    INTENSITY_REPORTED,
    intensity_metrics,
)
from models.metrics.own.metric import codes_of, own_scores
from models.metrics.predictions import Predictions
from models.metrics.valence_arousal import (
    RATING_METRICS,
    RATING_REPORTED,
    rating_metrics,
)

if TYPE_CHECKING:  # a study file is checked against the names here, without pandas
    from data_pipeline.targets.targets import Targets

METRIC_NAMES: tuple[str, ...] = (
    *(f"emotion.{name}" for name in EMOTION_METRICS),
    *(f"action_units.{name}" for name in ACTION_UNIT_METRICS),
    *(f"action_unit_intensities.{name}" for name in INTENSITY_METRICS),
    *(f"valence_arousal.{name}" for name in RATING_METRICS),
)
"""What a study's ``[objective]`` may name; higher is better, 1 is perfect.

Krippendorff's alpha is missing: ``data_pipeline.explore`` reports how far taggers
agree.
"""

REPORTED_NAMES: tuple[str, ...] = (
    *(f"emotion.{name}" for name in EMOTION_REPORTED),
    *(f"action_units.{name}" for name in ACTION_UNIT_REPORTED),
    *(f"action_unit_intensities.{name}" for name in INTENSITY_REPORTED),
    *(f"valence_arousal.{name}" for name in RATING_REPORTED),
)
"""Reported only: lower is better, and an objective is maximized."""


def scores(
    targets: "Targets",
    predictions: Predictions,
    *,
    thresholds: Mapping[str, float] | None = None,
    own: Iterable[str] = (),
) -> dict[str, float]:
    """Computes every metric of the heads that targets and predictions share.

    Args:
        targets: the labels, row by row.
        predictions: the outputs for the same rows.
        thresholds: the least score at which an action unit counts as present, by
            its name; 0.5 where none is given.
        own: names of own metrics; those of ``METRIC_NAMES`` and ``REPORTED_NAMES``
            among them are ignored.

    Returns:
        Names of ``METRIC_NAMES``, ``REPORTED_NAMES`` and ``own`` to values; NaN where
        a metric is undefined (no labelled row, no unit that occurs) or where a
        prediction of that head is not finite.
    """
    ones = np.ones((1, len(predictions)))
    found = weighted_scores(targets, predictions, ones, thresholds=thresholds, own=own)
    return {name: float(values[0]) for name, values in found.items()}


def weighted_scores(
    targets: "Targets",
    predictions: Predictions,
    weights: np.ndarray,
    *,
    thresholds: Mapping[str, float] | None = None,
    own: Iterable[str] = (),
) -> dict[str, np.ndarray]:
    """Computes ``scores`` once per weighting of the rows, (B, N); (B,) each."""
    found: dict[str, np.ndarray] = {}
    more = [name for name in own if name not in (*METRIC_NAMES, *REPORTED_NAMES)]
    if targets.emotions and predictions.emotion is not None:
        found |= _prefixed("emotion", emotion_metrics(targets, predictions, weights))
    if targets.action_units and predictions.action_units is not None:
        units = action_unit_metrics(
            targets, predictions, weights, thresholds=thresholds
        )
        found |= _prefixed("action_units", units)
    if targets.intensities and predictions.action_unit_intensities is not None:
        levels = intensity_metrics(targets, predictions, weights)
        found |= _prefixed("action_unit_intensities", levels)
    if targets.dimensions and predictions.valence_arousal is not None:
        ratings = rating_metrics(targets, predictions, weights)
        found |= _prefixed("valence_arousal", ratings)
    for head in {name.partition(".")[0] for name in found}:
        codes = codes_of(head, more)
        values = own_scores(head, codes, targets, predictions, weights)
        found |= _prefixed(head, values)
    return found


def _prefixed(head: str, found: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Puts the head's name before each metric's."""
    return {f"{head}.{name}": values for name, values in found.items()}
