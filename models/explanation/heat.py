"""Maps as colours over a face; both colour scales suit colour-blind readers."""

from functools import lru_cache

import numpy as np
from PIL import Image

from models.explanation.methods import GRAD_CAM

STRONGEST = 0.75
"""Opacity of a map's highest value; that of others is lower in proportion."""

FINEST = 44
"""Cells a side that signed maps are summed up in: of single pixels nothing is seen."""

_SCALES = {True: "inferno", False: "PuOr_r"}


@lru_cache
def colours(method: str) -> np.ndarray:
    """Returns the scale of a method's maps, from lowest to highest: (256, 3), uint8."""
    from matplotlib import colormaps  # noqa: PLC0415 - takes a tenth of a second

    scale = colormaps[_SCALES[method == GRAD_CAM]]
    steps = scale(np.linspace(0, 1, 256))[:, :3]
    return np.asarray(np.rint(255 * steps), np.uint8)


def levels(shown: np.ndarray, method: str) -> np.ndarray:
    """Scales a map by its own largest size: to [0, 1], where signed to [-1, 1]."""
    largest = float(np.abs(shown).max())
    if method != GRAD_CAM:
        # One pixel may be far stronger than all others.
        largest = float(np.quantile(np.abs(shown), 0.99)) or largest
    return np.clip(shown / (largest or 1.0), -1.0, 1.0)


def heated(face: Image.Image, shown: np.ndarray, method: str) -> Image.Image:
    """Lays a map (S, S) over a face, in the face's size; the face turns grey."""
    scaled = Image.fromarray(levels(_coarse(shown, method), method).astype(np.float32))
    level = np.asarray(scaled.resize(face.size, Image.Resampling.BILINEAR))
    place = level if method == GRAD_CAM else (level + 1) / 2
    colour = colours(method)[np.rint(255 * np.clip(place, 0, 1)).astype(int)]
    share = STRONGEST * np.abs(level)[..., None]
    grey = np.asarray(face.convert("L").convert("RGB"), np.float32)
    mixed = (1 - share) * grey + share * colour
    return Image.fromarray(np.rint(mixed).astype(np.uint8))


def _coarse(shown: np.ndarray, method: str) -> np.ndarray:
    """Averages the pixels of a signed map in each of its cells."""
    side = min(FINEST, *shown.shape)
    if method == GRAD_CAM or side == len(shown):
        return shown
    picture = Image.fromarray(shown.astype(np.float32))
    return np.asarray(picture.resize((side, side), Image.Resampling.BOX))


def legend(size: tuple[int, int], method: str) -> Image.Image:
    """Draws the scale as a bar, from lowest to highest."""
    line = colours(method)[None]
    return Image.fromarray(line).resize(size, Image.Resampling.BILINEAR)
