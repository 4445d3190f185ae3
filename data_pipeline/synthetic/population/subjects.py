"""The subjects: ids like those of CK+, and everything that differs in a face."""

from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np

from data_pipeline.system.errors import DataError
from data_pipeline.system.seeds import child_seed

HairStyle = Literal["short", "long", "fringe", "receding", "bald", "tied"]
Beard = Literal["none", "stubble", "moustache", "full"]
Glasses = Literal["none", "thin", "thick"]

Name = TypeVar("Name", bound=str)

DEFAULT_SUBJECTS = 123
"""Subjects in CK+."""

# Gaps as in CK+: readers must not count subjects by their number.
_CKPLUS_NUMBERS = (
    *(5, 10, 11, 14, 22, 26, 28, 29, 32, 34, 35, 37, 42, 44, 45, 46, 50),
    *(number for number in range(51, 140) if number != 123),  # noqa: PLR2004
    *(147, 148, 149, 151, 154, 155, 156, 157, 158, 160),
    *(501, 502, 503, 504, 505, 506, 895, 999),
)
_FURTHER_NUMBERS = tuple(n for n in range(1, 999) if n not in _CKPLUS_NUMBERS)
MOST_SUBJECTS = len(_CKPLUS_NUMBERS) + len(_FURTHER_NUMBERS)
"""Ids have three digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One synthetic person; lengths are in half face widths, tones in 0..1.

    Attributes:
        expressivity: mean intensity step this person adds to what they show.
        side_bias: how much stronger the left half of the face moves, -0.3..0.3.
    """

    id: str
    jaw: float
    chin: float
    crown: float
    cheek: float
    age: float
    skin: float
    hair: float
    hair_style: HairStyle
    beard: Beard
    glasses: Glasses
    eye_spacing: float
    eye_size: float
    eye_open: float
    eye_slant: float
    iris: float
    brow_height: float
    brow_arch: float
    brow_slope: float
    brow_thick: float
    brow_tone: float
    nose_length: float
    nose_width: float
    mouth_height: float
    mouth_width: float
    lip_full: float
    lip_tone: float
    mouth_rest: float
    shirt: float
    expressivity: float
    side_bias: float


def subject_ids(count: int) -> tuple[str, ...]:
    """Returns sorted ids, with ``S005`` and ``S999`` among any two or more.

    Example:
        >>> subject_ids(3)
        ('S005', 'S095', 'S999')
    """
    if not 1 <= count <= MOST_SUBJECTS:
        raise DataError(
            f"The number of synthetic subjects must be from 1 to {MOST_SUBJECTS}, "
            f"because ids have three digits, but got {count}; give --subjects such a "
            "number."
        )
    most = len(_CKPLUS_NUMBERS)
    if count >= most:
        numbers = (*_CKPLUS_NUMBERS, *_FURTHER_NUMBERS[: count - most])
    else:
        step = (most - 1) / max(1, count - 1)
        numbers = tuple(_CKPLUS_NUMBERS[round(i * step)] for i in range(count))
    return tuple(f"S{number:03d}" for number in sorted(numbers))


def sample_subject(seed: int, subject_id: str) -> Subject:
    """Samples one person, which depends on the id and the set's seed alone."""
    rng = np.random.default_rng(child_seed(seed, "drawn", "subject", subject_id))

    def vary(mean: float, spread: float) -> float:
        return mean + spread * float(np.clip(rng.standard_normal(), -2.2, 2.2))

    skin = float(rng.uniform(0.36, 0.8))
    hair = float(
        rng.choice([0.08, 0.13, 0.2, 0.32, 0.5], p=[0.3, 0.25, 0.2, 0.15, 0.1])
    )
    return Subject(
        id=subject_id,
        jaw=vary(0.77, 0.04),
        chin=vary(1.50, 0.06),
        crown=vary(1.18, 0.05),
        cheek=vary(0.0, 0.03),
        age=float(rng.beta(1.3, 2.4)),
        skin=skin,
        hair=hair,
        hair_style=_pick(rng, _HAIR),
        beard=_pick(rng, _BEARDS),
        glasses=_pick(rng, _GLASSES),
        eye_spacing=vary(0.415, 0.018),
        eye_size=vary(0.205, 0.012),
        eye_open=vary(1.0, 0.13),
        eye_slant=vary(0.0, 0.018),
        iris=float(rng.uniform(0.1, 0.45)),
        brow_height=vary(0.31, 0.024),
        brow_arch=vary(0.06, 0.022),
        brow_slope=vary(0.0, 0.02),
        brow_thick=vary(0.062, 0.016),
        brow_tone=min(0.4, hair + 0.03) if rng.random() < 0.8 else hair * 0.7,  # noqa: PLR2004
        nose_length=vary(0.56, 0.035),
        nose_width=vary(0.165, 0.016),
        mouth_height=vary(0.955, 0.025),
        mouth_width=vary(0.335, 0.025),
        lip_full=vary(1.0, 0.2),
        lip_tone=float(rng.uniform(0.62, 0.9)),
        mouth_rest=vary(0.0, 0.014),
        shirt=float(rng.choice([0.12, 0.3, 0.5, 0.75, 0.9])),
        expressivity=vary(0.0, 0.5),
        side_bias=vary(0.0, 0.09),
    )


_HAIR: dict[HairStyle, float] = {
    "short": 0.3, "long": 0.26, "fringe": 0.14,
    "receding": 0.1, "bald": 0.05, "tied": 0.15,
}  # fmt: skip
_BEARDS: dict[Beard, float] = {
    "none": 0.74, "stubble": 0.12, "moustache": 0.07, "full": 0.07,
}  # fmt: skip
_GLASSES: dict[Glasses, float] = {"none": 0.82, "thin": 0.11, "thick": 0.07}


def _pick(rng: np.random.Generator, chances: dict[Name, float]) -> Name:
    """Samples one key by its probability."""
    names = list(chances)
    return names[int(rng.choice(len(names), p=list(chances.values())))]
