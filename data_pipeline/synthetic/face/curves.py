"""Smooth curves through a few points, of which faces consist."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]
"""Points of a curve, shape (N, 2): x to the right, y down."""


SIDES = (-1, 1)
"""Left and right in the image."""


def points(*pairs: tuple[float, float]) -> Points:
    """Makes points of pairs."""
    return np.array(pairs, dtype=np.float64)


def smooth(knots: Points, *, steps: int = 8, closed: bool = False) -> Points:
    """Draws a Catmull-Rom curve through knots, shape (K, 2), K >= 2.

    ``steps`` are points per piece; the first point is the first knot.
    """
    if closed:
        padded = np.concatenate([knots[-1:], knots, knots[:2]])
    else:
        first = 2 * knots[:1] - knots[1:2]
        last = 2 * knots[-1:] - knots[-2:-1]
        padded = np.concatenate([first, knots, last])
    before, start, end, after = padded[:-3], padded[1:-2], padded[2:-1], padded[3:]
    t = np.arange(steps)[None, :, None] / steps
    pieces = 0.5 * (
        2 * start[:, None]
        + (end - before)[:, None] * t
        + (2 * before - 5 * start + 4 * end - after)[:, None] * t**2
        + (3 * start - before - 3 * end + after)[:, None] * t**3
    )
    curve: Points = pieces.reshape(-1, 2)
    return curve if closed else np.concatenate([curve, knots[-1:]])


def ring(upper: Points, lower: Points) -> Points:
    """Joins two curves from left to right into one outline."""
    return np.concatenate([upper, lower[::-1]])


def mirrored(half: Points) -> Points:
    """Completes the right half of an outline, from top to bottom, by its mirror."""
    return np.concatenate([half, half[::-1] * [-1.0, 1.0]])


def ellipse(centre: Sequence[float], across: float, down: float) -> Points:
    """Approximates an ellipse by a polygon of 28 corners."""
    angles = np.linspace(0, 2 * np.pi, 28, endpoint=False)
    return np.stack(
        [centre[0] + across * np.cos(angles), centre[1] + down * np.sin(angles)], axis=1
    )


def band(line: Points, widths: npt.ArrayLike) -> Points:
    """Thickens a line of N points into an outline, shape (2N, 2).

    ``widths`` is the full width at each point, or one for all.
    """
    along = np.gradient(line, axis=0)
    length = np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)
    across = np.stack([-along[:, 1], along[:, 0]], axis=1) / length[:, None]
    half = across * (np.broadcast_to(widths, len(line))[:, None] / 2)
    return ring(line + half, line - half)


def resampled(line: Points, count: int) -> Points:
    """Takes points at equal steps of a curve's own parameter."""
    at = np.linspace(0, len(line) - 1, count)
    whole = np.arange(len(line))
    return np.stack(
        [np.interp(at, whole, line[:, 0]), np.interp(at, whole, line[:, 1])], axis=1
    )
