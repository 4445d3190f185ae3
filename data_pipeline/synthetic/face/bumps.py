"""Soft swellings and hollows of the face: sockets, cheeks, muzzle, chin."""

from dataclasses import dataclass

from data_pipeline.synthetic.face.curves import SIDES
from data_pipeline.synthetic.face.lower_face import Mouth, jaw_drop
from data_pipeline.synthetic.face.muscles import Muscles
from data_pipeline.synthetic.face.upper_face import brow
from data_pipeline.synthetic.population.subjects import Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Bump:
    """A soft swelling (or hollow) of the skin, as a Gaussian."""

    centre: tuple[float, float]
    spread: tuple[float, float]
    height: float


def all_bumps(subject: Subject, muscles: Muscles, lips: Mouth) -> tuple[Bump, ...]:
    """Returns the bumps of a face, except the nose's."""
    return (*_still_bumps(subject), *_moving_bumps(subject, muscles, lips))


def _still_bumps(subject: Subject) -> list[Bump]:
    """Returns what does not move: sockets, cheekbones, muzzle."""
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
