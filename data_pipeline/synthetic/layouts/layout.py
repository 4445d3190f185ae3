"""What a layout is: images to render, and files of labels."""

from collections.abc import Callable, Iterable
from collections.abc import Sequence as Row
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One layout on disk.

    Attributes:
        follows: a sentence for the marker of a set in this layout.
        images: plan -> images.
        labels: plan -> path and content of label files; a path that ends with ``/`` is
            an empty folder.
    """

    follows: str
    images: Callable[[Iterable[Sequence]], list[ImageSpec]]
    labels: Callable[[Iterable[Sequence]], dict[str, bytes]]


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
