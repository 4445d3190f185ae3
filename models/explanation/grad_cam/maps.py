"""Grad-CAM: where the last convolutional map speaks for an output.

Source: Selvaraju et al. 2017, "Grad-CAM: visual explanations from deep networks via
gradient-based localization": each channel is weighted by its mean gradient, and only
what raises the output is kept.
"""

import numpy as np

from models.explanation.grad_cam.cells import NOWHERE, Shift


def weighted_maps(features: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    """Weights a map's channels by an output's mean gradient.

    Args:
        features: the map of one face, shape (h, w, F).
        gradients: of each output before its activation, shape (K, h, w, F).

    Returns:
        What raises each output, at least 0, shape (K, h, w).
    """
    weights = gradients.mean(axis=(1, 2))
    return np.asarray(np.maximum(np.einsum("hwf,kf->khw", features, weights), 0.0))


def enlarged(maps: np.ndarray, side: int, shift: Shift = NOWHERE) -> np.ndarray:
    """Enlarges maps (K, h, w) to the side of the face, (K, S, S), bilinearly.

    Each cell's value stands where the cell looks; beyond the outer cells it stays.
    """
    rows, columns = (
        _shares(count, side, moved)
        for count, moved in zip(maps.shape[1:], shift, strict=True)
    )
    return np.asarray(rows @ maps @ columns.T)


def _shares(count: int, side: int, moved: float) -> np.ndarray:
    """Returns what each of ``count`` cells gives to each pixel, (S, count)."""
    places = (np.arange(side) + 0.5 - moved) * count / side - 0.5
    distances = np.clip(places, 0, count - 1)[:, None] - np.arange(count)
    return np.asarray(np.maximum(0.0, 1.0 - np.abs(distances)), np.float32)
