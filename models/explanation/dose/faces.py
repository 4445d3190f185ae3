"""Invented people who show one action unit at several intensities.

People, head pose, light, camera and noise stay; the unit alone changes. All faces of a
person are cut at the landmarks of the resting one, so that a crop does not follow the
unit either.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from data_pipeline.dataset.landmarks import Array
from data_pipeline.images.crop import five_points
from data_pipeline.images.detector import Face
from data_pipeline.labels.labels import CKPLUS_ACTION_UNITS, action_unit_name
from data_pipeline.media.crop_option import TRAINED
from data_pipeline.media.face_crops import FaceCropper, crop_in_use
from data_pipeline.synthetic.population.expressions import Shown
from data_pipeline.synthetic.population.plan import Sequence as Sitting
from data_pipeline.synthetic.population.subjects import subject_ids
from data_pipeline.synthetic.render.camera import render_frame
from data_pipeline.synthetic.render.landmarks import landmarks
from data_pipeline.system.errors import InputError
from data_pipeline.system.workers import thread_pool
from models.inference.sidecar import Sidecar

SEED = 2026
"""Not that of the synthetic data set: no model was trained on these people."""

PEOPLE = 10
LEVELS = (0, 1, 2, 3, 4, 5)
"""FACS intensities: 0 is absent, 1 to 5 are A to E."""

NUMBERS = {action_unit_name(number): number for number in CKPLUS_ACTION_UNITS}
"""Name -> number of the units that the faces can show."""


def people(count: int = PEOPLE) -> tuple[str, ...]:
    """Lists the ids of so many people."""
    return subject_ids(count)


def cropper_of(sidecar: Sidecar, crop: str = TRAINED) -> FaceCropper:
    """Makes the cropper of a model; ``crop`` is the value of ``--crop``."""
    wanted = sidecar.input
    used = crop_in_use(wanted.crop, crop)
    return FaceCropper(used, size=wanted.size, channels=wanted.channels)


def varied_units(sidecar: Sidecar, wanted: Sequence[str] = ()) -> tuple[str, ...]:
    """Returns the units to vary: those wanted, else the model's, else all there are.

    Raises:
        InputError: synthetic faces cannot show a unit.
    """
    unknown = [unit for unit in wanted if unit not in NUMBERS]
    if unknown:
        raise InputError(
            f"--dose-response {unknown[0]}: is not one of {', '.join(NUMBERS)}, which "
            "synthetic faces can show; paths go before this option"
        )
    if wanted:
        return tuple(dict.fromkeys(wanted))
    own = {*sidecar.action_units, *sidecar.intensities}
    return tuple(unit for unit in NUMBERS if unit in own) or tuple(NUMBERS)


def dosed_crops(
    unit: str, ids: Sequence[str], cropper: FaceCropper, levels: Sequence[int] = LEVELS
) -> Array:
    """Renders and crops every person at every level of a unit.

    Returns a model's input, shape (people, levels, S, S, C), uint8.
    """
    with thread_pool() as pool:
        rows = list(
            pool.map(
                lambda one: list(_of_person(one, NUMBERS[unit], cropper, levels)), ids
            )
        )
    return np.array(rows)


def shown_crop(subject: str, shown: Shown, cropper: FaceCropper) -> Array:
    """Renders and crops one person who shows some units, shape (S, S, C)."""
    image = render_frame(_sitting(subject, shown), 1, SEED)
    if not cropper.detects_faces:
        return cropper.crop(image)[0].pixels
    return cropper.crop_face(image, _resting_face(subject)).pixels


def _of_person(
    subject: str, number: int, cropper: FaceCropper, levels: Sequence[int]
) -> Iterator[Array]:
    for level in levels:
        yield shown_crop(subject, {number: level} if level else {}, cropper)


def _resting_face(subject: str) -> Face:
    """Places a resting person's face as a detector would."""
    points = five_points(landmarks(_sitting(subject, {}), 1, SEED))
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    box = float(left), float(top), float(right - left), float(bottom - top)
    return Face(points=points, box=box, confidence=1.0)


def _sitting(subject: str, shown: Shown) -> Sitting:
    """Makes a sequence whose only frame shows these units."""
    return Sitting(
        subject=subject,
        number=1,
        peak=1,
        emotion=None,
        shown=shown,
        coded={},
        named=False,
    )
