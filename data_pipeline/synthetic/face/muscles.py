"""Action units of one face as numbers that geometry multiplies with."""

from dataclasses import dataclass

import numpy as np

from data_pipeline.labels.labels import Emotion
from data_pipeline.synthetic.population.expressions import STRONGEST, Shown
from data_pipeline.synthetic.population.plan import Sequence
from data_pipeline.synthetic.population.subjects import draw_subject
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
        """Returns the movement of a unit.

        Args:
            unit: action unit.
            side: -1 left, 1 right in the picture, 0 the mean of both.

        Returns:
            0 at rest, 1 at intensity E; a little more on the stronger side.
        """
        intensity = self.shown.get(unit, 0.0)
        if unit in _LONE and self.lone_side * side < 0:
            intensity *= 0.1
        # FACS steps are finer at the weak end than at the strong end.
        moved: float = (max(0.0, intensity) / STRONGEST) ** 0.85
        return moved * (1.0 - self.bias * side)


def relaxed(shown: Shown, share: float) -> dict[int, float]:
    """Scales intensities, for the frames before the peak.

    Args:
        shown: intensities of the peak.
        share: 0 neutral, 1 peak.

    Returns:
        Intensities of the frame.
    """
    return {unit: float(np.float64(level) * share) for unit, level in shown.items()}


def act(sequence: Sequence, frame: int, seed: int) -> Muscles:
    """Moves a face for one frame of a sequence.

    Args:
        sequence: who shows what; its peak frame shows it fully, frame 1 not at all.
        frame: frame number, 1 to the sequence's peak.
        seed: seed of the whole synthetic set.

    Returns:
        What the face does.
    """
    subject = draw_subject(seed, sequence.subject)
    rng = np.random.default_rng(
        child_seed(seed, "drawn", "face", sequence.subject, sequence.number)
    )
    share = 1.0 if sequence.peak == 1 else (frame - 1) / (sequence.peak - 1)
    bias = subject.side_bias + float(np.clip(rng.normal(0, 0.07), -0.15, 0.15))
    side = int(rng.choice([-1, 1])) if rng.random() < _LONE_SHARE else 0
    lone = side if sequence.emotion is Emotion.CONTEMPT else 0
    return Muscles(relaxed(sequence.shown, share), bias, lone)
