"""The 68 landmarks of a synthetic face in its frame, as trackers of faces give them."""

import numpy as np

from data_pipeline.synthetic.face.curves import SIDES, Points, points, resampled
from data_pipeline.synthetic.face.lower_face import Mouth, head_outline, mouth
from data_pipeline.synthetic.face.muscles import act
from data_pipeline.synthetic.face.upper_face import Eye, Nose, brow, eye, nose
from data_pipeline.synthetic.population.plan import Sequence
from data_pipeline.synthetic.population.subjects import sample_subject
from data_pipeline.synthetic.render.camera import MARGIN
from data_pipeline.synthetic.render.canvas import Stage, head_stage
from data_pipeline.synthetic.render.views import sample_view

_JAW_COUNT = 17


def landmarks(sequence: Sequence, frame: int, seed: int) -> Points:
    """Places the landmarks of one frame, shape (68, 2), in pixels (x right, y down).

    Source:
        The 68 points of Multi-PIE and iBUG-300W, counted from 0: jaw 0-16, brows
        17-26, nose 27-35, eyes 36-47, lips 48-67, each from left to right.
    """
    view = sample_view(seed, sequence.subject, sequence.number)
    stage = head_stage(view, MARGIN)
    subject, muscles = (
        sample_subject(seed, sequence.subject),
        act(sequence, frame, seed),
    )
    brows = brow(subject, muscles, -1)[::-1], brow(subject, muscles, 1)
    eyes = np.concatenate([_eye(eye(subject, muscles, side)) for side in SIDES])
    upright = np.concatenate(
        [
            _jaw(head_outline(subject, muscles)) * stage.unit + stage.origin,
            stage.place(np.concatenate(brows), lift=0.05),
            _nose(nose(subject, muscles), stage),
            stage.place(eyes),
            stage.place(_lips(mouth(subject, muscles))),
        ]
    )
    return _rolled(upright - MARGIN, view.roll, np.array(stage.origin) - MARGIN)


def landmark_file(marks: Points) -> bytes:
    """Writes points as in CK+: a line each, two numbers in MATLAB's format."""
    lines = [f"   {x:.7e}   {y:.7e}\n" for x, y in marks.tolist()]
    return "".join(lines).encode("ascii")


def _jaw(outline: Points) -> Points:
    """Returns points from the left ear round the chin to the right ear, equally far."""
    line = outline[::-1]
    line = line[line[:, 1] >= 0.0]
    steps = np.hypot(*np.diff(line, axis=0).T)
    length = np.concatenate([[0.0], np.cumsum(steps)])
    at = np.linspace(0.0, length[-1], _JAW_COUNT)
    return np.stack([np.interp(at, length, line[:, axis]) for axis in (0, 1)], axis=1)


def _nose(shape: Nose, stage: Stage) -> Points:
    """Returns four points down the nose and five along its base, in pixels."""
    (x, tip), base = shape.tip, shape.wing_height + 0.05
    back = [
        stage.spot(share * x, -0.1 + share * (tip + 0.1), lift=0.06 + 0.19 * share)
        for share in (0.0, 1 / 3, 2 / 3, 1.0)
    ]
    wings = points(*((share * shape.wing, base) for share in (-1, -0.5, 0, 0.5, 1)))
    return np.concatenate([np.array(back), stage.place(wings, lift=0.12)])


def _eye(lids: Eye) -> Points:
    """Returns left corner, upper lid, right corner, and back along the lower lid."""
    return _there_and_back(lids.upper, lids.lower, 4)


def _lips(lips: Mouth) -> Points:
    """Returns twelve points round the lips, then eight round their opening."""
    inner = slice(2, -2)
    return np.concatenate(
        [
            _there_and_back(lips.top, lips.bottom, 7),
            _there_and_back(lips.upper[inner], lips.lower[inner], 5),
        ]
    )


def _there_and_back(upper: Points, lower: Points, count: int) -> Points:
    """Takes points along the upper line, then back along the lower without its ends."""
    back = resampled(lower, count)[1:-1][::-1]
    return np.concatenate([resampled(upper, count), back])


def _rolled(upright: Points, roll: float, pivot: Points) -> Points:
    """Rolls points with the camera."""
    cos, sin = np.cos(roll), np.sin(roll)
    turned: Points = (upright - pivot) @ np.array([[cos, sin], [-sin, cos]]) + pivot
    return turned
