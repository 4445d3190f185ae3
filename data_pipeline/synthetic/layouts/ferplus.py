"""The FER+ layout: small square faces in three folders, ten votes for each.

Source: microsoft/FERPlus: ``FER2013Train|Valid|Test/`` with a ``label.csv`` in each;
rows without a face have no image. Each synthetic person is in one part; FER2013's
images come from the web, without subject ids.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from data_pipeline.labels.labels import FERPLUS_FOLDERS, FERPLUS_VOTES, Emotion
from data_pipeline.synthetic.layouts.layout import ImageSpec, by_part
from data_pipeline.synthetic.population.plan import Sequence
from data_pipeline.system.seeds import child_seed

FOLLOWS = "The layout follows FER+"
SIDE = 48
TAGGERS = 10

_NEUTRAL_EVERY = 2
"""Every second sequence gives its neutral frame too."""

# As in FER2013, a tenth is for validation and a tenth for the test.
_PARTS = ("train", "validation", "test", *("train",) * 7)

_AGREE = (0.45, 0.97)
"""Range of the share of taggers who vote for what the face shows."""

# What the other taggers vote for. Source: which votes occur together in FER+.
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
class _Sample:
    """One image: its part, its name, and what it shows."""

    part: str
    name: str
    sequence: Sequence
    frame: int
    emotion: Emotion


def images(sequences: Iterable[Sequence]) -> list[ImageSpec]:
    """Lists the images: peaks, and neutral frames of every second sequence."""
    return [
        ImageSpec(
            path=f"{FERPLUS_FOLDERS[sample.part]}/{sample.name}",
            sequence=sample.sequence,
            frame=sample.frame,
            side=SIDE,
        )
        for sample in samples(sequences)
    ]


def labels(sequences: Iterable[Sequence]) -> dict[str, bytes]:
    """Writes the three tables of votes."""
    lines: dict[str, list[str]] = {part: [] for part in FERPLUS_FOLDERS}
    for sample in samples(sequences):
        counts = ",".join(map(str, _votes(sample)))
        lines[sample.part].append(f'{sample.name},"(0, 0, {SIDE}, {SIDE})",{counts}\n')
    return {
        f"{folder}/label.csv": "".join(lines[part]).encode("ascii")
        for part, folder in FERPLUS_FOLDERS.items()
    }


def samples(sequences: Iterable[Sequence]) -> Iterator[_Sample]:
    """Yields the images, numbered through all parts as in FER2013."""
    number = 0
    for part, own in by_part(sequences, _PARTS).items():
        for index, sequence in enumerate(own):
            for frame, emotion in _frames(sequence, index):
                yield _Sample(
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


def _votes(sample: _Sample) -> list[int]:
    """Samples the votes of ten taggers; how many of them agree differs by face."""
    row = sample.sequence
    rng = np.random.default_rng(
        child_seed(0, "drawn", "votes", row.frame(sample.frame), str(row.shown))
    )
    chances = dict.fromkeys(FERPLUS_VOTES, 0.0)
    agree = float(rng.uniform(*_AGREE))
    others = _TAKEN_FOR[sample.emotion]
    for other, share in zip(others, rng.dirichlet(np.ones(len(others))), strict=True):
        chances[other] = (1 - agree) * float(share)
    chances[sample.emotion] = agree
    chances["unknown"], chances["NF"] = _UNKNOWN_CHANCE, _NO_FACE_CHANCE
    weights = np.array(list(chances.values()))
    return [int(n) for n in rng.multinomial(TAGGERS, weights / weights.sum())]
