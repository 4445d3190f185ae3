"""AffectNet's npy layout: square colour crops, and four little label files for each.

Source: the archive ``train_and_val_set.tar``: 224 x 224 JPEG, numbers with gaps, labels
as 0-d arrays of text. Its few rows of None, Uncertain and No-Face are those of the full
release: they are here so that missing labels occur. Each person is in one part.
"""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from data_pipeline.labels.labels import AFFECTNET_EMOTIONS, AFFECTNET_UNRATED, Emotion
from data_pipeline.synthetic.layouts.picture import Picture
from data_pipeline.synthetic.population.affect import rate
from data_pipeline.synthetic.population.plan import Sequence
from data_pipeline.system.seeds import child_seed

SIDE = 224
LOOSE = 0.15
"""How far the crops are off, as those of a face detector are."""
TRAIN, VALIDATION = "train_set", "val_set"

# One person in five is in the published validation part.
_PARTS = (TRAIN, VALIDATION, TRAIN, TRAIN, TRAIN)

_NEUTRAL, _WEAK, _HALF = (0, 4, 8), (1,), (2, 6, 10)
"""Which of twelve sequences give, in place of the peak, the neutral frame, one that is
hard to name, and one two thirds of the way: web photographs are one of a scene."""
_TWELVE = 12
_UNSURE_EVERY = 13
"""So often a coder could not say."""
_NUMBERS_EVERY = 23
"""So often labels are numbers in place of text, as in some copies."""
_NONE, _UNSURE = 8, (9, 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One image: its part, its number, what it shows and what its coder called it."""

    part: str
    number: int
    sequence: Sequence
    frame: int
    expression: int

    def file(self, kind: str) -> str:
        """Names the file of a label."""
        return f"{self.part}/annotations/{self.number}_{kind}.npy"


def pictures(sequences: Iterable[Sequence]) -> list[Picture]:
    """Lists the crops, each with its 68 landmarks."""
    return [
        Picture(
            path=f"{shot.part}/images/{shot.number}.jpg",
            sequence=shot.sequence,
            frame=shot.frame,
            side=SIDE,
            loose=LOOSE,
            landmarks=shot.file("lnd"),
        )
        for shot in shots(sequences)
    ]


def labels(sequences: Iterable[Sequence]) -> dict[str, bytes]:
    """Writes the labels.

    Args:
        sequences: the plan; sequences without an emotion are left out.

    Returns:
        Path -> content.
    """
    files = {}
    for index, shot in enumerate(shots(sequences)):
        as_text = index % _NUMBERS_EVERY > 0
        values = {"exp": shot.expression, **ratings(shot)}
        for kind, value in values.items():
            array = np.array(f"{value:.6g}" if as_text else value)
            files[shot.file(kind)] = _npy(array)
    return files


def _npy(array: np.ndarray) -> bytes:
    """Spells an array as a ``.npy`` file."""
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    return file.getvalue()


def shots(sequences: Iterable[Sequence]) -> Iterator[Shot]:
    """Walks over the images, numbered anew in each part, with gaps."""
    shown = [sequence for sequence in sequences if sequence.emotion is not None]
    subjects = sorted({sequence.subject for sequence in shown})
    for part in (TRAIN, VALIDATION):
        own = [
            row
            for row in shown
            if _PARTS[subjects.index(row.subject) % len(_PARTS)] == part
        ]
        number = 0
        for index, (row, frame, expression) in enumerate(_frames(own)):
            unsure = index % _UNSURE_EVERY == _UNSURE_EVERY - 1
            yield Shot(
                part=part,
                number=number,
                sequence=row,
                frame=frame,
                expression=_UNSURE[index % 2] if unsure else expression,
            )
            number += 2 if index % 4 == 0 else 1


def _frames(rows: Iterable[Sequence]) -> Iterator[tuple[Sequence, int, int]]:
    """Takes one frame of each sequence, with the code of what it is taken for."""
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


def ratings(shot: Shot) -> dict[str, float]:
    """Rates what the face shows, whatever it was called; -2 where nobody could.

    Args:
        shot: the image.

    Returns:
        ``val`` and ``aro``, each -1 to 1, or -2.
    """
    row = shot.sequence
    rng = np.random.default_rng(
        child_seed(0, "drawn", "ratings", row.frame(shot.frame), str(row.shown))
    )
    if shot.expression in _UNSURE:
        return {"val": AFFECTNET_UNRATED, "aro": AFFECTNET_UNRATED}
    share = (shot.frame - 1) / (row.peak - 1)
    valence, arousal = rate(row, share, rng)
    return {"val": valence, "aro": arousal}
