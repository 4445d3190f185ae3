"""Creases of the skin: forehead, frown, nose, cheeks, mouth and chin."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from data_pipeline.synthetic.face.curves import SIDES, Points, points, smooth
from data_pipeline.synthetic.face.lower_face import Mouth
from data_pipeline.synthetic.face.muscles import Muscles
from data_pipeline.synthetic.face.upper_face import Nose
from data_pipeline.synthetic.population.subjects import Subject

_PITS = ((-0.11, 0.12), (-0.04, 0.09), (0.05, 0.12), (0.11, 0.1), (0.0, 0.16))


@dataclass(frozen=True, slots=True, kw_only=True)
class Crease:
    """A crease of the skin: a line, its depth (0..1) and its width."""

    line: Points
    depth: float
    width: float


def all_creases(
    subject: Subject, muscles: Muscles, wings: Nose, lips: Mouth
) -> tuple[Crease, ...]:
    """Returns the creases of a face, many too shallow to be visible.

    Nasolabial folds run from the nose's wings to the corners of the lips.
    """
    return (
        *_brow_creases(subject, muscles),
        *_nose_creases(muscles),
        *_cheek_creases(subject, muscles, wings, lips),
        *_eye_creases(subject, muscles),
        *_mouth_creases(subject, muscles, lips),
        *_chin_creases(muscles, lips),
    )


def _brow_creases(subject: Subject, muscles: Muscles) -> Iterator[Crease]:
    """Forehead lines (AU1 in the middle, AU2 at the sides) and AU4's frown."""
    age = 0.12 * subject.age
    for row, rest in enumerate((-0.53, -0.65, -0.77)):
        y = rest - 0.03 * (muscles.pull(1) + muscles.pull(2))
        weight = 0.75 - 0.11 * row
        half = points((0.1, y - 0.012), (0.26, y + 0.02))
        middle = np.concatenate([half[::-1] * [-1, 1], half])
        yield _crease(middle, age + muscles.pull(1) * weight, 0.028)
        outer = points((0.24, y + 0.015), (0.44, y - 0.045), (0.64, y - 0.01))
        for side in SIDES:
            depth = age + muscles.pull(2, side) * weight
            yield _crease(outer * [side, 1], depth, 0.028)
    frown = points((0.062, -0.40), (0.065, -0.28), (0.093, -0.15))
    for side in SIDES:
        depth = 0.15 * subject.age + 0.95 * muscles.pull(4, side)
        yield _crease(frown * [side, 1], depth, 0.032)


def _nose_creases(muscles: Muscles) -> Iterator[Crease]:
    """The wrinkles that AU9 lays across the nose's root and sides."""
    for side in SIDES:
        for y in (-0.02, 0.06, 0.14):
            wrinkle = points((0.05, y), (0.11, y + 0.02), (0.16, y + 0.07))
            yield _crease(wrinkle * [side, 1], 0.7 * muscles.pull(9, side), 0.026)
    root = points((-0.08, -0.1), (0.0, -0.085), (0.08, -0.1))
    yield _crease(root, 0.8 * muscles.pull(9), 0.03)


def _cheek_creases(
    subject: Subject, muscles: Muscles, wings: Nose, lips: Mouth
) -> Iterator[Crease]:
    """Nasolabial folds: AU12 deepens them all along, AU11 their upper part."""
    for index, side in enumerate(SIDES):
        pull = {unit: muscles.pull(unit, side) for unit in (6, 9, 11, 12, 20)}
        x, y = lips.corners[index]
        start = np.array([side * (wings.wing + 0.035), wings.wing_height - 0.05])
        end = np.array([x + side * (0.115 + 0.02 * pull[12]), y + 0.03])
        bulge = 0.05 + 0.035 * pull[12]
        upper = np.stack([start, start + 0.33 * (end - start) + [side * 0.03, -0.02]])
        lower = start + 0.68 * (end - start) + [side * bulge, -0.02]
        depth = 0.1 + 0.3 * subject.age + 0.75 * pull[12] + 0.25 * pull[6]
        depth += 0.3 * pull[20] + 0.45 * pull[9]
        yield _crease(np.stack([*upper, lower, end]), depth, 0.045)
        deepened = 0.95 * pull[11] + 0.4 * pull[9]
        yield _crease(np.stack([*upper, lower]), deepened, 0.05)


def _eye_creases(subject: Subject, muscles: Muscles) -> Iterator[Crease]:
    """Crow's feet and the pouch under the eye (AU6)."""
    edge = subject.eye_spacing + subject.eye_size
    pouch = points((0.2, 0.16), (0.36, 0.215), (0.58, 0.17))
    for side in SIDES:
        six, nine = muscles.pull(6, side), muscles.pull(9, side)
        for tilt in (-0.085, 0.0, 0.085):
            crow = points(
                (edge + 0.035, 0.01 + 0.4 * tilt), (edge + 0.15, 0.03 + 1.3 * tilt)
            )
            yield _crease(crow * [side, 1], 0.12 * subject.age + 0.8 * six, 0.022)
        depth = 0.1 * subject.age + 0.55 * six + 0.2 * nine
        yield _crease(pouch * [side, 1], depth, 0.032)


def _mouth_creases(subject: Subject, muscles: Muscles, lips: Mouth) -> Iterator[Crease]:
    """Dimples (AU14), creases under the corners (AU15), tight lips (AU23, AU24)."""
    top = float(lips.top[len(lips.top) // 2, 1])
    dimple = points((0.035, -0.075), (0.06, 0.0), (0.04, 0.07))
    droop = points((0.01, 0.01), (0.045, 0.08), (0.05, 0.19))
    for index, side in enumerate(SIDES):
        x, y = lips.corners[index]
        depth = muscles.pull(14, side) + 0.15 * muscles.pull(12, side)
        yield _crease(dimple * [side, 1] + [x, y], depth, 0.05)
        depth = 0.15 * subject.age + 0.85 * muscles.pull(15, side)
        yield _crease(droop * [side, 1] + [x, y], depth, 0.042)
        press = points((0.55 * x, top - 0.04), (0.95 * x, y - 0.045))
        yield _crease(press, 0.6 * muscles.pull(24, side), 0.04)
        for away in (0.12, 0.2):
            purse = points((away * 1.1, top - 0.075), (away, top - 0.005))
            yield _crease(purse * [side, 1], 0.45 * muscles.pull(23, side), 0.02)


def _chin_creases(muscles: Muscles, lips: Mouth) -> Iterator[Crease]:
    """The fold over the chin, and AU17's pits like an orange's peel."""
    y = float(lips.bottom[len(lips.bottom) // 2, 1]) + 0.085
    half = points((0.1, y + 0.005), (0.2, y + 0.06))
    arc = np.concatenate([half[::-1] * [-1, 1], half])
    yield _crease(arc, 0.2 + 0.8 * muscles.pull(17), 0.05)
    for x, down in _PITS:
        pit = points((x - 0.014, y + down), (x + 0.014, y + down + 0.014))
        yield _crease(pit, 0.7 * muscles.pull(17), 0.034)


def _crease(knots: Points, depth: float, width: float) -> Crease:
    """Draws a smooth crease through knots."""
    return Crease(line=smooth(knots, steps=5), depth=min(1.0, depth), width=width)
