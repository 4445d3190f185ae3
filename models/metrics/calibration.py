"""Quality of probabilities: calibration error, likelihood, Brier score.

Each takes many weightings of the rows at once, as ``models.metrics.counts`` does.
Lower is better, so that no study can name them as its objective.

Source: Naeini, Cooper and Hauskrecht 2015 (expected calibration error).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from data_pipeline.system.seeds import child_seed
from models.metrics.counts import divide

BINS = 15
"""Bins of equal width; a probability on an edge is in the lower one."""

DRAWS = 500
"""Sampled sets of outcomes: they give the mean error to about a thousandth."""

LEAST = float(np.finfo(np.float32).eps)
"""Lower bound on probabilities in a logarithm: models predict float32."""


def calibration_error(
    chances: np.ndarray, came_true: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Computes the expected calibration error; (B,), in [0, 1], NaN without rows.

    The sum over bins of their share of the rows times the distance between the mean
    predicted probability and the share that came true. Probabilities ``chances`` and
    outcomes ``came_true`` (bool) have shape (N,), weights (B, N).
    """
    inside = np.clip(np.nan_to_num(chances), 0.0, 1.0)
    gaps = np.zeros((len(chances), BINS))
    gaps[np.arange(len(chances)), _bin(inside)] = came_true - chances
    return row_mean(np.abs(weights @ gaps).sum(axis=1), weights)


def _bin(chances: np.ndarray) -> np.ndarray:
    """Numbers the bin of each chance; shape (N,), from 0."""
    return np.asarray(np.maximum(np.ceil(chances * BINS).astype(int) - 1, 0))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reliability:
    """Bins of probabilities: their sizes, mean probability and share that came true.

    Shapes: (BINS,) each; both means are NaN in an empty bin.
    """

    counts: np.ndarray
    predicted: np.ndarray
    true: np.ndarray

    def rows(self) -> Iterator[tuple[int, float, float]]:
        """Yields count, mean probability and share of each bin that is not empty."""
        for place in np.flatnonzero(self.counts).tolist():
            yield (
                int(self.counts[place]),
                float(self.predicted[place]),
                float(self.true[place]),
            )

    def entry(self) -> list[dict[str, float]]:
        """Writes the bins that are not empty for a file."""
        names = ("count", "predicted", "true")
        return [dict(zip(names, row, strict=True)) for row in self.rows()]


def reliability(chances: np.ndarray, came_true: np.ndarray) -> Reliability:
    """Groups probabilities in ``BINS`` bins, as ``calibration_error`` does.

    Probabilities and outcomes (bool) have shape (N,).

    Example:
        >>> bins = reliability(
        ...     np.array([0.1, 0.9, 0.92]), np.array([False, True, False])
        ... )
        >>> [(n, round(p, 2), t) for n, p, t in bins.rows()]
        [(1, 0.1, 0.0), (2, 0.91, 0.5)]
    """
    inside = np.clip(np.nan_to_num(chances.astype(np.float64)), 0.0, 1.0)
    place = _bin(inside)
    counts = np.bincount(place, minlength=BINS)
    sums = (np.bincount(place, weights=x, minlength=BINS) for x in (inside, came_true))
    with np.errstate(invalid="ignore"):
        predicted, true = (total / counts for total in sums)
    return Reliability(counts=counts, predicted=predicted, true=true)


def expected_if_calibrated(chances: np.ndarray, *, seed: int) -> float:
    """Computes the calibration error that a calibrated model would show on average.

    Any model has an error above 0 on few rows: in a bin of ten rows the share that
    comes true is seldom the mean probability. Compare an error with this value: the
    mean of ``calibration_error`` over ``DRAWS`` sets of outcomes sampled with exactly
    these probabilities (N,). NaN without rows or where a probability is not finite.

    Source: Bröcker and Smith 2007 (consistency resampling of reliability diagrams).
    """
    if not len(chances) or not np.isfinite(chances).all():
        return float("nan")
    inside = np.clip(chances, 0.0, 1.0)
    place = _bin(inside)
    generator = np.random.default_rng(child_seed(seed, "calibration"))
    errors = [
        np.abs(np.bincount(place, weights=came_true - inside)).sum()
        for came_true in (generator.random(len(inside)) < inside for _ in range(DRAWS))
    ]
    return float(np.mean(errors) / len(inside))


def row_mean(total: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Divides a weighted sum by the sum of the weights; NaN without rows; (B,)."""
    return divide(total, weights.sum(axis=1), undefined=np.nan)


def negative_log_likelihood(
    chances: np.ndarray, truth: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Computes the mean of -log p of the true class, in nats; (B,), NaN without rows.

    Probabilities have shape (N, E), true classes (N,), weights (B, N).
    """
    predicted = chances[np.arange(len(truth)), truth]
    return row_mean(weights @ -np.log(np.maximum(predicted, LEAST)), weights)


def brier(chances: np.ndarray, truth: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Computes the mean over rows of the squared error summed over classes; (B,).

    In [0, 2]; NaN without rows. Shapes as in ``negative_log_likelihood``.
    """
    wanted = np.eye(chances.shape[1])[truth]
    return row_mean(weights @ ((chances - wanted) ** 2).sum(axis=1), weights)


def binary_errors(
    chances: np.ndarray, came_true: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Computes the errors of the probabilities of one binary label; (B,) each.

    The expected calibration error, in [0, 1]; the Brier score of the positive case, in
    [0, 1], half of the sum over both cases; the mean of -log p, in nats. NaN without
    rows. Shapes as in ``calibration_error``.
    """
    likely = np.where(came_true, chances, 1 - chances)
    return (
        calibration_error(chances, came_true, weights),
        row_mean(weights @ (1 - likely) ** 2, weights),
        row_mean(weights @ -np.log(np.maximum(likely, LEAST)), weights),
    )
