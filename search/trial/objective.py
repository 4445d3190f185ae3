"""The objective: a weighted mean of metrics, by which predictions are scored."""

import math
from collections.abc import Mapping

import numpy as np

from data_pipeline.targets.targets import Targets
from models.metrics.predictions import Predictions
from models.metrics.scores import scores, weighted_scores


def score(
    targets: Targets,
    predictions: Predictions,
    objective: Mapping[str, float],
    groups: np.ndarray | None = None,
) -> float:
    """Scores predictions by an objective, metric name to weight.

    With ``groups``, a number for each row (-1: none), it is the score of the group for
    which it is lowest.
    """
    if groups is None:
        return weighted_mean(scores(targets, predictions, own=objective), objective)
    ones = np.ones((1, len(predictions)))
    return float(
        objective_values(targets, predictions, ones, objective, groups=groups)[0]
    )


def objective_values(
    targets: Targets,
    predictions: Predictions,
    weights: np.ndarray,
    objective: Mapping[str, float],
    *,
    groups: np.ndarray | None = None,
) -> np.ndarray:
    """Computes ``score`` once per weighting of the rows, (B, N); (B,).

    A group without a labelled row of weight above 0 is left out; without any group, all
    rows count.
    """
    whole = _means(targets, predictions, weights, objective)
    if groups is None:
        return whole
    worst = np.full(len(weights), np.inf)
    labelled = targets.labelled()
    for group in np.unique(groups[groups >= 0]):
        inside = weights * (groups == group)
        values = _means(targets, predictions, inside, objective)
        there = inside[:, labelled].any(axis=1)
        worst = np.where(there, np.minimum(worst, values), worst)
    return np.where(np.isfinite(worst), worst, whole)


def _means(
    targets: Targets,
    predictions: Predictions,
    weights: np.ndarray,
    objective: Mapping[str, float],
) -> np.ndarray:
    """Weighs the metrics once per weighting of the rows; undefined ones count as 0."""
    table = weighted_scores(targets, predictions, weights, own=tuple(objective))
    total = sum(objective.values())
    values = ((np.nan_to_num(table[name]), w) for name, w in objective.items())
    return np.asarray(sum(w * value for value, w in values) / total)


def each_metric(
    table: Mapping[str, float], objective: Mapping[str, float]
) -> dict[str, float]:
    """Returns each metric of an objective; an undefined one is 0."""
    return {name: weighted_mean(table, {name: 1.0}) for name in objective}


def weighted_mean(table: Mapping[str, float], objective: Mapping[str, float]) -> float:
    """Weighs the metrics of an objective; an undefined one counts as 0.

    A fold in which no AU occurs with both labels has no AUC. It is the same fold for
    every trial, so that comparisons stay fair.
    """
    total = sum(objective.values())
    values = ((table.get(name, math.nan), w) for name, w in objective.items())
    return sum(w * (v if math.isfinite(v) else 0.0) for v, w in values) / total
