"""A whole face as curves: subject + action units + pose -> geometry.

Coordinates: the origin is between the eyes, x to the right of the image, y down;
the unit is half the face's width.
"""

from dataclasses import dataclass

from data_pipeline.synthetic.face.bumps import Bump, all_bumps
from data_pipeline.synthetic.face.creases import Crease, all_creases
from data_pipeline.synthetic.face.curves import Points
from data_pipeline.synthetic.face.lower_face import Mouth, head_outline, jaw_drop, mouth
from data_pipeline.synthetic.face.muscles import Muscles
from data_pipeline.synthetic.face.upper_face import Eye, Nose, brow, eye, nose
from data_pipeline.synthetic.population.subjects import Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """All visible parts of a face, in face coordinates, before the pose."""

    outline: Points
    chin: float
    brows: tuple[Points, Points]
    eyes: tuple[Eye, Eye]
    nose: Nose
    mouth: Mouth
    creases: tuple[Crease, ...]
    bumps: tuple[Bump, ...]


def build(subject: Subject, muscles: Muscles) -> Face:
    """Builds one face."""
    lips = mouth(subject, muscles)
    wings = nose(subject, muscles)
    return Face(
        outline=head_outline(subject, muscles),
        chin=subject.chin + jaw_drop(muscles),
        brows=(brow(subject, muscles, -1), brow(subject, muscles, 1)),
        eyes=(eye(subject, muscles, -1), eye(subject, muscles, 1)),
        nose=wings,
        mouth=lips,
        creases=all_creases(subject, muscles, wings, lips),
        bumps=all_bumps(subject, muscles, lips),
    )
