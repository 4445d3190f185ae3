"""Metrics of valence and arousal over all rows at once, each dimension by itself.

``ccc`` is the concordance correlation with population variances, ``pcc`` Pearson's,
``sagr`` the share of rows where prediction and rating have the same sign (0 has the
sign of 0 only), ``rmse`` the root of the mean squared error. ``mean`` is the plain
mean of the dimensions, undefined where one of them is: the score of one dimension
alone is not comparable with the mean of two. Batches are never averaged: the mean of
their concordances differs from the concordance of all rows.

Source: Lin 1989 (CCC); Nicolaou, Gunes and Pantic 2011 (SAGR).
"""

from typing import TYPE_CHECKING

import numpy as np

from data_pipeline.labels.labels import DIMENSIONS
from models.metrics.counts import divide
from models.metrics.predictions import Predictions, as_doubles

if TYPE_CHECKING:  # a study file is checked against the names here, without pandas
    from data_pipeline.targets.targets import Targets

MEASURES: tuple[str, ...] = ("ccc", "pcc", "sagr", "rmse")

RATING_METRICS: tuple[str, ...] = tuple(
    f"{which}_{measure}"
    for measure in ("ccc", "pcc", "sagr")
    for which in ("mean", *DIMENSIONS)
)
"""Higher is better; 1 is perfect."""

RATING_REPORTED: tuple[str, ...] = tuple(
    f"{which}_rmse" for which in ("mean", *DIMENSIONS)
)
"""Lower is better; 0 is perfect."""

VARIES = 1e-12
"""Largest variance that is taken for rounding of a constant."""


def rating_metrics(
    targets: "Targets", predictions: Predictions, weights: np.ndarray
) -> dict[str, np.ndarray]:
    """Computes ``RATING_METRICS`` and ``RATING_REPORTED`` by name; (B,) each.

    Weights (B, N) are not negative.
    """
    measures = dimension_metrics(targets, predictions, weights)
    return {
        f"{which}_{measure}": column
        for measure, columns in measures.items()
        for which, column in zip(
            ("mean", *targets.dimensions),
            (columns.mean(axis=1), *columns.T),
            strict=True,
        )
    }


def dimension_metrics(
    targets: "Targets", predictions: Predictions, weights: np.ndarray
) -> dict[str, np.ndarray]:
    """Computes ``MEASURES`` of each dimension's labelled rows; (B, D) each.

    NaN without labelled rows and where a prediction of one is not finite. Where the
    ratings do not vary, CCC and PCC are NaN; where only the predictions do not, CCC is
    0 and PCC is NaN.
    """
    output = as_doubles(predictions.valence_arousal)
    columns = []
    for place, labelled in enumerate(targets.valence_arousal_mask.T):
        wanted = targets.valence_arousal[labelled, place].astype(np.float64)
        columns.append(_measures(wanted, output[labelled, place], weights[:, labelled]))
    stacked = np.array(columns).reshape(len(columns), len(MEASURES), len(weights))
    return dict(zip(MEASURES, stacked.transpose(1, 2, 0), strict=True))


def _measures(
    wanted: np.ndarray, predicted: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, ...]:
    """Computes ``MEASURES`` of one dimension; (B,) each."""
    if not np.isfinite(predicted).all() or not len(predicted):
        return (np.full(len(weights), np.nan),) * len(MEASURES)
    same = np.sign(wanted) == np.sign(predicted)
    # Moments about the middle of all rows: sums of squares then lose nothing.
    x, y = wanted - wanted.mean(), predicted - wanted.mean()
    table = np.stack([x, y, x * x, y * y, x * y, (x - y) ** 2, same], axis=1)
    rows = weights.sum(axis=1, keepdims=True)
    means = divide(weights @ table, rows, undefined=np.nan)
    mean_x, mean_y, square_x, square_y, product, error, agreed = means.T
    var_x, var_y = square_x - mean_x**2, square_y - mean_y**2
    together = np.where(var_y > VARIES, product - mean_x * mean_y, 0.0)
    together = np.where(var_x > VARIES, together, np.nan)
    apart = var_x + var_y + (mean_x - mean_y) ** 2
    both = np.where(var_y > VARIES, var_x * var_y, 0.0)
    return (
        divide(2 * together, apart, undefined=np.nan),
        divide(together, np.sqrt(np.maximum(both, 0.0)), undefined=np.nan),
        agreed,
        np.sqrt(error),
    )
