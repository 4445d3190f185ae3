"""Which part of a picture a model sees: the same in training, test and prediction."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from PIL import Image, ImageOps, ImageStat

from data_pipeline.images.detector import (
    CONTRAST_CUTOFF,
    DETECTOR,
    LOOKS,
    Detector,
    detector_version,
)
from data_pipeline.system.errors import DataError

Array = np.ndarray[Any, Any]

EYES_APART, EYES_DOWN = 0.30, 0.33
"""Distance of the eyes, and how far they are below the upper edge: shares of it.

That leaves room for raised brows and a wrinkled forehead above, and for a chin that
drops when the mouth is wide open below.
"""
_SHAPE = ((-0.5, 0.0), (0.5, 0.0), (0.0, 0.573), (-0.414, 1.156), (0.414, 1.156))

TEMPLATE = tuple((0.5 + EYES_APART * x, EYES_DOWN + EYES_APART * y) for x, y in _SHAPE)
"""Left eye, right eye, tip of the nose, left and right corner of the mouth.

In shares of the square's edge, from its left upper corner; left is left in the
picture.

Source: the mean places to which ArcFace's authors align MTCNN's five points
(insightface, 112x112), made symmetric and told in distances of the eyes.
"""

WEIGHTS = (4.0, 4.0, 1.0, 1.0, 1.0)
"""What each point counts: the eyes stay where a mouth laughs or falls open."""

_FINEST = 4
"""Pixels of the picture, along one line, that a pixel of the result is made of."""
_ENOUGH = 0.1
_LEAST_APART = 2.0
"""Pixels between the eyes of a face that shows anything."""


def five_of(landmarks: Array) -> Array:
    """Takes the template's points from 68 landmarks.

    Args:
        landmarks: shape (68, 2), in the order of Multi-PIE and iBUG-300W.

    Returns:
        Shape (5, 2).
    """
    eyes = landmarks[36:42].mean(axis=0), landmarks[42:48].mean(axis=0)
    return np.stack([*eyes, landmarks[30], landmarks[48], landmarks[54]])


def in_picture(points: Array, picture: Image.Image) -> bool:
    """Tells whether five points can be those of a face that a picture shows.

    Args:
        points: shape (5, 2), pixels of the picture, in the order of ``TEMPLATE``.
        picture: any.

    Returns:
        False where both eyes are in one place, or the middle of the points is
        outside: as landmarks are that somebody filled in where there is no face.
    """
    middle = points.mean(axis=0)
    inside = ((middle >= 0) & (middle <= picture.size)).all()
    return bool(inside and np.linalg.norm(points[1] - points[0]) >= _LEAST_APART)


def aligned(picture: Image.Image, points: Array, *, size: int) -> Image.Image:
    """Cuts a square in which a face stands upright, in a fixed size and place.

    Args:
        picture: grey or RGB.
        points: shape (5, 2), pixels of the picture, in the order of ``TEMPLATE``.
        size: edge of the result, in pixels.

    Returns:
        The square in the picture's mode, antialiased; the mean colour of the picture
        fills what lies beyond it.
    """
    turn, shift = similarity(np.array(TEMPLATE) * size, points)
    coarse = max(1, int(abs(turn) / _FINEST))
    fine = max(1, int(np.ceil(abs(turn) / coarse - _ENOUGH)))
    # Sampled about one to one, then shrunk: Pillow's bilinear resize takes every
    # pixel into account, which its transforms do not.
    turn, shift = turn / (coarse * fine), shift / coarse
    ground = tuple(round(mean) for mean in ImageStat.Stat(picture).mean)
    sampled = picture.reduce(coarse).transform(
        (size * fine, size * fine),
        Image.Transform.AFFINE,
        (turn.real, -turn.imag, shift.real, turn.imag, turn.real, shift.imag),
        Image.Resampling.BILINEAR,
        fillcolor=ground if len(ground) > 1 else ground[0],
    )
    return sampled.resize((size, size), Image.Resampling.BILINEAR)


def similarity(source: Array, target: Array) -> tuple[complex, complex]:
    """Fits a turn with scaling, and a shift, by least squares with ``WEIGHTS``.

    Args:
        source: shape (5, 2), in the order of ``TEMPLATE``.
        target: shape (5, 2).

    Returns:
        Complex factor and summand: ``target = factor * source + summand``, where a
        point (x, y) is the number x + iy.
    """
    z, w = source @ [1, 1j], target @ [1, 1j]
    middle, there = np.average(z, weights=WEIGHTS), np.average(w, weights=WEIGHTS)
    away = z - middle
    pull = np.multiply(WEIGHTS, away)
    factor = complex(np.vdot(pull, w - there) / np.vdot(pull, away).real)
    return factor, complex(there - factor * middle)


CROPS = ("none", "detect", "landmarks")
"""Values of ``[data] crop``."""

_VERSION = 1
"""Part of the names; raised whenever a face is cut to other pixels than before."""
_TEMPLATE = {
    "template": [list(point) for point in TEMPLATE],
    "weights": list(WEIGHTS),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cropped:
    """A square picture; ``found`` is false where a face was wanted and none found."""

    picture: Image.Image
    found: bool


class Cropper(Protocol):
    """Cuts a square out of a picture.

    ``name`` tells every choice that changes pixels; it is part of the names of caches
    and of a model's description.
    """

    @property
    def name(self) -> str:
        """Returns the name, with a version."""

    @property
    def looks_at_landmarks(self) -> bool:
        """Tells whether landmarks are worth reading: they change what is cut."""

    def describe(self) -> dict[str, Any]:
        """Returns all that makes the pixels what they are, as JSON has it."""

    def crop(
        self, picture: Image.Image, *, size: int, landmarks: Array | None
    ) -> Cropped:
        """Cuts and resizes with antialiasing; several threads may call it at once.

        Args:
            picture: grey or RGB, eight bits.
            size: edge of the result, in pixels.
            landmarks: shape (68, 2), pixels of the picture; ``None`` where there are
                none.

        Returns:
            The square in the picture's mode; the same picture gives the same pixels.
        """


class CentreSquare:
    """The largest square around the centre, which looks for no face."""

    name = "centre_square"
    looks_at_landmarks = False

    def describe(self) -> dict[str, Any]:
        """Tells that nothing is looked for."""
        return {"kind": "none", "name": self.name}

    def crop(
        self, picture: Image.Image, *, size: int, landmarks: Array | None
    ) -> Cropped:
        """Cuts the square; ``landmarks`` are not looked at."""
        del landmarks
        # Pillow's bilinear filter widens its support when it shrinks: no aliasing.
        square = ImageOps.fit(picture, (size, size), Image.Resampling.BILINEAR)
        return Cropped(picture=square, found=True)


class DetectedFace:
    """The face that a detector finds, aligned; without one, the centre square."""

    looks_at_landmarks = False

    def __init__(self, detector: Detector | None = None) -> None:
        """Starts nothing: a detector loads at its first picture.

        Args:
            detector: one that is running; none makes its own.
        """
        self.name = f"{DETECTOR} {detector_version()} aligned_{_VERSION}"
        self._detector = detector or Detector()

    def describe(self) -> dict[str, Any]:
        """Tells detector and template."""
        detector = {"name": DETECTOR, "version": detector_version()}
        looks = {"looks": list(LOOKS), "contrast_cutoff": CONTRAST_CUTOFF}
        described = {"kind": "detect", "name": self.name, "detector": detector}
        return {**described, **looks, **_TEMPLATE}

    def crop(
        self, picture: Image.Image, *, size: int, landmarks: Array | None
    ) -> Cropped:
        """Cuts the face; ``landmarks`` are not looked at."""
        del landmarks
        face = self._detector.find(picture)
        return cut_face(picture, None if face is None else face.points, size)


class LandmarkedFace:
    """The face that the data's landmarks name, aligned; without, the centre square."""

    name = f"landmarks aligned_{_VERSION}"
    looks_at_landmarks = True

    def describe(self) -> dict[str, Any]:
        """Tells the template."""
        return {"kind": "landmarks", "name": self.name, **_TEMPLATE}

    def crop(
        self, picture: Image.Image, *, size: int, landmarks: Array | None
    ) -> Cropped:
        """Cuts the face."""
        points = None if landmarks is None else five_of(landmarks)
        if points is not None and not in_picture(points, picture):
            points = None
        return cut_face(picture, points, size)


_CROPPERS: Mapping[str, Callable[[], Cropper]] = {
    "none": CentreSquare,
    "detect": DetectedFace,
    "landmarks": LandmarkedFace,
}


def cropper(name: str) -> Cropper:
    """Chooses how pictures are cropped.

    Args:
        name: one of ``CROPS``.

    Returns:
        The cropper.

    Raises:
        DataError: there is no such crop.
    """
    if name not in _CROPPERS:
        raise DataError(f"[data] crop is one of {', '.join(CROPS)}, found {name!r}")
    return _CROPPERS[name]()


def rebuilt(description: Mapping[str, Any] | str) -> Cropper:
    """Makes the cropper that a model was trained with.

    Args:
        description: what ``describe`` told, read back from JSON; models of the first
            runs have the name of the centre square alone.

    Returns:
        A cropper that cuts the same pixels.

    Raises:
        DataError: this installation cuts others.
    """
    if isinstance(description, str):
        description = {"kind": "none", "name": description}
    made = cropper(str(description.get("kind")))
    for key, value in made.describe().items():
        if description.get(key) != value:
            raise DataError(
                f"the model was trained on faces cut with {key} = "
                f"{description.get(key)!r}, and here it is {value!r}: it would see "
                "other pixels; install the versions that its model.json names"
            )
    return made


def cut_face(picture: Image.Image, points: Array | None, size: int) -> Cropped:
    """Cuts the square of one face.

    Args:
        picture: grey or RGB, eight bits.
        points: of the face, shape (5, 2), as the detector gives them; ``None`` where
            none was found.
        size: edge of the result, in pixels.

    Returns:
        The aligned face, or the centre square.
    """
    if points is None:
        square = CentreSquare().crop(picture, size=size, landmarks=None)
        return Cropped(picture=square.picture, found=False)
    face = aligned(picture, points, size=size)
    return Cropped(picture=face, found=True)
