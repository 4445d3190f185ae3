"""Action units of one face as movements that the geometry multiplies with."""

from dataclasses import dataclass

import numpy as np

from data_pipeline.labels.labels import Emotion
from data_pipeline.synthetic.population.expressions import STRONGEST, Shown
from data_pipeline.synthetic.population.plan import Sequence
from data_pipeline.synthetic.population.subjects import sample_subject
from data_pipeline.system.seeds import child_seed

_LONE_SHARE = 0.7
_LONE = frozenset({12, 14})


@dataclass(frozen=True, slots=True)
class Muscles:
    """How far each action unit has moved, per side of the face.

    Attributes:
        shown: action unit -> intensity; a fraction is a frame on the way to the peak.
        bias: how much stronger the left half (x < 0) moves.
        lone_side: -1 or 1 where AU12 and AU14 are shown on that side only.
    """

    shown: dict[int, float]
    bias: float = 0.0
    lone_side: int = 0

    def pull(self, unit: int, side: int = 0) -> float:
        """Returns how far a unit moved: 0 at rest, about 1 at intensity E.

        ``side`` is -1 left, 1 right in the image, 0 the mean of both.
        """
        intensity = self.shown.get(unit, 0.0)
        if unit in _LONE and self.lone_side * side < 0:
            intensity *= 0.1
        # FACS steps are finer at the weak end than at the strong end.
        moved: float = (max(0.0, intensity) / STRONGEST) ** 0.85
        return moved * (1.0 - self.bias * side)


def relaxed(shown: Shown, share: float) -> dict[int, float]:
    """Scales the peak's intensities to a frame: 0 neutral, 1 peak."""
    return {unit: float(np.float64(level) * share) for unit, level in shown.items()}


def act(sequence: Sequence, frame: int, seed: int) -> Muscles:
    """Moves a face for one frame: 1 is neutral, the sequence's peak shows all."""
    subject = sample_subject(seed, sequence.subject)
    rng = np.random.default_rng(
        child_seed(seed, "drawn", "face", sequence.subject, sequence.number)
    )
    share = 1.0 if sequence.peak == 1 else (frame - 1) / (sequence.peak - 1)
    bias = subject.side_bias + float(np.clip(rng.normal(0, 0.07), -0.15, 0.15))
    side = int(rng.choice([-1, 1])) if rng.random() < _LONE_SHARE else 0
    lone = side if sequence.emotion is Emotion.CONTEMPT else 0
    return Muscles(relaxed(sequence.shown, share), bias, lone)
