"""Losses with masks and weights for each element.

The last axis of a target holds (value, weight). A weight of 0 masks the element:
it adds no loss and no gradient, and is not counted in the mean. All losses take
logits, because a saturated probability has lost its gradient. Each returns a scalar,
the mean over the rows or elements that are not masked; 0 where all are.
"""

from typing import Any

from models.keras_api import ops
from models.network.heads import LEVELS, expected_levels

EPSILON = 0.001
"""Share given to a class without votes in the multi-target loss."""

MAX_PROBABILITY = 1.0 - 2.0**-23
"""Upper bound on probabilities in a focal loss, to avoid log(0)."""


def emotion_loss(target: Any, logits: Any, smoothing: Any, gamma: Any) -> Any:
    """Focal cross-entropy of a distribution over classes, weighted by class.

    A row's loss is -sum_c w_c q_c (1 - p_c)^gamma log p_c with q smoothed towards
    uniform; a gamma of 0 is the plain cross-entropy.

    Shape: target (B, E, 2): the distribution q, and the class weights w, all 0 in a
        masked row; logits (B, E). ``smoothing``, in [0, 0.5], is the share of q that
        is spread evenly.

    Source: Lin et al. 2017, Focal loss for dense object detection, equation 4.
    """
    wanted, weights = target[..., 0], target[..., 1]
    smoothed = (1.0 - smoothing) * wanted + smoothing / wanted.shape[-1]
    logs = ops.log_softmax(logits, axis=-1)
    rows = -ops.sum(weights * smoothed * _unsure(logs, gamma) * logs, axis=-1)
    return mean_present(rows, ops.any(weights > 0, axis=-1))


def multi_target_loss(target: Any, logits: Any) -> Any:
    """Accepts any one of the classes that have a share: the most probable of them.

    A row's loss is -w_k log(t_k p_k) of the class k with the highest t_k p_k, where t
    is 1 for classes with a share and 0.001 for the others: where a class without one
    is a thousand times more probable, it is chosen and the row teaches nothing.

    Shape: target (B, E, 2), as in ``emotion_loss``; logits (B, E).

    Source: Barsoum et al. 2016, multi-label learning; microsoft/FERPlus for 0.001.
    """
    wanted, weights = target[..., 0], target[..., 1]
    share = ops.cast(wanted > 0, logits.dtype) * (1.0 - EPSILON) + EPSILON
    logs = ops.log(share) + ops.log_softmax(logits, axis=-1)
    likeliest = ops.one_hot(ops.argmax(logs, axis=-1), logs.shape[-1])
    rows = -ops.sum(weights * likeliest * logs, axis=-1)
    return mean_present(rows, ops.any(weights > 0, axis=-1))


def action_unit_loss(target: Any, logits: Any, gamma: Any) -> Any:
    """Focal binary cross-entropy of each action unit.

    An element's loss is -w (1 - p)^gamma log p where the unit is present, and
    -w p^gamma log(1 - p) where it is absent; a fraction of a unit (mixed rows) costs
    that fraction of both. A gamma of 0 is the plain cross-entropy.

    Shape: target (B, U, 2): value in [0, 1], and weight; logits (B, U).

    Source: Lin et al. 2017, Focal loss for dense object detection, equation 4.
    """
    wanted, weights = target[..., 0], target[..., 1]
    # As exponents: a power has no derivative where a saturated output makes its base 0.
    if_present = ops.exp(-gamma * ops.softplus(logits))
    if_absent = ops.exp(-gamma * ops.softplus(-logits))
    # Linear in the target, so that a fraction of a unit costs its part of both losses.
    elements = weights * wanted * if_present * ops.softplus(-logits)
    elements = elements + weights * (1.0 - wanted) * if_absent * ops.softplus(logits)
    return mean_present(elements, weights > 0)


def intensity_loss(target: Any, logits: Any, kind: Any) -> Any:
    """Computes the loss of intensities, of the ``kind`` 0 (squared) or 1 (ordinal).

    The logits are those of five levels of each unit: an intensity of k or more.
    Squared: the squared difference, in levels, of intensity and expected intensity,
    the sum of the five chances. Ordinal: the cross-entropies of the five, added.

    Shape: target (B, 5 I, 2), unit by unit: whether the intensity reaches the level, a
        share of it in mixed rows, and the unit's weight; logits (B, 5 I).

    Source: Niu et al. 2016, Ordinal regression with multiple output CNN.
    """
    wanted, weights = target[..., 0], target[..., 1]
    cross = wanted * ops.softplus(-logits) + (1.0 - wanted) * ops.softplus(logits)
    ordinal = LEVELS * mean_present(weights * cross, weights > 0)
    apart = expected_levels(ops.sigmoid(logits)) - expected_levels(wanted)
    # A unit's levels share its mask, so that its sum is 0 where it is masked.
    heavy = expected_levels(weights) / LEVELS
    squared = mean_present(heavy * apart**2, heavy > 0)
    return kind * ordinal + (1.0 - kind) * squared


def penalty(kernels: Any, l1: Any, l2: Any) -> tuple[Any, Any]:
    """Computes l1 |w| + l2 w^2, summed over a vector of kernels, and its gradient."""
    size, square = ops.sum(ops.abs(kernels)), ops.sum(ops.square(kernels))
    return l1 * size + l2 * square, l1 * ops.sign(kernels) + 2.0 * l2 * kernels


def mean_present(values: Any, present: Any) -> Any:
    """Averages the elements where ``present`` (bool) is true; 0 where it never is."""
    count = ops.sum(ops.cast(present, values.dtype))
    # Not by a product, in which a NaN would survive its mask.
    kept = ops.where(present, values, ops.zeros_like(values))
    return ops.sum(kept) / ops.maximum(count, 1.0)


def _unsure(logs: Any, gamma: Any) -> Any:
    """Computes (1 - p)^gamma from log p, with a finite gradient where p is 1."""
    chances = ops.minimum(ops.exp(logs), MAX_PROBABILITY)
    return ops.exp(gamma * ops.log1p(-chances))


SMALLEST = 1e-6
"""Least divisor of a concordance: where neither side varies there is none."""


def valence_arousal_loss(target: Any, logits: Any, ccc_share: Any) -> Any:
    """Computes (1 - s) x squared error + s x (1 - concordance), s the ``ccc_share``.

    Shape: target (B, D, 2): ratings in [-1, 1], and weights; logits (B, D).
    """
    ratings = ops.tanh(logits)
    error = squared_error(target, ratings)
    return (1.0 - ccc_share) * error + ccc_share * discordance(target, ratings)


def squared_error(target: Any, ratings: Any) -> Any:
    """Computes the weighted mean squared error."""
    wanted, weights = target[..., 0], target[..., 1]
    return mean_present(weights * (ratings - wanted) ** 2, weights > 0)


def discordance(target: Any, ratings: Any) -> Any:
    """One minus the concordance correlation of the batch, each dimension by itself.

    Concordance is 2 s_xy / (s_x^2 + s_y^2 + (m_x - m_y)^2), with population variances.
    The result, in [0, 2], is the mean over the dimensions with two or more unmasked
    rows (one row has no variance).

    Source: Lin 1989, A concordance correlation coefficient to evaluate reproducibility.
    """
    wanted, weights = target[..., 0], target[..., 1]
    # Not by a product, in which a NaN would survive its mask.
    ratings = ops.where(weights > 0, ratings, ops.zeros_like(ratings))
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
