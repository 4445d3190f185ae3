"""The protocol that each module of this folder fulfils, and what they share."""

from collections.abc import Iterable
from collections.abc import Sequence as Row
from dataclasses import dataclass
from typing import Protocol

from data_pipeline.synthetic.population.plan import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSpec:
    """One frame to render, and the relative path of its file.

    Attributes:
        side: edge in pixels of the square that is cut around the face, grey as PNG and
            RGB as JPEG; ``None`` leaves the whole frame.
        jitter: how far that square may be off, as a part of its size.
        landmarks: relative path of the file of landmarks, if there is one: text as in
            CK+, or ``.npy``.
    """

    path: str
    sequence: Sequence
    frame: int
    side: int | None = None
    jitter: float = 0.0
    landmarks: str | None = None


class Layout(Protocol):
    """A module that writes one layout; ``FOLLOWS`` is a sentence for its marker."""

    FOLLOWS: str

    def images(self, sequences: Iterable[Sequence]) -> list[ImageSpec]:
        """Lists the images to render."""

    def labels(self, sequences: Iterable[Sequence]) -> dict[str, bytes]:
        """Returns path and content of label files; ``NAME/`` is an empty folder."""


def by_part(
    sequences: Iterable[Sequence], parts: Row[str]
) -> dict[str, list[Sequence]]:
    """Gives subjects to parts in turn, without sequences that show no emotion.

    Each subject is in one part.
    """
    shown = [sequence for sequence in sequences if sequence.emotion is not None]
    subjects = sorted({sequence.subject for sequence in shown})
    part_of = {who: parts[place % len(parts)] for place, who in enumerate(subjects)}
    return {
        part: [row for row in shown if part_of[row.subject] == part]
        for part in dict.fromkeys(parts)
    }
