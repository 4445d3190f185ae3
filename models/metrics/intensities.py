"""Metrics of action units' intensities over all rows at once, each unit by itself.

``icc`` is ICC(3,1), the intraclass correlation of two fixed raters, the coder and the
model, for single ratings (two-way mixed, consistency): a constant offset does not lower
it, another spread does. ``pcc`` is Pearson's correlation, ``mae`` the mean absolute
error in levels, ``mse`` the mean squared one. ``mean`` is the plain mean over the units
whose intensities vary among the labelled rows. A unit that is always 0 has no
correlation, and a small error without any skill: it enters no mean. Where only the
predictions do not vary, ICC and PCC are 0, so that a constant gains nothing by being
left out.

Source: Shrout and Fleiss 1979 (ICC(3,1)); Valstar et al. 2015, FERA (its use for
intensities).
"""

from typing import TYPE_CHECKING

import numpy as np

from models.metrics.counts import divide, mean_defined
from models.metrics.predictions import Predictions, as_doubles

if TYPE_CHECKING:  # a study file is checked against the names here, without pandas
    from data_pipeline.targets.targets import Targets

MEASURES: tuple[str, ...] = ("icc", "pcc", "mae", "mse")

INTENSITY_METRICS: tuple[str, ...] = ("mean_icc", "mean_pcc")
"""Higher is better; 1 is perfect."""

INTENSITY_REPORTED: tuple[str, ...] = ("mean_mae", "mean_mse")
"""Lower is better; 0 is perfect."""

VARIES = 1e-12
"""Largest variance that is taken for rounding of a constant."""


def intensity_metrics(
    targets: "Targets", predictions: Predictions, weights: np.ndarray
) -> dict[str, np.ndarray]:
    """Computes ``INTENSITY_METRICS`` and ``INTENSITY_REPORTED`` by name; (B,) each.

    Weights (B, N) are not negative.
    """
    return {
        f"mean_{name}": mean_defined(values)
        for name, values in unit_intensity_metrics(
            targets, predictions, weights
        ).items()
    }


def intensity_metrics_by_unit(
    targets: "Targets", predictions: Predictions, weights: np.ndarray
) -> dict[str, np.ndarray]:
    """Computes ``intensity_metrics``, and each unit's, as ``AU12_icc``; (B,) each."""
    measures = unit_intensity_metrics(targets, predictions, weights)
    return {
        f"{which}_{name}": column
        for name, values in measures.items()
        for which, column in zip(
            ("mean", *targets.intensities),
            (mean_defined(values), *values.T),
            strict=True,
        )
    }


def unit_intensity_metrics(
    targets: "Targets", predictions: Predictions, weights: np.ndarray
) -> dict[str, np.ndarray]:
    """Computes ``MEASURES`` of each unit's labelled rows; (B, I) each.

    NaN where the intensities do not vary, and where a prediction of a labelled row of
    any unit is not finite.
    """
    output = as_doubles(predictions.action_unit_intensities)
    mask = targets.intensity_mask
    if not np.isfinite(output[mask]).all():
        weights = np.full_like(weights, np.nan)
    found = np.full((len(MEASURES), len(weights), mask.shape[1]), np.nan)
    for unit, labelled in enumerate(mask.T):
        wanted = targets.intensity[labelled, unit].astype(np.float64)
        found[:, :, unit] = _measures(
            wanted, output[labelled, unit], weights[:, labelled]
        )
    return dict(zip(MEASURES, found, strict=True))


def _measures(
    wanted: np.ndarray, predicted: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Computes ``MEASURES`` of one unit; (4, B)."""
    # Moments about the middle of all rows: sums of squares then lose nothing.
    middle = wanted.mean() if len(wanted) else 0.0
    x, y, error = wanted - middle, predicted - middle, wanted - predicted
    table = np.stack([x, y, x * x, y * y, x * y, np.abs(error), error**2], axis=1)
    rows = weights.sum(axis=1, keepdims=True)
    means = divide(weights @ table, rows, undefined=np.nan)
    mean_x, mean_y, square_x, square_y, product, absolute, squared = means.T
    var_x, var_y = square_x - mean_x**2, square_y - mean_y**2
    varies = var_y > VARIES
    together = np.where(varies, product - mean_x * mean_y, 0.0)
    # For two raters (BMS - EMS) / (BMS + EMS) is this; degrees of freedom cancel.
    icc = divide(2 * together, var_x + var_y, undefined=np.nan)
    pcc = np.where(
        varies,
        divide(together, np.sqrt(np.maximum(var_x * var_y, 0.0)), undefined=np.nan),
        0.0,
    )
    found = np.stack([icc, pcc, absolute, squared])
    return np.where(var_x > VARIES, found, np.nan)
