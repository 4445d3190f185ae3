"""The action units of an emotion, and their coding by a FACS coder.

Chances are set so that the marginal counts over CK+'s 560 rows come out near the
real ones. Source: the counts of CK+'s published FACS codes and the prototypes of
Ekman and Friesen's investigator's guide (anger 4+5+7+23/24, contempt 14, disgust
9+17, fear 1+4+20+25, happiness 6+12, sadness 1+4+15+17, surprise 1+2+5+25+26/27).
"""

from dataclasses import dataclass

import numpy as np

from data_pipeline.labels.labels import Emotion

Shown = dict[int, int]
"""Action unit -> intensity 1..5 (FACS letters A to E)."""

STRONGEST = 5
"""FACS intensity E."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to show an emotion: its relative share, and the chance of each unit."""

    share: float
    chances: dict[int, float]


PROTOTYPES: dict[Emotion, tuple[Variant, ...]] = {
    Emotion.ANGER: (
        Variant(0.5, {4: 0.92, 5: 0.2, 7: 0.7, 17: 0.92, 23: 0.66, 24: 0.5, 15: 0.1}),
        Variant(0.3, {4: 0.7, 7: 0.4, 17: 0.9, 24: 0.8, 23: 0.5, 15: 0.2, 12: 0.05}),
        Variant(0.2, {4: 0.6, 7: 0.35, 23: 0.8, 17: 0.6, 25: 0.4, 9: 0.35, 15: 0.1}),
    ),
    Emotion.CONTEMPT: (
        Variant(0.7, {14: 1.0, 12: 0.18, 24: 0.15, 17: 0.12, 4: 0.05, 2: 0.05}),
        Variant(0.3, {14: 0.65, 12: 0.3, 23: 0.15, 17: 0.3, 15: 0.25, 4: 0.1}),
    ),
    Emotion.DISGUST: (
        Variant(
            0.6, {9: 0.97, 17: 0.92, 4: 0.65, 7: 0.55, 6: 0.25, 24: 0.12, 15: 0.15}
        ),
        Variant(0.25, {9: 0.4, 4: 0.45, 25: 0.97, 7: 0.5, 6: 0.4, 11: 0.25, 20: 0.35}),
        Variant(0.15, {15: 0.9, 17: 0.9, 11: 0.35, 4: 0.45, 7: 0.3, 23: 0.3, 14: 0.15}),
    ),
    Emotion.FEAR: (
        Variant(
            0.6, {1: 0.92, 4: 0.88, 20: 0.9, 25: 1.0, 12: 0.08, 2: 0.25, 5: 0.4, 7: 0.3}
        ),
        Variant(0.25, {1: 0.85, 2: 0.35, 5: 0.6, 20: 0.65, 25: 1.0, 26: 0.85, 4: 0.5}),
        Variant(0.15, {1: 0.6, 4: 0.7, 20: 0.9, 12: 0.3, 7: 0.5, 25: 0.8, 11: 0.3}),
    ),
    Emotion.HAPPINESS: (
        Variant(0.78, {12: 1.0, 25: 0.98, 6: 0.88, 26: 0.1, 7: 0.02, 5: 0.03}),
        Variant(0.16, {12: 1.0, 6: 0.6, 25: 0.1, 14: 0.04, 17: 0.03}),
        Variant(0.06, {25: 0.9, 6: 0.6, 20: 0.5, 26: 0.2, 11: 0.1}),
    ),
    Emotion.SADNESS: (
        Variant(0.6, {1: 0.85, 4: 0.8, 15: 0.92, 17: 0.92, 11: 0.3, 2: 0.08, 7: 0.1}),
        Variant(0.4, {15: 0.88, 17: 0.85, 1: 0.4, 4: 0.6, 11: 0.3, 25: 0.12, 20: 0.3}),
    ),
    Emotion.SURPRISE: (
        Variant(0.73, {1: 0.98, 2: 0.96, 5: 0.75, 25: 1.0, 27: 1.0, 12: 0.01}),
        Variant(0.18, {1: 0.9, 2: 0.92, 5: 0.6, 25: 1.0, 26: 1.0, 12: 0.04}),
        Variant(0.09, {1: 0.97, 2: 0.97, 5: 0.6, 25: 0.6, 12: 0.06}),
    ),
}

UNNAMED = Variant(1.0, {25: 0.97, 26: 0.27, 20: 0.5, 5: 0.12})
"""CK+'s 33 sequences outside the coursework table show almost only AU25."""


def show(emotion: Emotion | None, vigor: float, rng: np.random.Generator) -> Shown:
    """Samples the action units of one peak frame, at least one, with their intensities.

    ``vigor`` is the mean intensity, about 1 (hard to see) to 5.
    """
    variants = (UNNAMED,) if emotion is None else PROTOTYPES[emotion]
    shares = np.array([variant.share for variant in variants])
    chances = variants[int(rng.choice(len(variants), p=shares / shares.sum()))].chances
    picked = [unit for unit in chances if rng.random() < chances[unit]]
    if not picked:
        picked = [max(chances, key=lambda unit: chances[unit])]
    return {unit: _intensity(vigor, rng) for unit in sorted(picked)}


def _intensity(vigor: float, rng: np.random.Generator) -> int:
    """Samples the intensity of one action unit."""
    return int(np.clip(round(rng.normal(vigor, 0.7)), 1, STRONGEST))


_MISS_BY_INTENSITY = {1: 0.16, 2: 0.07, 3: 0.03, 4: 0.02, 5: 0.01}
# Pairs that coders take for each other. AU27 is in none: it is coded in surprise only.
_TAKEN_FOR = {1: 2, 2: 1, 4: 7, 6: 7, 7: 6, 23: 24, 24: 23, 15: 17, 17: 15, 12: 14}
_ADD_CHANCE = 0.02
_NOT_GIVEN_CHANCE = 0.2


def code(shown: Shown, rng: np.random.Generator) -> Shown:
    """Codes a peak frame as a person would; 0 is present without an intensity."""
    coded: Shown = {}
    for unit, intensity in shown.items():
        if rng.random() >= _MISS_BY_INTENSITY[intensity]:
            coded[unit] = _letter(intensity, rng)
        other = _TAKEN_FOR.get(unit)
        if other is not None and rng.random() < _ADD_CHANCE:
            coded.setdefault(other, 1)
    return dict(sorted(coded.items()))


def _letter(intensity: int, rng: np.random.Generator) -> int:
    """Returns the coded intensity: mostly right, sometimes one off or not given."""
    if rng.random() < _NOT_GIVEN_CHANCE:
        return 0
    step = int(rng.choice([-1, 0, 1], p=[0.1, 0.8, 0.1]))
    return int(np.clip(intensity + step, 1, STRONGEST))
