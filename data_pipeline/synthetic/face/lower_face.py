"""Lips, jaw and chin: how AU11 12 14 15 17 20 23 24 25 26 27 move the lower face."""

from dataclasses import dataclass
from functools import partial

from data_pipeline.synthetic.face.curves import Points, mirrored, points, smooth
from data_pipeline.synthetic.face.muscles import Muscles
from data_pipeline.synthetic.population.subjects import Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Mouth:
    """Four lip edges, each from the left to the right corner.

    Attributes:
        top: upper edge of the upper lip.
        upper: lower edge of the upper lip.
        lower: upper edge of the lower lip.
        bottom: lower edge of the lower lip.
        gap: opening at the middle, 0 when closed.
        corners: left and right corner.
    """

    top: Points
    upper: Points
    lower: Points
    bottom: Points
    gap: float
    corners: tuple[tuple[float, float], tuple[float, float]]


def jaw_drop(muscles: Muscles) -> float:
    """Returns how far the chin moves down: AU26 drops it, AU27 stretches it open."""
    drop = 0.15 * muscles.pull(26) + 0.31 * muscles.pull(27)
    return drop - 0.05 * muscles.pull(17) + 0.015 * muscles.pull(25)


def head_outline(subject: Subject, muscles: Muscles) -> Points:
    """Outlines the head as a closed curve from the crown round the chin."""
    drop = jaw_drop(muscles)
    chin = subject.chin + drop
    full = subject.cheek + 0.02 * muscles.pull(12) - 0.02 * muscles.pull(27)
    half = points(
        (0.0, -subject.crown),
        (0.5, -subject.crown + 0.12),
        (0.85, -0.72),
        (0.965, -0.2),
        (0.955 + 0.6 * full, 0.25),
        (subject.jaw + 0.105 + full, 0.72 + 0.1 * drop),
        (subject.jaw - 0.09 + 0.5 * full, 1.1 + 0.5 * drop),
        (0.55 * subject.jaw, chin - 0.14),
        (0.17, chin - 0.012),
    )
    return smooth(mirrored(half)[:-1], steps=6, closed=True)


def mouth(subject: Subject, muscles: Muscles) -> Mouth:
    """Places the lips.

    AU12 raises the corners, AU15 lowers them, AU14 tucks them in, AU20 stretches, AU17
    pushes the lower lip up, AU23 and AU24 thin the lips, AU25 parts them, AU26 and AU27
    open the jaw, AU9 and AU11 lift the upper lip.
    """
    pull = muscles.pull
    left, right = _corner(subject, muscles, -1), _corner(subject, muscles, 1)
    gap = 0.085 * pull(25) + 0.18 * pull(26) + 0.43 * pull(27)
    gap += 0.07 * min(pull(25), pull(12))
    lift = 0.24 * gap + 0.055 * pull(9) + 0.03 * pull(11) + 0.035 * pull(12)
    push = 0.085 * pull(17)
    thin = _thinness(muscles)
    upper_full = 0.072 * subject.lip_full * thin * (1 - 0.3 * pull(12))
    lower_full = 0.095 * subject.lip_full * thin * (1 - 0.25 * pull(12))
    lower_full *= 1 + 0.12 * pull(17)
    middle = subject.mouth_height - push
    up, low = middle - lift, middle - lift + gap
    shape = partial(_lip_edge, left, right)
    return Mouth(
        top=shape((up - 0.62 * upper_full, up - upper_full, up - 0.8 * upper_full)),
        upper=shape((up - 0.004, up + 0.002, up + 0.008)),
        lower=shape((low - 0.002, low + 0.002, low + 0.006)),
        bottom=shape(
            (low + 0.58 * lower_full, low + 0.93 * lower_full, low + lower_full)
        ),
        gap=gap,
        corners=(left, right),
    )


def _thinness(muscles: Muscles) -> float:
    """Returns the visible share of the lips' red."""
    tight = 0.42 * muscles.pull(23) + 0.68 * muscles.pull(24) + 0.25 * muscles.pull(20)
    return max(0.16, 1.0 - tight)


def _corner(subject: Subject, muscles: Muscles, side: int) -> tuple[float, float]:
    """Places one corner of the mouth."""
    twelve, fifteen = muscles.pull(12, side), muscles.pull(15, side)
    fourteen, twenty = muscles.pull(14, side), muscles.pull(20, side)
    out = 0.115 * twelve + 0.02 * fifteen + 0.05 * fourteen + 0.13 * twenty
    out -= 0.085 * muscles.pull(23, side) + 0.03 * muscles.pull(24, side)
    out -= 0.06 * muscles.pull(27, side) + 0.03 * muscles.pull(26, side)
    down = -0.15 * twelve + 0.14 * fifteen - 0.045 * fourteen + 0.03 * twenty
    down += 0.02 * muscles.pull(17, side) + 0.35 * jaw_drop(muscles)
    x = subject.mouth_width + out
    return side * x, subject.mouth_height - subject.mouth_rest + down


def _lip_edge(
    left: tuple[float, float],
    right: tuple[float, float],
    heights: tuple[float, float, float],
) -> Points:
    """Draws a curve through both corners, at heights beside, near and at the middle."""
    (x0, y0), (x1, y1) = left, right
    far, near, centre = heights
    blend = 0.22
    knots = points(
        (x0, y0),
        (0.62 * x0, (1 - blend) * far + blend * y0),
        (0.2 * x0, near),
        (0.0, centre),
        (0.2 * x1, near),
        (0.62 * x1, (1 - blend) * far + blend * y1),
        (x1, y1),
    )
    return smooth(knots, steps=6)
