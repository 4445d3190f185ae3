"""Areas under curves: how well a score ranks the rows that have a unit above others.

As in ``models.metrics.counts``, each function takes many weightings of rows at once.
"""

import numpy as np


def roc_auc_and_average_precision(
    truth: np.ndarray, scores: np.ndarray, mask: np.ndarray, *, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Computes each action unit's areas under two curves over labelled rows.

    Truth and mask (bool) and scores have shape (N, U), weights (B, N). Returns the area
    under the ROC curve, and the average precision (the area under the curve of
    precision and recall, without interpolation), (B, U) each: in [0, 1], NaN where a
    unit lacks a positive or a negative row.
    """
    both = np.full((2, len(weights), mask.shape[1]), np.nan)
    for unit, labelled in enumerate(mask.T):
        labels = truth[labelled, unit]
        if labels.any() and not labels.all():
            both[:, :, unit] = _areas(
                labels, scores[labelled, unit], weights[:, labelled]
            )
    return both[0], both[1]


def _areas(
    truth: np.ndarray, scores: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Computes both areas from the weights at each level of the score; (B,) each."""
    order = np.argsort(scores, kind="stable")
    ranked = scores[order]
    starts = np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1]))
    have = np.add.reduceat(weights[:, order] * truth[order], starts, axis=1)
    lack = np.add.reduceat(weights[:, order] * ~truth[order], starts, axis=1)
    positives, negatives = have.sum(axis=1), lack.sum(axis=1)
    # The chance that a positive row outranks a negative one, ties half.
    below = np.cumsum(lack, axis=1)
    wins = (have * (below - lack / 2)).sum(axis=1)
    hits = positives[:, None] - np.cumsum(have, axis=1) + have
    predicted = hits + negatives[:, None] - below + lack
    precision = np.divide(
        hits, predicted, out=np.zeros_like(predicted), where=predicted > 0
    )
    area = _share(wins, positives * negatives)
    average = _share((have * precision).sum(axis=1), positives)
    return area, np.where(negatives > 0, average, np.nan)


def _share(over: np.ndarray, under: np.ndarray) -> np.ndarray:
    """Divides; NaN where the divisor is 0."""
    found = np.full(len(over), np.nan)
    np.divide(over, under, out=found, where=under > 0)
    return found
