"""Metrics of emotion classes, and of distributions over them.

Each name contains its average. ``macro`` is the plain mean over the classes
that occur in the targets, ``weighted`` the mean over them by their number of rows,
``micro`` that of all rows together. As a row has one class, all micro averages equal
the accuracy; they are named to keep them apart from macro ones. An absent class
has no score; one that occurs but is never predicted has precision 0.
"""

from typing import TYPE_CHECKING

import numpy as np

from models.metrics.agreement import correlation, kappa
from models.metrics.calibration import (
    LEAST,
    brier,
    calibration_error,
    negative_log_likelihood,
    row_mean,
)
from models.metrics.counts import (
    class_scores,
    confusion,
    divide,
    mean_defined,
    weighted_mean_defined,
)
from models.metrics.predictions import Predictions, as_doubles

if TYPE_CHECKING:  # a study file is checked against the names here, without pandas
    from data_pipeline.targets.targets import Targets

EMOTION_METRICS: tuple[str, ...] = (
    "accuracy",
    "balanced_accuracy",
    "macro_precision",
    "macro_recall",
    "macro_f1",
    "micro_precision",
    "micro_recall",
    "micro_f1",
    "weighted_precision",
    "weighted_recall",
    "weighted_f1",
    "kappa",
    "mcc",
)
"""Higher is better; 1 is perfect. ``balanced_accuracy`` is also called UAR."""

EMOTION_REPORTED: tuple[str, ...] = ("ece", "nll", "brier")
"""Lower is better; 0 is perfect."""

VOTE_REPORTED: tuple[str, ...] = ("kl_divergence", "js_divergence", "cross_entropy")
"""Distance of predictions from the taggers' votes, in nats; lower is better. 0 is
perfect, except for the cross-entropy, the sum of the KL divergence and the entropy of
the votes: the more the taggers disagree, the higher its minimum.
"""


def emotion_metrics(
    targets: "Targets", predictions: Predictions, weights: np.ndarray
) -> dict[str, np.ndarray]:
    """Computes ``EMOTION_METRICS`` and ``EMOTION_REPORTED`` by name; (B,) each.

    Of labelled rows; the most probable class counts. Weights (B, N) are not negative.
    """
    cells = emotion_confusion(targets, predictions, weights)
    precision, recall, f1 = class_scores(cells)
    rows = cells.sum(axis=2)
    hits = np.trace(cells, axis1=1, axis2=2)
    accuracy = divide(hits, rows.sum(axis=1), undefined=np.nan)
    macro_recall = mean_defined(recall)
    values = (
        accuracy,
        macro_recall,
        mean_defined(precision),
        macro_recall,
        mean_defined(f1),
        *(accuracy,) * 3,
        *(weighted_mean_defined(column, rows) for column in (precision, recall, f1)),
        kappa(cells),
        correlation(cells),
    )
    metrics = dict(zip(EMOTION_METRICS, values, strict=True))
    return metrics | _calibration(targets, predictions, weights)


def emotion_confusion(
    targets: "Targets", predictions: Predictions, weights: np.ndarray
) -> np.ndarray:
    """Counts true against predicted emotions of labelled rows; (B, E, E).

    The cells are NaN where a prediction of a labelled row is not finite.
    """
    output, usable = _finite(targets, predictions, weights)
    return confusion(
        targets.emotion[targets.emotion_mask].argmax(axis=1),
        output.argmax(axis=1),
        classes=len(targets.emotions),
        weights=usable,
    )


def vote_metrics(
    targets: "Targets", predictions: Predictions, weights: np.ndarray
) -> dict[str, np.ndarray]:
    """Computes ``VOTE_REPORTED`` of labelled rows; (B,) each.

    The divergence of Kullback and Leibler of the predictions from the votes, from 0,
    that of Jensen and Shannon, in [0, log 2], and the cross-entropy -sum p log q.
    Weights (B, N) are not negative.
    """
    output, usable = _finite(targets, predictions, weights)
    shares = targets.emotion[targets.emotion_mask].astype(np.float64)
    middle = (shares + output) / 2
    shannon = (_divergence(shares, middle) + _divergence(output, middle)) / 2
    crossed = -(shares * np.log(np.maximum(output, LEAST))).sum(axis=1)
    values = (_divergence(shares, output), shannon, crossed)
    means = (row_mean(usable @ column, usable) for column in values)
    return dict(zip(VOTE_REPORTED, means, strict=True))


def _divergence(wanted: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Sums p log(p / q) over the classes with a share; shape (N,)."""
    floor = np.maximum(predicted, LEAST)
    logs = np.log(np.where(wanted > 0, wanted, 1.0)) - np.log(floor)
    return np.asarray(np.where(wanted > 0, wanted * logs, 0.0).sum(axis=1))


def _calibration(
    targets: "Targets", predictions: Predictions, weights: np.ndarray
) -> dict[str, np.ndarray]:
    """Computes ``EMOTION_REPORTED`` of labelled rows; (B,) each."""
    output, usable = _finite(targets, predictions, weights)
    truth = targets.emotion[targets.emotion_mask].argmax(axis=1)
    right = output.argmax(axis=1) == truth
    values = (
        calibration_error(output.max(axis=1), right, usable),
        negative_log_likelihood(output, truth, usable),
        brier(output, truth, usable),
    )
    return dict(zip(EMOTION_REPORTED, values, strict=True))


def _finite(
    targets: "Targets", predictions: Predictions, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Selects labelled rows; if an output is not finite, all weights become NaN.

    Raises:
        ValueError: the outputs are not of the targets' classes.
    """
    labelled = targets.emotion_mask
    output = as_doubles(predictions.emotion)[labelled]
    if output.shape[1] != len(targets.emotions):
        raise ValueError(
            "emotion predictions have a column for each class: "
            f"{len(targets.emotions)}, found {output.shape[1]}"
        )
    if np.isfinite(output).all():
        return output, weights[:, labelled]
    return np.zeros_like(output), np.full_like(weights[:, labelled], np.nan)
