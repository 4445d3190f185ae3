"""Action units of one face as numbers that geometry multiplies with."""

from dataclasses import dataclass

import numpy as np

from data_pipeline.drawn.expressions import STRONGEST, Shown

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
