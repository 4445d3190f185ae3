"""How far two models' outputs for the same images are apart."""

import numpy as np

from models.metrics.predictions import HEADS, Predictions

RANGES = {
    "emotion": 1.0,
    "action_units": 1.0,
    "action_unit_intensities": 5.0,
    "valence_arousal": 2.0,
}
"""Head -> the width of the range of its numbers."""


def largest_difference(one: Predictions, other: Predictions) -> float:
    """Finds the largest difference of two models, as a share of each head's range.

    Args:
        one: what a model predicts for some images.
        other: what another one predicts for them.

    Returns:
        The difference; infinite where a number is not finite or a head is missing.

    Example:
        >>> even = Predictions(emotion=np.array([[0.5, 0.5]]), action_units=None)
        >>> tilted = Predictions(emotion=np.array([[0.75, 0.25]]), action_units=None)
        >>> largest_difference(even, tilted)
        0.25
    """
    pairs = zip(HEADS, one.heads(), other.heads(), strict=True)
    return max(_apart(first, second) / RANGES[name] for name, first, second in pairs)


def _apart(one: np.ndarray | None, other: np.ndarray | None) -> float:
    if one is None and other is None:
        return 0.0
    if one is None or other is None:
        return float("inf")
    apart = np.abs(one.astype(np.float64) - other).max(initial=0.0)
    return float(apart) if np.isfinite(apart) else float("inf")
