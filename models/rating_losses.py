"""Losses of valence and arousal: squared error, concordance, and their mix.

Targets are as in ``models.losses``: the last axis holds (value, weight), and a
weight of 0 masks the element. The outputs are taken before their tanh.
"""

from typing import Any

from models.losses import mean_present
from models.pinned import ops

SMALLEST = 1e-6
"""No concordance is divided by less: where neither side varies there is none."""


def valence_arousal_loss(target: Any, logits: Any, ccc_share: Any) -> Any:
    """Mixes the squared error with one minus the concordance.

    Args:
        target: shape (B, D, 2): ratings in [-1, 1], and the weight of the element.
        logits: shape (B, D).
        ccc_share: s of (1 - s) x squared error + s x (1 - concordance), scalar in
            [0, 1].

    Returns:
        Scalar; 0 where every element is masked.
    """
    ratings = ops.tanh(logits)
    error = squared_error(target, ratings)
    return (1.0 - ccc_share) * error + ccc_share * discordance(target, ratings)


def squared_error(target: Any, ratings: Any) -> Any:
    """Mean squared error, weighted.

    Args:
        target: shape (B, D, 2).
        ratings: shape (B, D).

    Returns:
        Scalar: mean over the elements that are not masked; 0 when all are.
    """
    wanted, weights = target[..., 0], target[..., 1]
    return mean_present(weights * (ratings - wanted) ** 2, weights > 0)


def discordance(target: Any, ratings: Any) -> Any:
    """One minus the concordance correlation of the batch, each dimension by itself.

    Concordance is 2 s_xy / (s_x^2 + s_y^2 + (m_x - m_y)^2), with population variances.

    Args:
        target: shape (B, D, 2).
        ratings: shape (B, D).

    Returns:
        Scalar in [0, 2]: mean over the dimensions with two rows or more that are not
        masked (one row has no variance); 0 where there are none.

    Source:
        Lin 1989, A concordance correlation coefficient to evaluate reproducibility.
    """
    wanted, weights = target[..., 0], target[..., 1]
    rows = ops.sum(ops.cast(weights > 0, weights.dtype), axis=0)
    shares = weights / ops.maximum(ops.sum(weights, axis=0), SMALLEST)
    middle, wanted_middle = (
        ops.sum(shares * values, axis=0) for values in (ratings, wanted)
    )
    off, wanted_off = ratings - middle, wanted - wanted_middle
    together = ops.sum(shares * off * wanted_off, axis=0)
    apart = ops.sum(shares * (off**2 + wanted_off**2), axis=0)
    apart = apart + (middle - wanted_middle) ** 2
    concordance = 2.0 * together / ops.maximum(apart, SMALLEST)
    return mean_present(1.0 - concordance, rows > 1)
