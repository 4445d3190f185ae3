"""Grad-CAM: where the last convolutional map speaks for an output.

Source: Selvaraju et al. 2017, "Grad-CAM: visual explanations from deep networks via
gradient-based localization": each channel is weighted by its mean gradient, and only
what raises the output is kept.
"""

import numpy as np
from PIL import Image


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


def enlarged(maps: np.ndarray, side: int) -> np.ndarray:
    """Enlarges maps (K, h, w) to the side of the face, (K, S, S), bilinearly."""
    pictures = (Image.fromarray(each.astype(np.float32)) for each in maps)
    bilinear = Image.Resampling.BILINEAR
    large = (picture.resize((side, side), bilinear) for picture in pictures)
    return np.stack([np.asarray(picture) for picture in large])
