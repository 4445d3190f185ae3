"""95 % intervals of a mean over seeds, for other subjects and other seeds.

A score of one training with one seed depends on who is tested and on the seed. Its mean
over K seeds on n subjects has the variance

    V = J + max(0, S / K - I / K)

where J is the jackknife's variance, over subjects, of the mean over seeds; S the
variance of the score over seeds; and I the part of S that comes from which subjects a
seed does well on, which J has already: the sum over seeds of the jackknife's variance
of a seed's score less the mean over seeds, divided by K - 1. The degrees of freedom are
those of a sum of variances, J with the jackknife's and the rest with K - 1.

Source: Efron and Tibshirani 1993, chapter 11 (jackknife); Searle, Casella and McCulloch
1992, Variance Components, chapter 4 (two crossed factors, by the analysis of variance);
Satterthwaite 1946 (degrees of freedom).
"""

import numpy as np

from models.evaluation.jackknife import Interval, Moments, Scale, ends_of, moments

SOURCE = (
    "Efron and Tibshirani 1993, chapter 11; Searle, Casella and McCulloch 1992, "
    "chapter 4; Satterthwaite 1946"
)


def crossed_interval(values: np.ndarray, scale: Scale, *, subjects: int) -> Interval:
    """Computes the interval of a mean over seeds that holds for others too.

    Args:
        values: a score of each seed, of all rows and then without each group of
            subjects, (K, 1 + G); K at least 2.
        scale: the score's own.
        subjects: the number of subjects.

    Returns:
        Low and high end; ``None`` where a value is undefined, or with one subject.
    """
    if subjects < 2 or not np.isfinite(values).all():  # noqa: PLR2004 - nobody to leave
        return None
    mean = values.mean(axis=0)[:, None]
    found = _with_seeds(moments(mean), _variance_of_seeds(values), len(values))
    low, high = ends_of(mean, found, scale, subjects=np.array([subjects]))
    return None if np.isnan(low[0]) else (float(low[0]), float(high[0]))


def _variance_of_seeds(values: np.ndarray) -> float:
    """Estimates how much of the mean's variance seeds add to that over subjects."""
    apart = values - values.mean(axis=0)
    shared = float((moments(apart.T).error ** 2).sum()) / (len(values) - 1)
    return max(0.0, float(values[:, 0].var(ddof=1)) - shared) / len(values)


def _with_seeds(found: Moments, added: float, seeds: int) -> Moments:
    """Adds a variance over seeds to that over subjects."""
    variance = found.error**2
    total = variance + added
    with np.errstate(all="ignore"):
        parts = variance**2 / found.freedom + added**2 / (seeds - 1)
        freedom = np.where(total > 0, total**2 / parts, found.freedom)
    return Moments(centre=found.centre, error=np.sqrt(total), freedom=freedom)
