"""The FER+ layout: small square faces in three folders, ten votes for each.

Source: microsoft/FERPlus: ``FER2013Train|Valid|Test/`` with a ``label.csv`` in each;
rows without a face have no image. Each synthetic person is in one part; those of
FER2013, who were found on the web, nearly are.
"""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Sequence as Row
from dataclasses import dataclass

import numpy as np

from data_pipeline.labels.labels import (
    FERPLUS_FOLDERS,
    FERPLUS_VOTES,
    Emotion,
)
from data_pipeline.synthetic.layouts.picture import Picture
from data_pipeline.synthetic.population.plan import Sequence
from data_pipeline.system.seeds import child_seed

SIDE = 48
TAGGERS = 10

_NEUTRAL_EVERY = 2
"""So often a sequence gives its neutral frame too."""

# One person in ten validates and one is held out, as images of FER2013 are.
_PARTS = ("train", "validation", "test", *("train",) * 7)

_AGREE = (0.45, 0.97)
"""Range of the share of taggers who see what the face shows."""

# What the other taggers take an emotion for. Source: which votes FER+ rows share.
_TAKEN_FOR: Mapping[Emotion, tuple[str, ...]] = {
    Emotion.NEUTRAL: ("sadness", "anger", "happiness", "surprise"),
    Emotion.HAPPINESS: ("neutral", "surprise", "contempt"),
    Emotion.SURPRISE: ("fear", "happiness", "neutral"),
    Emotion.SADNESS: ("neutral", "fear", "disgust"),
    Emotion.ANGER: ("neutral", "disgust", "sadness"),
    Emotion.DISGUST: ("anger", "sadness", "neutral"),
    Emotion.FEAR: ("surprise", "sadness", "neutral"),
    Emotion.CONTEMPT: ("neutral", "anger", "happiness"),
}
_UNKNOWN_CHANCE, _NO_FACE_CHANCE = 0.03, 0.004


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shot:
    """One image: its part, its name, and what it shows."""

    part: str
    name: str
    sequence: Sequence
    frame: int
    emotion: Emotion


def pictures(sequences: Iterable[Sequence]) -> list[Picture]:
    """Lists the pictures: peaks, and neutral frames of every second sequence."""
    return [
        Picture(
            path=f"{FERPLUS_FOLDERS[shot.part]}/{shot.name}",
            sequence=shot.sequence,
            frame=shot.frame,
            side=SIDE,
        )
        for shot in shots(sequences)
    ]


def labels(sequences: Iterable[Sequence]) -> dict[str, bytes]:
    """Writes the three tables of votes.

    Args:
        sequences: the plan; sequences without an emotion are left out.

    Returns:
        Path -> content.
    """
    lines: dict[str, list[str]] = {part: [] for part in FERPLUS_FOLDERS}
    for shot in shots(sequences):
        counts = ",".join(map(str, _votes(shot)))
        lines[shot.part].append(f'{shot.name},"(0, 0, {SIDE}, {SIDE})",{counts}\n')
    return {
        f"{folder}/label.csv": "".join(lines[part]).encode("ascii")
        for part, folder in FERPLUS_FOLDERS.items()
    }


def shots(sequences: Iterable[Sequence]) -> Iterator[_Shot]:
    """Walks over the images, numbered through all parts as in FER2013."""
    by_part: dict[str, list[Sequence]] = {part: [] for part in FERPLUS_FOLDERS}
    shown = [sequence for sequence in sequences if sequence.emotion is not None]
    subjects = sorted({sequence.subject for sequence in shown})
    for sequence in shown:
        place = subjects.index(sequence.subject) % len(_PARTS)
        by_part[_PARTS[place]].append(sequence)
    number = 0
    for part, own in by_part.items():
        for index, sequence in enumerate(own):
            for frame, emotion in _frames(sequence, index):
                yield _Shot(
                    part=part,
                    name=f"fer{number:07d}.png",
                    sequence=sequence,
                    frame=frame,
                    emotion=emotion,
                )
                number += 1


def _frames(sequence: Sequence, index: int) -> Iterator[tuple[int, Emotion]]:
    if index % _NEUTRAL_EVERY == 0:
        yield 1, Emotion.NEUTRAL
    if sequence.emotion is not None:
        yield sequence.peak, sequence.emotion


def _votes(shot: _Shot) -> Row[int]:
    """Lets ten taggers vote; how many of them agree differs from face to face."""
    row = shot.sequence
    rng = np.random.default_rng(
        child_seed(0, "drawn", "votes", row.frame(shot.frame), str(row.shown))
    )
    chances = dict.fromkeys(FERPLUS_VOTES, 0.0)
    agree = float(rng.uniform(*_AGREE))
    others = _TAKEN_FOR[shot.emotion]
    for other, share in zip(others, rng.dirichlet(np.ones(len(others))), strict=True):
        chances[other] = (1 - agree) * float(share)
    chances[shot.emotion] = agree
    chances["unknown"], chances["NF"] = _UNKNOWN_CHANCE, _NO_FACE_CHANCE
    weights = np.array(list(chances.values()))
    return [int(n) for n in rng.multinomial(TAGGERS, weights / weights.sum())]
