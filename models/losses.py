"""Losses with masks and weights for each element.

The last axis of a target holds (value, weight). A weight of 0 masks the element:
it adds no loss and no gradient, and it is not counted in the mean. All take
logits, because a saturated probability has lost its gradient.
"""

from typing import Any

from keras import ops

EPSILON = 0.001
"""What a class without a share counts where any class with one will do."""


def emotion_loss(target: Any, logits: Any, smoothing: Any) -> Any:
    """Cross-entropy of a distribution over classes, weighted by class.

    A row's loss is -sum_c w_c q_c log p_c with q smoothed towards uniform.

    Args:
        target: shape (B, E, 2): the distribution q, and the weights w of the row's
            classes; a masked row has weights 0.
        logits: shape (B, E).
        smoothing: share of q that is spread evenly, scalar in [0, 0.5].

    Returns:
        Scalar: mean over the rows that are not masked; 0 when all are.
    """
    wanted, weights = target[..., 0], target[..., 1]
    smoothed = (1.0 - smoothing) * wanted + smoothing / wanted.shape[-1]
    logs = ops.log_softmax(logits, axis=-1)
    rows = -ops.sum(weights * smoothed * logs, axis=-1)
    return _mean(rows, ops.any(weights > 0, axis=-1))


def several_loss(target: Any, logits: Any) -> Any:
    """Asks for any one of the classes that have a share, the one held likeliest.

    A row's loss is -w_k log(t_k p_k) of the class k with the highest t_k p_k, where t
    is 1 for classes with a share, pressed a little towards 0.001 for all.

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
    return _mean(rows, ops.any(weights > 0, axis=-1))


def action_unit_loss(target: Any, logits: Any) -> Any:
    """Binary cross-entropy of each action unit.

    Args:
        target: shape (B, U, 2): 0 or 1, and the weight of the element.
        logits: shape (B, U).

    Returns:
        Scalar: mean over the elements that are not masked; 0 when all are.
    """
    wanted, weights = target[..., 0], target[..., 1]
    elements = weights * (ops.softplus(logits) - wanted * logits)
    return _mean(elements, weights > 0)


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


def _mean(values: Any, present: Any) -> Any:
    """Averages over the elements present; 0 where there are none."""
    present = ops.cast(present, values.dtype)
    return ops.sum(values * present) / ops.maximum(ops.sum(present), 1.0)
