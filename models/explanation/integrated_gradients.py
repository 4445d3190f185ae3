"""Integrated gradients: how much of an output's change each pixel accounts for.

Source: Sundararajan, Taly and Yan 2017, "Axiomatic attribution for deep networks".
Along the straight path from a face without contrast, of the image's mean colour, to the
face, gradients are averaged and multiplied by the difference. The attributions of all
pixels sum to the output's difference between both ends (completeness).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Differentiate = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
"""From pixels (B, S, S, C) to outputs (B, K) and their gradients (K, B, S, S, C)."""

STEPS, MOST_STEPS = 32, 256
"""Points of the path at first, and at most: they are doubled until the sum fits."""

PIXELS = STEPS * 64**2
"""Pixels that gradients are taken of at once: a large network's maps fill memory."""

TOLERANCE = 0.01
"""Largest difference between the sum and the output's change."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Attributions:
    """What each pixel adds to each output, shape (K, S, S).

    ``gap`` is the largest difference between a sum of them and its output's change.
    """

    maps: np.ndarray
    gap: float


def without_contrast(pixels: np.ndarray) -> np.ndarray:
    """Returns an image of the mean colour of one, both (S, S, C)."""
    return np.broadcast_to(pixels.mean(axis=(0, 1)), pixels.shape).astype(np.float32)


def integrate(
    differentiate: Differentiate, pixels: np.ndarray, start: np.ndarray
) -> Attributions:
    """Attributes the outputs for a face to its pixels.

    Args:
        differentiate: the model's outputs and gradients.
        pixels: the face, shape (S, S, C).
        start: where the path starts, of the same shape.

    Returns:
        The attributions, each the sum over a pixel's channels.
    """
    ends, _ = differentiate(np.stack([start, pixels]).astype(np.float32))
    steps = STEPS
    while True:
        slopes = _mean_slopes(differentiate, pixels, start, steps)
        maps = ((pixels - start) * slopes).sum(axis=-1)
        gap = float(np.abs(maps.sum(axis=(1, 2)) - (ends[1] - ends[0])).max())
        if gap <= TOLERANCE or steps >= MOST_STEPS:
            return Attributions(maps=maps, gap=gap)
        steps *= 2


def points_at_once(side: int) -> int:
    """Returns how many points are taken at once: a power of 2, so that parts are equal.

    Example:
        >>> points_at_once(48), points_at_once(96), points_at_once(224)
        (32, 8, 2)
    """
    most = max(1, min(STEPS, PIXELS // side**2))
    return 1 << (most.bit_length() - 1)


def _mean_slopes(
    differentiate: Differentiate, pixels: np.ndarray, start: np.ndarray, steps: int
) -> np.ndarray:
    """Averages gradients at the middles of equal steps: (K, S, S, C)."""
    shares = (np.arange(steps, dtype=np.float32) + 0.5) / steps
    total = None
    for part in np.split(shares, steps // points_at_once(len(pixels))):
        points = start + part[:, None, None, None] * (pixels - start)
        _, gradients = differentiate(points.astype(np.float32))
        summed = gradients.sum(axis=1, dtype=np.float64)
        total = summed if total is None else total + summed
    return np.asarray(total) / steps
