"""Brows, eyes, nose: how AU1 2 4 5 6 7 9 11 move the upper face."""

from dataclasses import dataclass

import numpy as np

from data_pipeline.synthetic.face.curves import Points, points, smooth
from data_pipeline.synthetic.face.muscles import Muscles
from data_pipeline.synthetic.population.subjects import Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Eye:
    """One eye, from its left to its right corner in the image.

    Attributes:
        upper: edge of the upper lid.
        lower: edge of the lower lid.
        crease: fold above the upper lid.
        bag: fold under the lower lid.
        iris: centre of the iris.
        radius: radius of the iris.
    """

    upper: Points
    lower: Points
    crease: Points
    bag: Points
    iris: tuple[float, float]
    radius: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Nose:
    """The nose: tip, wings, and how much it is wrinkled."""

    tip: tuple[float, float]
    wing: float
    wing_height: float
    wrinkle: float


def brow(subject: Subject, muscles: Muscles, side: int) -> Points:
    """Places the middle line of a brow: five knots from the inner to the outer end.

    AU1 raises its inner end, AU2 its outer end; AU4 and AU9 lower it and draw it in.
    """
    along = np.array([0.0, 0.25, 0.5, 0.75, 1.0])
    inner, outer = 0.155, subject.eye_spacing + 0.31
    arch = np.array([0.0, -0.55, -0.95, -1.0, -0.35]) * subject.brow_arch
    x = inner + along * (outer - inner)
    y = -subject.brow_height + arch + subject.brow_slope * (along - 0.5) * 2
    one, two = muscles.pull(1, side), muscles.pull(2, side)
    four, nine = muscles.pull(4, side), muscles.pull(9, side)
    y = y - 0.165 * one * np.array([1.0, 0.82, 0.42, 0.08, -0.05])
    y = y - 0.175 * two * np.array([0.0, 0.2, 0.62, 1.0, 0.95])
    # Drawn together by AU4, a raised inner end stays up: the oblique brow of grief.
    down = 0.125 * four * (1 - 0.45 * min(one, 1.0))
    y = y + down * np.array([1.0, 0.9, 0.62, 0.3, 0.1])
    y = y + 0.06 * nine * np.array([1.0, 0.8, 0.4, 0.15, 0.0])
    x = x - (0.075 * four + 0.02 * nine) * np.array([1.0, 0.85, 0.6, 0.35, 0.2])
    return np.stack([side * x, y], axis=1)


def eye(subject: Subject, muscles: Muscles, side: int) -> Eye:
    """Places one eye.

    AU5 raises the upper lid, AU7 tightens both, AU6 pushes the lower lid up, AU9
    narrows.
    """
    five, six = muscles.pull(5, side), muscles.pull(6, side)
    seven, nine = muscles.pull(7, side), muscles.pull(9, side)
    raised = 0.5 * (muscles.pull(1, side) + muscles.pull(2, side))
    four = muscles.pull(4, side)
    x0, half = subject.eye_spacing, subject.eye_size
    up = 0.092 * subject.eye_open
    up += 0.075 * five + 0.018 * raised - 0.042 * seven - 0.014 * (six + four + nine)
    low = 0.058 * subject.eye_open - 0.052 * seven - 0.042 * six - 0.02 * nine
    low += 0.012 * five
    slant = subject.eye_slant
    at = np.array([-1.0, -0.55, 0.0, 0.55, 1.0])
    upper_shape = np.array([0.0, 0.74, 1.0, 0.78, 0.0])
    lower_shape = np.array([0.0, 0.72, 1.0, 0.86, 0.0])
    corner = np.array([0.028, 0.012, 0.0, -0.008, -0.012]) - slant * at
    x = x0 + at * half
    upper, lower = corner - up * upper_shape, corner + low * lower_shape
    lower = np.maximum(lower, upper + 0.004)
    lid = 0.055 - 0.02 * five + 0.012 * raised - 0.012 * four
    folds = np.array([0.25, 0.85, 1.0, 0.95, 0.5])
    bag_drop = 0.088 - 0.035 * (six + seven)
    return Eye(
        upper=_along(side, x, upper),
        lower=_along(side, x, lower),
        crease=_along(side, x, upper - lid * folds),
        bag=_along(side, x, lower + bag_drop * np.array([0.3, 0.9, 1.0, 0.9, 0.5])),
        iris=(side * x0, -0.018),
        radius=0.092,
    )


def nose(subject: Subject, muscles: Muscles) -> Nose:
    """Places the nose; AU9 pulls it up and wrinkles it, AU12 and AU20 widen it."""
    nine = muscles.pull(9)
    widen = 0.022 * nine + 0.02 * muscles.pull(12) + 0.012 * muscles.pull(20)
    return Nose(
        tip=(0.0, subject.nose_length - 0.085 - 0.035 * nine),
        wing=subject.nose_width + widen,
        wing_height=subject.nose_length - 0.03 - 0.065 * nine - 0.02 * muscles.pull(11),
        wrinkle=nine,
    )


def _along(side: int, x: np.ndarray, y: np.ndarray) -> Points:
    """Draws a curve between the corners of an eye, from left to right."""
    curve = smooth(points(*zip(side * x, y, strict=True)), steps=5)
    return curve if side > 0 else curve[::-1]
