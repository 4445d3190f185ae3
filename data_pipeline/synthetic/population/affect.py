"""Valence and arousal of a synthetic face: they follow from its expression."""

import numpy as np

from data_pipeline.labels.labels import Emotion
from data_pipeline.synthetic.population.expressions import STRONGEST
from data_pipeline.synthetic.population.plan import Sequence

CIRCUMPLEX: dict[Emotion, tuple[float, float]] = {
    Emotion.NEUTRAL: (0.0, 0.0),
    Emotion.ANGER: (-0.6, 0.7),
    Emotion.CONTEMPT: (-0.55, 0.3),
    Emotion.DISGUST: (-0.75, 0.4),
    Emotion.FEAR: (-0.45, 0.85),
    Emotion.HAPPINESS: (0.85, 0.35),
    Emotion.SADNESS: (-0.7, -0.4),
    Emotion.SURPRISE: (0.2, 0.85),
}
"""Valence and arousal of an emotion at its strongest. Source: the circle of Russell
(1980), read roughly."""

_CODERS = 0.07
"""How far a coder is off, as a standard deviation."""


def rate(row: Sequence, share: float, rng: np.random.Generator) -> tuple[float, float]:
    """Rates a face as a coder would.

    Args:
        row: the sequence, with the intensities of its peak.
        share: how far the face has moved towards the peak, 0 to 1.
        rng: source of the coder's errors.

    Returns:
        Valence and arousal, in [-1, 1].
    """
    strength = float(np.mean(list(row.shown.values()))) / STRONGEST
    found = (
        np.array(CIRCUMPLEX[row.emotion or Emotion.NEUTRAL])
        * share
        * (0.3 + 0.7 * strength)
    )
    valence, arousal = np.clip(found + rng.normal(0.0, _CODERS, 2), -1, 1)
    return float(valence), float(arousal)
