"""A whole face as curves: subject + action units + pose -> geometry.

Coordinates: the origin is between the eyes, x to the right of the picture, y down;
the unit is half the face's width. A head turned or bowed shifts what stands out.
"""

from dataclasses import dataclass

import numpy as np

from data_pipeline.drawn.curves import Points, points, smooth
from data_pipeline.drawn.lower_face import Mouth, head_outline, jaw_drop, mouth
from data_pipeline.drawn.muscles import Muscles
from data_pipeline.drawn.subjects import Subject
from data_pipeline.drawn.upper_face import Eye, Nose, brow, eye, nose

SIDES = (-1, 1)
"""Left and right in the picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """A crease of the skin: a line, how deep (0..1) and how wide it is."""

    line: Points
    depth: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bump:
    """A soft swelling (or hollow) of the skin, as a Gaussian."""

    centre: tuple[float, float]
    spread: tuple[float, float]
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """All that is drawn of a face, in face coordinates, pose not yet applied."""

    outline: Points
    chin: float
    brows: tuple[Points, Points]
    eyes: tuple[Eye, Eye]
    nose: Nose
    mouth: Mouth
    folds: tuple[Fold, ...]
    bumps: tuple[Bump, ...]


def build(subject: Subject, muscles: Muscles) -> Face:
    """Builds one face.

    Args:
        subject: whose face.
        muscles: what it shows.

    Returns:
        Its geometry.
    """
    lips = mouth(subject, muscles)
    wings = nose(subject, muscles)
    return Face(
        outline=head_outline(subject, muscles),
        chin=subject.chin + jaw_drop(muscles),
        brows=(brow(subject, muscles, -1), brow(subject, muscles, 1)),
        eyes=(eye(subject, muscles, -1), eye(subject, muscles, 1)),
        nose=wings,
        mouth=lips,
        folds=(
            *_brow_folds(subject, muscles),
            *_cheek_folds(subject, muscles, wings, lips),
            *_chin_folds(muscles, lips),
        ),
        bumps=(*_still_bumps(subject), *_moving_bumps(subject, muscles, lips)),
    )


def _brow_folds(subject: Subject, muscles: Muscles) -> list[Fold]:
    """Forehead lines (AU1 in the middle, AU2 at the sides), frown lines, AU9's."""
    folds = []
    age = 0.12 * subject.age
    for row, height in enumerate((-0.53, -0.65, -0.77)):
        lift = 0.03 * (muscles.pull(1) + muscles.pull(2))
        y = height - lift
        middle = points(
            (-0.26, y + 0.02), (-0.1, y - 0.012), (0.1, y - 0.012), (0.26, y + 0.02)
        )
        weight = 1.0 - 0.15 * row
        folds.append(_fold(middle, age + 0.75 * muscles.pull(1) * weight, 0.028))
        for side in SIDES:
            outer = points(
                (side * 0.24, y + 0.015),
                (side * 0.44, y - 0.045),
                (side * 0.64, y - 0.01),
            )
            depth = age + 0.75 * muscles.pull(2, side) * weight
            folds.append(_fold(outer, depth, 0.028))
    for side in SIDES:
        x = side * 0.062
        frown = points((x, -0.40), (x * 1.05, -0.28), (x * 1.5, -0.15))
        folds.append(
            _fold(frown, 0.15 * subject.age + 0.95 * muscles.pull(4, side), 0.032)
        )
        for height in (-0.02, 0.06, 0.14):
            bunny = points(
                (side * 0.05, height),
                (side * 0.11, height + 0.02),
                (side * 0.16, height + 0.07),
            )
            folds.append(_fold(bunny, 0.7 * muscles.pull(9, side), 0.026))
    root = points((-0.08, -0.1), (0.0, -0.085), (0.08, -0.1))
    folds.append(_fold(root, 0.8 * muscles.pull(9), 0.03))
    return folds


def _cheek_folds(
    subject: Subject, muscles: Muscles, wings: Nose, lips: Mouth
) -> list[Fold]:
    """Nasolabial folds, crow's feet (AU6), dimples (AU14) and AU15's creases."""
    folds = []
    for index, side in enumerate(SIDES):
        pull = {unit: muscles.pull(unit, side) for unit in (6, 9, 11, 12, 14, 15, 20)}
        x, y = lips.corners[index]
        start = np.array([side * (wings.wing + 0.035), wings.wing_height - 0.05])
        end = np.array([x + side * (0.115 + 0.02 * pull[12]), y + 0.03])
        bulge = 0.05 + 0.035 * pull[12]
        upper = np.stack([start, start + 0.33 * (end - start) + [side * 0.03, -0.02]])
        lower = start + 0.68 * (end - start) + [side * bulge, -0.02]
        depth = 0.1 + 0.3 * subject.age + 0.75 * pull[12] + 0.25 * pull[6]
        depth += 0.3 * pull[20] + 0.45 * pull[9]
        folds.append(_fold(np.stack([*upper, lower, end]), depth, 0.045))
        deepened = 0.95 * pull[11] + 0.4 * pull[9]
        folds.append(_fold(np.stack([*upper, lower]), deepened, 0.05))
        for tilt in (-0.085, 0.0, 0.085):
            edge = subject.eye_spacing + subject.eye_size
            crow = points(
                (side * (edge + 0.035), 0.01 + 0.4 * tilt),
                (side * (edge + 0.15), 0.03 + 1.3 * tilt),
            )
            folds.append(_fold(crow, 0.12 * subject.age + 0.8 * pull[6], 0.022))
        pouch = points((side * 0.2, 0.16), (side * 0.36, 0.215), (side * 0.58, 0.17))
        folds.append(
            _fold(pouch, 0.1 * subject.age + 0.55 * pull[6] + 0.2 * pull[9], 0.032)
        )
        dimple = points(
            (x + side * 0.035, y - 0.075),
            (x + side * 0.06, y),
            (x + side * 0.04, y + 0.07),
        )
        folds.append(_fold(dimple, 1.0 * pull[14] + 0.15 * pull[12], 0.05))
        droop = points(
            (x + side * 0.01, y + 0.01),
            (x + side * 0.045, y + 0.08),
            (x + side * 0.05, y + 0.19),
        )
        folds.append(_fold(droop, 0.15 * subject.age + 0.85 * pull[15], 0.042))
    return folds


def _chin_folds(muscles: Muscles, lips: Mouth) -> list[Fold]:
    """The fold over the chin (AU17) and small lines of tight lips (AU23, AU24)."""
    y = float(lips.bottom[len(lips.bottom) // 2, 1]) + 0.085
    seventeen = muscles.pull(17)
    arc = points((-0.2, y + 0.06), (-0.1, y + 0.005), (0.1, y + 0.005), (0.2, y + 0.06))
    folds = [_fold(arc, 0.2 + 0.8 * seventeen, 0.05)]
    for x, down in (
        (-0.11, 0.12),
        (-0.04, 0.09),
        (0.05, 0.12),
        (0.11, 0.1),
        (0.0, 0.16),
    ):
        pit = points((x - 0.014, y + down), (x + 0.014, y + down + 0.014))
        folds.append(_fold(pit, 0.7 * seventeen, 0.034))
    top = float(lips.top[len(lips.top) // 2, 1])
    for x in (-0.2, -0.12, 0.12, 0.2):
        line = points((x * 1.1, top - 0.075), (x, top - 0.005))
        folds.append(_fold(line, 0.45 * muscles.pull(23), 0.02))
    for side in SIDES:
        corner = lips.corners[(side + 1) // 2]
        press = points(
            (0.55 * corner[0], top - 0.04), (0.95 * corner[0], corner[1] - 0.045)
        )
        folds.append(_fold(press, 0.6 * muscles.pull(24, side), 0.04))
    return folds


def _still_bumps(subject: Subject) -> list[Bump]:
    """What stands out of every face: sockets, cheekbones, muzzle."""
    bumps = [
        Bump(centre=(0.0, -0.62), spread=(0.42, 0.2), height=0.05),
        Bump(
            centre=(0.0, subject.mouth_height - 0.03), spread=(0.3, 0.25), height=0.07
        ),
        Bump(
            centre=(0.0, subject.nose_length + 0.13), spread=(0.03, 0.06), height=-0.02
        ),
    ]
    for side in SIDES:
        x = side * subject.eye_spacing
        bumps += [
            Bump(centre=(x * 0.93, -0.03), spread=(0.17, 0.12), height=-0.095),
            Bump(centre=(x, 0.0), spread=(0.125, 0.085), height=0.06),
            Bump(centre=(side * 0.85, -0.25), spread=(0.12, 0.3), height=-0.03),
            Bump(
                centre=(side * 0.6, 0.85),
                spread=(0.2, 0.25),
                height=-0.035 * (1 - 12 * subject.cheek),
            ),
        ]
    return bumps


def _moving_bumps(subject: Subject, muscles: Muscles, lips: Mouth) -> list[Bump]:
    """Brow ridge, cheek apples (AU6, AU12), chin boss (AU17), lips pressed out."""
    seventeen = muscles.pull(17)
    chin = subject.chin + jaw_drop(muscles)
    bumps = [
        Bump(
            centre=(0.0, chin - 0.19),
            spread=(0.17, 0.11),
            height=0.085 + 0.06 * seventeen,
        ),
        Bump(centre=(0.0, -0.3), spread=(0.06, 0.08), height=0.035 * muscles.pull(4)),
    ]
    for index, side in enumerate(SIDES):
        six, twelve = muscles.pull(6, side), muscles.pull(12, side)
        ridge = brow(subject, muscles, side)[2]
        cheek = 0.42 - 0.07 * six - 0.05 * twelve
        x, y = lips.corners[index]
        bumps += [
            Bump(
                centre=(float(ridge[0]), float(ridge[1]) + 0.03),
                spread=(0.25, 0.065),
                height=0.05,
            ),
            Bump(
                centre=(side * 0.56, cheek),
                spread=(0.21, 0.16 - 0.03 * six),
                height=0.055 + 0.07 * six + 0.055 * twelve,
            ),
            Bump(
                centre=(x + side * 0.03, y),
                spread=(0.06, 0.06),
                height=-0.03 - 0.05 * muscles.pull(14, side),
            ),
            Bump(
                centre=(x * 0.6, y - 0.1),
                spread=(0.1, 0.05),
                height=0.035 * muscles.pull(24, side),
            ),
            Bump(
                centre=(x + side * 0.13, y + 0.02),
                spread=(0.07, 0.1),
                height=0.05 * muscles.pull(14, side) + 0.03 * muscles.pull(20, side),
            ),
        ]
    return bumps


def _fold(knots: Points, depth: float, width: float) -> Fold:
    """A smooth fold through knots."""
    return Fold(line=smooth(knots, steps=5), depth=min(1.0, depth), width=width)
