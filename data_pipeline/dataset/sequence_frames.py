"""Selecting frames of a sequence: its peak, the frames before it, the neutral one.

A sequence of CK+ is numbered from 1, neutral, to its peak without a gap, so the name of
the peak gives the names of the others; the image folder is not read.
"""

import re
from dataclasses import dataclass, replace

from data_pipeline.dataset.sample_table import Sample
from data_pipeline.labels.labels import Emotion
from data_pipeline.system.errors import DataError

NEUTRAL = ("none", "first")
_NUMBER = re.compile(r"(.*_)(\d+)(\.[A-Za-z]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """The frames to select from each sequence.

    Attributes:
        neutral: ``"first"`` adds the first frame of each sequence with an emotion as
            a neutral face; ``"none"`` does not.
        last: number of last frames that share the sequence's labels; ``None`` takes
            the layout's default: the peak of CK+, all three frames of CK+48.
    """

    neutral: str = "none"
    last: int | None = None

    def __post_init__(self) -> None:
        """Validates the values."""
        if self.neutral not in NEUTRAL:
            raise DataError(
                f"[data] neutral is one of {', '.join(NEUTRAL)}; found {self.neutral!r}"
            )
        if self.last is not None and self.last < 1:
            raise DataError(f"[data] frames is at least 1, found {self.last}")


DEFAULT_FRAMES = Frames()
"""The frames of a study without frame settings."""


def select_frames(peak: Sample, frames: Frames) -> list[Sample]:
    """Returns the rows of a sequence from its peak, in the order of the frames.

    The first frame never shares the peak's labels, however many last frames are
    selected. A neutral face has none of the action units that were coded at the peak;
    units that were not coded are unknown.
    """
    number = _number(peak.image)
    first = max(number + 1 - (frames.last or 1), min(2, number))
    rows = [
        replace(peak, image=_image(peak.image, frame))
        for frame in range(first, number + 1)
    ]
    if frames.neutral == "first" and peak.emotion is not None and number > 1:
        rows.insert(0, _neutral(peak))
    return rows


def _neutral(peak: Sample) -> Sample:
    return replace(
        peak,
        image=_image(peak.image, 1),
        emotion=str(Emotion.NEUTRAL),
        high_level_emotion=None,
        action_units={
            unit: None if present is None else False
            for unit, present in peak.action_units.items()
        },
        intensities=dict.fromkeys(peak.intensities, 0),
    )


def _number(image: str) -> int:
    match = _NUMBER.fullmatch(image)
    if match is None:
        raise ValueError(f"a frame is named after its number, found {image}")
    return int(match[2])


def _image(peak: str, frame: int) -> str:
    return _NUMBER.sub(
        lambda match: f"{match[1]}{frame:0{len(match[2])}d}{match[3]}", peak
    )
