"""AffectNet's npy layout: square colour crops, and four small label files for each.

Source: the archive ``train_and_val_set.tar``: 224 x 224 JPEG, numbers with gaps, labels
as 0-d arrays of text. The few rows of None, Uncertain and No-Face occur in the full
release only; they are here so that labels can be missing. Each person is in one part.
"""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from data_pipeline.labels.labels import AFFECTNET_EMOTIONS, AFFECTNET_UNRATED, Emotion
from data_pipeline.synthetic.layouts.layout import ImageSpec, by_part
from data_pipeline.synthetic.population.expressions import STRONGEST
from data_pipeline.synthetic.population.plan import Sequence
from data_pipeline.system.seeds import child_seed

FOLLOWS = "The layout follows AffectNet's npy release"
SIDE = 224
JITTER = 0.15
"""How far the crops may be off, like those of a face detector."""
TRAIN, VALIDATION = "train_set", "val_set"

# One person in five is in the published validation part.
_PARTS = (TRAIN, VALIDATION, TRAIN, TRAIN, TRAIN)

_NEUTRAL, _WEAK, _HALF = (0, 4, 8), (1,), (2, 6, 10)
"""Which of twelve sequences give, in place of the peak, the neutral frame, a weak one
that is hard to name, and one at two thirds: a web photograph can be at any stage."""
_TWELVE = 12
_UNSURE_EVERY = 13
"""Every thirteenth image is one that the coder could not label."""
_NUMBERS_EVERY = 23
"""Every 23rd image has numbers in place of text, as in some copies."""
_NONE, _UNSURE = 8, (9, 10)

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
"""Valence and arousal of an emotion at its strongest. Source: approximate, from the
circle of Russell (1980)."""

_CODER_ERROR = 0.07
"""Standard deviation of a coder's ratings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One image: its part, its number, what it shows, and the coder's label for it."""

    part: str
    number: int
    sequence: Sequence
    frame: int
    expression: int

    def file(self, kind: str) -> str:
        """Names the file of a label."""
        return f"{self.part}/annotations/{self.number}_{kind}.npy"


def images(sequences: Iterable[Sequence]) -> list[ImageSpec]:
    """Lists the crops, each with its 68 landmarks."""
    return [
        ImageSpec(
            path=f"{sample.part}/images/{sample.number}.jpg",
            sequence=sample.sequence,
            frame=sample.frame,
            side=SIDE,
            jitter=JITTER,
            landmarks=sample.file("lnd"),
        )
        for sample in samples(sequences)
    ]


def labels(sequences: Iterable[Sequence]) -> dict[str, bytes]:
    """Writes the labels."""
    files = {}
    for index, sample in enumerate(samples(sequences)):
        as_text = index % _NUMBERS_EVERY > 0
        values = {"exp": sample.expression, **ratings(sample)}
        for kind, value in values.items():
            array = np.array(f"{value:.6g}" if as_text else value)
            files[sample.file(kind)] = _npy(array)
    return files


def _npy(array: np.ndarray) -> bytes:
    """Returns the bytes of a ``.npy`` file."""
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    return file.getvalue()


def samples(sequences: Iterable[Sequence]) -> Iterator[Sample]:
    """Yields the images, numbered anew in each part, with gaps."""
    for part, own in by_part(sequences, _PARTS).items():
        number = 0
        for index, (row, frame, expression) in enumerate(_frames(own)):
            unsure = index % _UNSURE_EVERY == _UNSURE_EVERY - 1
            yield Sample(
                part=part,
                number=number,
                sequence=row,
                frame=frame,
                expression=_UNSURE[index % 2] if unsure else expression,
            )
            number += 2 if index % 4 == 0 else 1


def _frames(rows: Iterable[Sequence]) -> Iterator[tuple[Sequence, int, int]]:
    """Yields one frame of each sequence, with the code of its label."""
    for place, row in enumerate(rows):
        code = AFFECTNET_EMOTIONS.index(row.emotion or Emotion.NEUTRAL)
        kind = place % _TWELVE
        if kind in _NEUTRAL:
            yield row, 1, AFFECTNET_EMOTIONS.index(Emotion.NEUTRAL)
        elif kind in _WEAK:
            yield row, 1 + (row.peak - 1) // 3, _NONE
        elif kind in _HALF:
            yield row, 1 + (row.peak - 1) * 2 // 3, code
        else:
            yield row, row.peak, code


def ratings(sample: Sample) -> dict[str, float]:
    """Rates what the face shows, whatever its label; -2 where the coder was unsure.

    Returns ``val`` and ``aro``, each -1 to 1, or -2. They grow with the intensities and
    with the way to the peak.
    """
    row = sample.sequence
    rng = np.random.default_rng(
        child_seed(0, "drawn", "ratings", row.frame(sample.frame), str(row.shown))
    )
    if sample.expression in _UNSURE:
        return {"val": AFFECTNET_UNRATED, "aro": AFFECTNET_UNRATED}
    share = (sample.frame - 1) / (row.peak - 1)
    strength = float(np.mean(list(row.shown.values()))) / STRONGEST
    true = (
        np.array(CIRCUMPLEX[row.emotion or Emotion.NEUTRAL])
        * share
        * (0.3 + 0.7 * strength)
    )
    valence, arousal = np.clip(true + rng.normal(0.0, _CODER_ERROR, 2), -1, 1)
    return {"val": float(valence), "aro": float(arousal)}
