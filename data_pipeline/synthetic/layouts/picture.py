"""What a layout consists of: pictures still to draw, and files of labels."""

from dataclasses import dataclass

from data_pipeline.synthetic.population.plan import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One frame to draw and the relative path that it is written to.

    ``side`` is the edge of the square that is cut around the face, in pixels of the
    file, grey as PNG and RGB as JPEG; ``None`` leaves the whole frame. ``loose`` says
    how far that square may be off, as a part of its size. ``landmarks`` is
    the relative path of the file of the picture's landmarks, if there is one: text as
    CK+ has it, or ``.npy``.
    """

    path: str
    sequence: Sequence
    frame: int
    side: int | None = None
    loose: float = 0.0
    landmarks: str | None = None
