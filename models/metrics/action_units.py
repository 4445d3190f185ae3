"""Metrics of action units.

``mean`` is the plain mean over the units that occur (at least one positive and one
negative labelled row), ``micro`` that of all labels together, ``weighted`` the mean
over the same units by number of positives. ``f1_norm`` and ``kappa_norm`` are those of
a unit that were present in half of the rows. ``accuracy`` is the share of labels that
are right: where one in five is positive, predicting no unit at all reaches .8.
``exact_match`` is the share of rows whose labelled units are all right.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from models.metrics.agreement import (
    unit_balanced_accuracy,
    unit_correlation,
    unit_f1_norm,
    unit_kappa,
    unit_kappa_norm,
)
from models.metrics.calibration import binary_errors
from models.metrics.counts import (
    UnitCounts,
    divide,
    mean_defined,
    pooled_scores,
    unit_counts,
    unit_scores,
    weighted_mean_defined,
)
from models.metrics.predictions import Predictions, as_doubles
from models.metrics.roc import roc_auc_and_average_precision

if TYPE_CHECKING:  # a study file is checked against the names here, without pandas
    from data_pipeline.targets.targets import Targets

DEFAULT_THRESHOLD = 0.5

RANKED_METRICS: tuple[str, ...] = ("mean_auc", "weighted_auc", "mean_pr_auc")
"""Metrics without threshold. Source of the weighted mean: Lucey et al. 2010."""

ACTION_UNIT_METRICS: tuple[str, ...] = (
    "mean_precision",
    "mean_recall",
    "mean_f1",
    "micro_precision",
    "micro_recall",
    "micro_f1",
    "weighted_precision",
    "weighted_recall",
    "weighted_f1",
    "mean_f1_norm",
    "mean_balanced_accuracy",
    "mean_kappa",
    "mean_kappa_norm",
    "mean_mcc",
    "accuracy",
    "exact_match",
    *RANKED_METRICS,
)
"""Higher is better; 1 is perfect."""

ERRORS: tuple[str, ...] = ("ece", "brier", "nll")
"""Errors of each unit's probabilities."""

ACTION_UNIT_REPORTED: tuple[str, ...] = (
    "hamming",
    *(f"mean_{error}" for error in ERRORS),
)
"""Lower is better; 0 is perfect. ``hamming`` is the share of labels that are wrong."""


def action_unit_metrics(
    targets: "Targets",
    predictions: Predictions,
    weights: np.ndarray,
    *,
    thresholds: Mapping[str, float] | None = None,
) -> dict[str, np.ndarray]:
    """Computes ``ACTION_UNIT_METRICS`` and ``ACTION_UNIT_REPORTED``; (B,) each.

    ``weights`` (B, N) are not negative. ``thresholds`` give the least score at which a
    unit counts as present, by its name; the default is 0.5.
    """
    roc_auc, average_precision = action_unit_areas(targets, predictions, weights)
    counts = action_unit_counts(targets, predictions, weights)
    ranked = (
        mean_defined(roc_auc),
        weighted_mean_defined(roc_auc, counts.positives),
        mean_defined(average_precision),
    )
    errors = action_unit_errors(targets, predictions, weights)
    return (
        threshold_metrics(targets, predictions, weights, thresholds=thresholds)
        | dict(zip(RANKED_METRICS, ranked, strict=True))
        | {
            f"mean_{name}": mean_defined(np.where(counts.occurs, error, np.nan))
            for name, error in errors.items()
        }
    )


def threshold_metrics(
    targets: "Targets",
    predictions: Predictions,
    weights: np.ndarray,
    *,
    thresholds: Mapping[str, float] | None = None,
) -> dict[str, np.ndarray]:
    """Computes the metrics that thresholds change, once per weighting; (B,) each."""
    counts = action_unit_counts(targets, predictions, weights, thresholds=thresholds)
    each = unit_scores(counts)
    columns = (
        *map(mean_defined, each),
        *pooled_scores(counts),
        *(weighted_mean_defined(score, counts.positives) for score in each),
        mean_defined(unit_f1_norm(counts)),
        mean_defined(unit_balanced_accuracy(counts)),
        mean_defined(unit_kappa(counts)),
        mean_defined(unit_kappa_norm(counts)),
        mean_defined(unit_correlation(counts)),
    )
    names = ACTION_UNIT_METRICS[: len(columns)]
    mask = targets.action_unit_mask
    predicted = _decisions(targets, predictions, thresholds)
    usable = _usable(targets, predictions, weights)
    wrong = (predicted != (targets.action_unit > 0)) & mask
    return dict(zip(names, columns, strict=True)) | _shares(wrong, mask, usable)


def _shares(
    wrong: np.ndarray, mask: np.ndarray, weights: np.ndarray
) -> dict[str, np.ndarray]:
    """Computes shares of labels, and of rows that have any; (B,) each."""
    whole = mask.any(axis=1)
    labels = weights @ mask.sum(axis=1)
    over = {
        "accuracy": (weights @ (mask & ~wrong).sum(axis=1), labels),
        "exact_match": (weights @ (whole & ~wrong.any(axis=1)), weights @ whole),
        "hamming": (weights @ wrong.sum(axis=1), labels),
    }
    return {name: divide(*parts, undefined=np.nan) for name, parts in over.items()}


def action_unit_counts(
    targets: "Targets",
    predictions: Predictions,
    weights: np.ndarray,
    *,
    thresholds: Mapping[str, float] | None = None,
) -> UnitCounts:
    """Counts hits of each action unit at its threshold, among labelled rows.

    Every count is NaN where a prediction of a labelled row is not finite.
    """
    return unit_counts(
        targets.action_unit > 0,
        _decisions(targets, predictions, thresholds),
        targets.action_unit_mask,
        weights=_usable(targets, predictions, weights),
    )


def action_unit_areas(
    targets: "Targets", predictions: Predictions, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Computes each action unit's ROC area and average precision; (B, U) each.

    NaN where a unit lacks a positive or a negative labelled row, and everywhere
    where a prediction of a labelled row is not finite.
    """
    return roc_auc_and_average_precision(
        targets.action_unit > 0,
        as_doubles(predictions.action_units),
        targets.action_unit_mask,
        weights=_usable(targets, predictions, weights),
    )


def action_unit_errors(
    targets: "Targets", predictions: Predictions, weights: np.ndarray
) -> dict[str, np.ndarray]:
    """Computes ``ERRORS`` of each action unit; (B, U) each."""
    output = as_doubles(predictions.action_units)
    usable = _usable(targets, predictions, weights)
    present = targets.action_unit > 0
    errors = np.full((len(ERRORS), len(weights), present.shape[1]), np.nan)
    for unit, labelled in enumerate(targets.action_unit_mask.T):
        errors[:, :, unit] = binary_errors(
            output[labelled, unit], present[labelled, unit], usable[:, labelled]
        )
    return dict(zip(ERRORS, errors, strict=True))


def _decisions(
    targets: "Targets",
    predictions: Predictions,
    thresholds: Mapping[str, float] | None,
) -> np.ndarray:
    """Decides which units are present; shape (N, U), bool."""
    given = thresholds or {}
    least = [given.get(unit, DEFAULT_THRESHOLD) for unit in targets.action_units]
    # As float64, for a threshold may lie between two neighbouring float32 scores.
    output = as_doubles(predictions.action_units)
    return np.asarray(output >= np.array(least, dtype=np.float64))


def _usable(
    targets: "Targets", predictions: Predictions, weights: np.ndarray
) -> np.ndarray:
    """Makes weights NaN, and so every metric, where an output is not finite."""
    output = as_doubles(predictions.action_units)
    finite = np.isfinite(output[targets.action_unit_mask]).all()
    return weights if finite else np.full_like(weights, np.nan)
