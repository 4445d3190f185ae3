"""Losses with masks and weights for each element.

The last axis of a target holds (value, weight). A weight of 0 masks the element:
it adds no loss and no gradient, and it is not counted in the mean. All take
logits, because a saturated probability has lost its gradient.
"""

from typing import Any

from models.keras_api import ops

EPSILON = 0.001
"""What a class without a share counts where any class with one will do."""


NEARLY_SURE = 1.0 - 2.0**-23
"""A focal loss takes no class for likelier, lest the logarithm of 0 be asked for."""


def emotion_loss(target: Any, logits: Any, smoothing: Any, gamma: Any) -> Any:
    """Focal cross-entropy of a distribution over classes, weighted by class.

    A row's loss is -sum_c w_c q_c (1 - p_c)^gamma log p_c with q smoothed towards
    uniform; a gamma of 0 is the plain cross-entropy.

    Args:
        target: shape (B, E, 2): the distribution q, and the weights w of the row's
            classes; a masked row has weights 0.
        logits: shape (B, E).
        smoothing: share of q that is spread evenly, scalar in [0, 0.5].
        gamma: how little the rows count that are right already, scalar from 0.

    Returns:
        Scalar: mean over the rows that are not masked; 0 when all are.

    Source:
        Lin et al. 2017, Focal loss for dense object detection, equation 4.
    """
    wanted, weights = target[..., 0], target[..., 1]
    smoothed = (1.0 - smoothing) * wanted + smoothing / wanted.shape[-1]
    logs = ops.log_softmax(logits, axis=-1)
    rows = -ops.sum(weights * smoothed * _unsure(logs, gamma) * logs, axis=-1)
    return mean_present(rows, ops.any(weights > 0, axis=-1))


def multi_target_loss(target: Any, logits: Any) -> Any:
    """Asks for any one of the classes that have a share, the one held likeliest.

    A row's loss is -w_k log(t_k p_k) of the class k with the highest t_k p_k, where t
    is 1 for classes with a share, pressed a little towards 0.001 for all: a class
    without one is asked for where it is held a thousand times likelier, and then the
    row teaches nothing.

    Args:
        target: shape (B, E, 2): the distribution, and the weights w of the row's
            classes; a masked row has weights 0.
        logits: shape (B, E).

    Returns:
        Scalar: mean over the rows that are not masked; 0 when all are.

    Source:
        Barsoum et al. 2016, multi-label learning; microsoft/FERPlus for 0.001.
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
    -w p^gamma log(1 - p) where it is absent; a share of it costs the same share of
    both. A gamma of 0 is the plain one.

    Args:
        target: shape (B, U, 2): 0 or 1, or a share (mixed rows), and the weight of the
            element.
        logits: shape (B, U).
        gamma: how little the elements count that are right already, scalar from 0.

    Returns:
        Scalar: mean over the elements that are not masked; 0 when all are.

    Source:
        Lin et al. 2017, Focal loss for dense object detection, equation 4.
    """
    wanted, weights = target[..., 0], target[..., 1]
    # As exponents: a power has no derivative where a saturated output makes its base 0.
    if_present = ops.exp(-gamma * ops.softplus(logits))
    if_absent = ops.exp(-gamma * ops.softplus(-logits))
    # Linear in the target, so that a share of a unit costs its share of both losses.
    elements = weights * wanted * if_present * ops.softplus(-logits)
    elements = elements + weights * (1.0 - wanted) * if_absent * ops.softplus(logits)
    return mean_present(elements, weights > 0)


def penalty(kernels: list[Any], l1: Any, l2: Any) -> Any:
    """L1 and L2 over kernels.

    Args:
        kernels: weights of any shapes.
        l1: factor of the sum of absolute values.
        l2: factor of the sum of squares.

    Returns:
        Scalar.
    """
    total = ops.zeros(())
    for kernel in kernels:
        total = total + l1 * ops.sum(ops.abs(kernel)) + l2 * ops.sum(kernel * kernel)
    return total


def mean_present(values: Any, present: Any) -> Any:
    """Averages over the elements present.

    Args:
        values: any shape.
        present: which of them count; the same shape, bool.

    Returns:
        Scalar; 0 where none counts.
    """
    count = ops.sum(ops.cast(present, values.dtype))
    # Not by a product, in which a value that is no number would outlive its mask.
    kept = ops.where(present, values, ops.zeros_like(values))
    return ops.sum(kept) / ops.maximum(count, 1.0)


def _unsure(logs: Any, gamma: Any) -> Any:
    """Computes (1 - p)^gamma from log p, with a finite gradient where p is 1."""
    chances = ops.minimum(ops.exp(logs), NEARLY_SURE)
    return ops.exp(gamma * ops.log1p(-chances))


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
