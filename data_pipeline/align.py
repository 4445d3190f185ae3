"""Turns, scales and shifts a face so that five points come to fixed places."""

from typing import Any

import numpy as np
from PIL import Image, ImageStat

Array = np.ndarray[Any, Any]

EYES_APART, EYES_DOWN = 0.30, 0.33
"""Distance of the eyes, and how far they are below the upper edge: shares of it.

That leaves room for raised brows and a wrinkled forehead above, and for a chin that
drops when the mouth is wide open below.
"""
_SHAPE = ((-0.5, 0.0), (0.5, 0.0), (0.0, 0.573), (-0.414, 1.156), (0.414, 1.156))

TEMPLATE = tuple((0.5 + EYES_APART * x, EYES_DOWN + EYES_APART * y) for x, y in _SHAPE)
"""Left eye, right eye, tip of the nose, left and right corner of the mouth.

In shares of the square's edge, from its left upper corner; left is left in the
picture.

Source: the mean places to which ArcFace's authors align MTCNN's five points
(insightface, 112x112), made symmetric and told in distances of the eyes.
"""

WEIGHTS = (4.0, 4.0, 1.0, 1.0, 1.0)
"""What each point counts: the eyes stay where a mouth laughs or falls open."""

_FINEST = 4
"""Pixels of the picture, along one line, that a pixel of the result is made of."""
_ENOUGH = 0.1
_LEAST_APART = 2.0
"""Pixels between the eyes of a face that shows anything."""


def five_of(landmarks: Array) -> Array:
    """Takes the template's points from 68 landmarks.

    Args:
        landmarks: shape (68, 2), in the order of Multi-PIE and iBUG-300W.

    Returns:
        Shape (5, 2).
    """
    eyes = landmarks[36:42].mean(axis=0), landmarks[42:48].mean(axis=0)
    return np.stack([*eyes, landmarks[30], landmarks[48], landmarks[54]])


def in_picture(points: Array, picture: Image.Image) -> bool:
    """Tells whether five points can be those of a face that a picture shows.

    Args:
        points: shape (5, 2), pixels of the picture, in the order of ``TEMPLATE``.
        picture: any.

    Returns:
        False where both eyes are in one place, or the middle of the points is
        outside: as landmarks are that somebody filled in where there is no face.
    """
    middle = points.mean(axis=0)
    inside = ((middle >= 0) & (middle <= picture.size)).all()
    return bool(inside and np.linalg.norm(points[1] - points[0]) >= _LEAST_APART)


def aligned(picture: Image.Image, points: Array, *, size: int) -> Image.Image:
    """Cuts a square in which a face stands upright, in a fixed size and place.

    Args:
        picture: grey or RGB.
        points: shape (5, 2), pixels of the picture, in the order of ``TEMPLATE``.
        size: edge of the result, in pixels.

    Returns:
        The square in the picture's mode, antialiased; the mean colour of the picture
        fills what lies beyond it.
    """
    turn, shift = similarity(np.array(TEMPLATE) * size, points)
    coarse = max(1, int(abs(turn) / _FINEST))
    fine = max(1, int(np.ceil(abs(turn) / coarse - _ENOUGH)))
    # Sampled about one to one, then shrunk: Pillow's bilinear resize takes every
    # pixel into account, which its transforms do not.
    turn, shift = turn / (coarse * fine), shift / coarse
    ground = tuple(round(mean) for mean in ImageStat.Stat(picture).mean)
    sampled = picture.reduce(coarse).transform(
        (size * fine, size * fine),
        Image.Transform.AFFINE,
        (turn.real, -turn.imag, shift.real, turn.imag, turn.real, shift.imag),
        Image.Resampling.BILINEAR,
        fillcolor=ground if len(ground) > 1 else ground[0],
    )
    return sampled.resize((size, size), Image.Resampling.BILINEAR)


def similarity(source: Array, target: Array) -> tuple[complex, complex]:
    """Fits a turn with scaling, and a shift, by least squares with ``WEIGHTS``.

    Args:
        source: shape (5, 2), in the order of ``TEMPLATE``.
        target: shape (5, 2).

    Returns:
        Complex factor and summand: ``target = factor * source + summand``, where a
        point (x, y) is the number x + iy.
    """
    z, w = source @ [1, 1j], target @ [1, 1j]
    middle, there = np.average(z, weights=WEIGHTS), np.average(w, weights=WEIGHTS)
    away = z - middle
    pull = np.multiply(WEIGHTS, away)
    factor = complex(np.vdot(pull, w - there) / np.vdot(pull, away).real)
    return factor, complex(there - factor * middle)
