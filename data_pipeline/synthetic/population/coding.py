"""What a human FACS coder writes down: some units missed, some added."""

import numpy as np

from data_pipeline.synthetic.population.expressions import STRONGEST, Shown

_MISS_BY_INTENSITY = {1: 0.16, 2: 0.07, 3: 0.03, 4: 0.02, 5: 0.01}
# Pairs that coders take for each other. AU27 is in none: it is coded in surprise only.
_TAKEN_FOR = {1: 2, 2: 1, 4: 7, 6: 7, 7: 6, 23: 24, 24: 23, 15: 17, 17: 15, 12: 14}
_ADD_CHANCE = 0.02
_NOT_GIVEN_CHANCE = 0.2


def code(shown: Shown, rng: np.random.Generator) -> Shown:
    """Codes a peak frame as a person would.

    Args:
        shown: the units the face really shows, intensities 1..5.
        rng: source of the mistakes.

    Returns:
        The coded units; intensity 0 means present, intensity not given.
    """
    coded: Shown = {}
    for unit, intensity in shown.items():
        if rng.random() >= _MISS_BY_INTENSITY[intensity]:
            coded[unit] = _letter(intensity, rng)
        other = _TAKEN_FOR.get(unit)
        if other is not None and rng.random() < _ADD_CHANCE:
            coded.setdefault(other, 1)
    return dict(sorted(coded.items()))


def _letter(intensity: int, rng: np.random.Generator) -> int:
    """The intensity as written: often right, one off at times, or not given."""
    if rng.random() < _NOT_GIVEN_CHANCE:
        return 0
    step = int(rng.choice([-1, 0, 1], p=[0.1, 0.8, 0.1]))
    return int(np.clip(intensity + step, 1, STRONGEST))
