"""95 % intervals of metrics, by a bootstrap over subjects.

Images of one person resemble each other, so whole subjects are drawn again, with
replacement; drawing images would make the interval too narrow. With some 25
subjects even this one covers less than it says (88 % in simulation), so reports
name the number of subjects beside it.

Source: Efron and Tibshirani 1993, An Introduction to the Bootstrap, section 13.3
(percentile interval); Field and Welsh 2007 (bootstrap of clusters).
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from data_pipeline.system.seeds import child_seed

RESAMPLES = 2000
LEVEL = 0.95

Statistic = Callable[[np.ndarray], Mapping[str, np.ndarray]]
"""Weights of rows, (B, N), to values by name, (B,) each; NaN where undefined."""

Interval = tuple[float, float] | None
"""Low and high end; ``None`` where the data cannot tell."""


def subject_weights(
    subjects: Sequence[str], *, seed: int, resamples: int = RESAMPLES
) -> np.ndarray:
    """Draws subjects again and again, and counts each row's part in each draw.

    Args:
        subjects: whom each row is of; N entries.
        seed: the parent seed; equal seeds draw alike, in any order of the rows.
        resamples: the number of draws B.

    Returns:
        How often a draw holds the row: the times its subject was drawn. Each draw
        is of as many subjects as there are. Shape (B, N).
    """
    names, place = np.unique(np.asarray(subjects, dtype=str), return_inverse=True)
    generator = np.random.default_rng(child_seed(seed, "bootstrap", "subjects"))
    share = np.full(len(names), 1 / len(names))
    drawn = generator.multinomial(len(names), share, size=resamples)
    return drawn[:, place].astype(np.float64)


def intervals(
    statistic: Statistic,
    subjects: Sequence[str],
    *,
    seed: int,
    resamples: int = RESAMPLES,
) -> dict[str, Interval]:
    """Computes the interval of each value of a statistic.

    Args:
        statistic: computes values from weights of the rows.
        subjects: whom each row is of.
        seed: the parent seed.
        resamples: the number of draws.

    Returns:
        For each name the middle 95 % of its values over the draws. ``None`` for
        all with fewer than two subjects, for one person says nothing about how
        people differ; ``None`` for a value that most draws leave undefined. Draws
        where a value is undefined are left out of its interval.
    """
    weights = np.ones((1, len(subjects)))
    alone = len(set(subjects)) < 2  # noqa: PLR2004 - the least that can differ
    if not alone:
        weights = subject_weights(subjects, seed=seed, resamples=resamples)
    values = statistic(weights)
    return {name: None if alone else _middle(v) for name, v in values.items()}


def _middle(values: np.ndarray) -> Interval:
    """Returns the percentile interval of the values that are defined."""
    defined = values[~np.isnan(values)]
    if 2 * len(defined) < len(values):
        return None
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(defined, [tail, 1 - tail])
    return float(low), float(high)
