"""The objective: a weighted mean of metrics, by which predictions are scored."""

import math
from collections.abc import Mapping

from data_pipeline.targets.targets import Targets
from models.metrics.predictions import Predictions
from models.metrics.scores import scores


def score(
    targets: Targets, predictions: Predictions, objective: Mapping[str, float]
) -> float:
    """Scores predictions by an objective, metric name to weight."""
    return weighted_mean(scores(targets, predictions, own=objective), objective)


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
