"""Where the cells of a convolutional map look in the face.

Strides and padding move them from an even grid, and training moves them again: those of
face-api's network look 11 of 112 pixels further down and right, those of dlib's 16 of
150 up and left. So it is measured, by gradients of noise.
"""

from typing import Any

import numpy as np

from models.backend import differentiated
from models.keras_api import ops

IMAGES, MIXTURES, SEED = 2, 4, 0
GREY, CONTRAST = 128.0, 40.0
"""Mean and standard deviation of the noise, which has no edges of a face."""

Shift = tuple[float, float]
"""Pixels down and to the right."""

NOWHERE: Shift = (0.0, 0.0)


def measured_shift(front: Any) -> Shift:
    """Measures how far cells look beside an even grid.

    By the pixels that the innermost cells depend on: squared gradients of random
    mixtures of their channels, whose centre is that of the face if nothing is shifted.

    Args:
        front: from pixels (B, S, S, C) to the map, (B, h, w, F).
    """
    random = np.random.default_rng(SEED)
    height, width, channels = front.output.shape[1:]
    mixtures = random.normal(size=(channels, MIXTURES)).astype(np.float32)
    inner = [slice((size - 1) // 2, size // 2 + 1) for size in (height, width)]

    def mixed(pixels: Any) -> Any:
        cells = front(pixels, training=False)[:, inner[0], inner[1], :]
        return ops.matmul(ops.mean(cells, axis=(1, 2)), mixtures)

    images = random.normal(GREY, CONTRAST, (IMAGES, *front.input.shape[1:]))
    _, gradients = differentiated(mixed)(images.astype(np.float32))
    return _centre(np.square(gradients.astype(np.float64)).sum(axis=(0, 1, 4)))


def _centre(weights: np.ndarray) -> Shift:
    """Returns where the centre of pixels' weights (S, S) lies, from the middle."""
    whole = weights.sum()
    if not whole:
        return NOWHERE
    down, right = (
        float((weights.sum(axis=1 - axis) * _from_middle(side)).sum() / whole)
        for axis, side in enumerate(weights.shape)
    )
    return down, right


def _from_middle(side: int) -> np.ndarray:
    return np.arange(side) + 0.5 - side / 2
