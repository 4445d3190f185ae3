"""Which part of an image a model sees: the same in training, test and prediction."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from PIL import Image, ImageOps, ImageStat

from data_pipeline.images.detector import (
    CONTRAST_CUTOFF,
    DETECTOR,
    SEARCH_EDGES,
    Detector,
    detector_version,
)
from data_pipeline.system.errors import DataError

Array = np.ndarray[Any, Any]

EYE_DISTANCE, EYE_HEIGHT = 0.30, 0.33
"""Distance of the eyes, and of the eyes from the upper edge, in shares of the edge.

That leaves room for raised brows and a wrinkled forehead above, and for a chin that
drops when the mouth is wide open below.
"""
_SHAPE = ((-0.5, 0.0), (0.5, 0.0), (0.0, 0.573), (-0.414, 1.156), (0.414, 1.156))

TEMPLATE = tuple(
    (0.5 + EYE_DISTANCE * x, EYE_HEIGHT + EYE_DISTANCE * y) for x, y in _SHAPE
)
"""Left eye, right eye, tip of the nose, left and right corner of the mouth, as seen in
the image; in shares of the square's edge, from its upper left corner.

Source: the mean positions to which ArcFace's authors align MTCNN's five points
(insightface, 112x112), made symmetric and expressed in distances of the eyes.
"""

WEIGHTS = (4.0, 4.0, 1.0, 1.0, 1.0)
"""Weight of each point: an open or laughing mouth must not move the eyes."""

_MAX_OVERSAMPLING = 4
"""Pixels of the image, along one line, per pixel of the result before it is reduced."""
_TOLERANCE = 0.1
_MIN_EYE_PIXELS = 2.0
"""Least distance of the eyes, in pixels."""


def five_points(landmarks: Array) -> Array:
    """Reduces (68, 2) landmarks of Multi-PIE and iBUG-300W to ``TEMPLATE``'s (5, 2)."""
    eyes = landmarks[36:42].mean(axis=0), landmarks[42:48].mean(axis=0)
    return np.stack([*eyes, landmarks[30], landmarks[48], landmarks[54]])


def _is_face(points: Array, image: Image.Image) -> bool:
    """Rejects points that were filled in without a face.

    Their eyes are in one place, or the middle of the points is outside the image.
    """
    middle = points.mean(axis=0)
    inside = ((middle >= 0) & (middle <= image.size)).all()
    return bool(inside and np.linalg.norm(points[1] - points[0]) >= _MIN_EYE_PIXELS)


def align_face(image: Image.Image, points: Array, *, size: int) -> Image.Image:
    """Cuts a square with the face upright, at a fixed size and position.

    ``points`` are (5, 2) pixels in the order of ``TEMPLATE``. The result is
    antialiased, and has the image's mean colour outside the image.
    """
    turn, shift = similarity(np.array(TEMPLATE) * size, points)
    return _sampled(image, turn, shift, size)


def place_face(
    image: Image.Image, points: Array, template: Array, *, size: int
) -> Image.Image:
    """Cuts a square with the face at a template's size and position, not turned.

    ``points`` are as in ``align_face``, ``template`` (5, 2) in shares of the edge.
    """
    source = np.asarray(template) * size
    turn, _ = similarity(source, points)
    scale = complex(abs(turn))
    middle, there = (_middle(places) for places in (source, points))
    return _sampled(image, scale, there - scale * middle, size)


def _sampled(
    image: Image.Image, turn: complex, shift: complex, size: int
) -> Image.Image:
    """Samples a square: its pixel z shows the image's pixel turn * z + shift."""
    coarse = max(1, int(abs(turn) / _MAX_OVERSAMPLING))
    fine = max(1, int(np.ceil(abs(turn) / coarse - _TOLERANCE)))
    # Sampled about one to one, then shrunk: Pillow's bilinear resize takes every
    # pixel into account, which its transforms do not.
    turn, shift = turn / (coarse * fine), shift / coarse
    ground = tuple(round(mean) for mean in ImageStat.Stat(image).mean)
    sampled = image.reduce(coarse).transform(
        (size * fine, size * fine),
        Image.Transform.AFFINE,
        (turn.real, -turn.imag, shift.real, turn.imag, turn.real, shift.imag),
        Image.Resampling.BILINEAR,
        fillcolor=ground if len(ground) > 1 else ground[0],
    )
    return sampled.resize((size, size), Image.Resampling.BILINEAR)


def similarity(source: Array, target: Array) -> tuple[complex, complex]:
    """Fits rotation, scale and shift to five points by least squares with ``WEIGHTS``.

    Returns complex numbers of ``target = factor * source + summand``, where a point
    (x, y) is x + iy.
    """
    z, w = source @ [1, 1j], target @ [1, 1j]
    middle, there = _middle(source), _middle(target)
    away = z - middle
    pull = np.multiply(WEIGHTS, away)
    factor = complex(np.vdot(pull, w - there) / np.vdot(pull, away).real)
    return factor, complex(there - factor * middle)


def _middle(points: Array) -> complex:
    return complex(np.average(points @ [1, 1j], weights=WEIGHTS))


CROPS = ("none", "cropped", "detect", "landmarks")
"""Values of ``[data] crop``."""

_VERSION = 1
"""Part of the names; raise it whenever a face is cut to other pixels than before."""
_TEMPLATE = {
    "template": [list(point) for point in TEMPLATE],
    "weights": list(WEIGHTS),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cropped:
    """A square image; ``found`` is false if a face was looked for and not found."""

    image: Image.Image
    found: bool


class Cropper(Protocol):
    """Cuts a square out of an image.

    ``name`` depends on every choice that changes pixels; it is part of the names of
    caches and of a model's description.
    """

    @property
    def name(self) -> str:
        """Returns the name, with a version."""

    @property
    def uses_landmarks(self) -> bool:
        """Returns whether landmarks change what is cut."""

    def describe(self) -> dict[str, Any]:
        """Returns everything that determines the pixels, as JSON values."""

    def crop(
        self, image: Image.Image, *, size: int, landmarks: Array | None
    ) -> Cropped:
        """Cuts and resizes with antialiasing; deterministic and thread-safe.

        Args:
            image: grey or RGB, 8 bits.
            size: edge of the result, in pixels.
            landmarks: shape (68, 2), pixels of the image; ``None`` if there are none.

        Returns:
            The square in the image's mode.
        """


def centre_square(image: Image.Image, size: int | None = None) -> Image.Image:
    """Cuts the largest centred square, in its own size by default."""
    edge = size or min(image.size)
    # Pillow's bilinear filter widens its support when it shrinks: no aliasing.
    return ImageOps.fit(image, (edge, edge), Image.Resampling.BILINEAR)


class CentreSquare:
    """The largest centred square; no face is looked for."""

    name = "centre_square"
    uses_landmarks = False

    def describe(self) -> dict[str, Any]:
        """Returns the name."""
        return {"kind": "none", "name": self.name}

    def crop(
        self, image: Image.Image, *, size: int, landmarks: Array | None
    ) -> Cropped:
        """Cuts the square; ``landmarks`` are ignored."""
        del landmarks
        return Cropped(image=centre_square(image, size), found=True)


class CroppedBefore(CentreSquare):
    """The centre square of a picture that is a face, cut by the data set's authors.

    A trained model's description adds where faces lie in it.
    """

    def describe(self) -> dict[str, Any]:
        """Returns the name."""
        return {"kind": "cropped", "name": self.name}


class DetectedFace:
    """The detected face, aligned; the centre square if there is none."""

    uses_landmarks = False

    def __init__(self, detector: Detector | None = None) -> None:
        """Takes a running detector, or makes one that loads with its first image."""
        self.name = f"{DETECTOR} {detector_version()} aligned_{_VERSION}"
        self._detector = detector or Detector()

    def describe(self) -> dict[str, Any]:
        """Returns detector and template."""
        detector = {"name": DETECTOR, "version": detector_version()}
        search = {"looks": list(SEARCH_EDGES), "contrast_cutoff": CONTRAST_CUTOFF}
        described = {"kind": "detect", "name": self.name, "detector": detector}
        return {**described, **search, **_TEMPLATE}

    def crop(
        self, image: Image.Image, *, size: int, landmarks: Array | None
    ) -> Cropped:
        """Cuts the face; ``landmarks`` are ignored."""
        del landmarks
        face = self._detector.detect(image)
        return crop_face(image, None if face is None else face.points, size)


class LandmarkedFace:
    """The face at the data set's landmarks, aligned; else the centre square."""

    name = f"landmarks aligned_{_VERSION}"
    uses_landmarks = True

    def describe(self) -> dict[str, Any]:
        """Returns the template."""
        return {"kind": "landmarks", "name": self.name, **_TEMPLATE}

    def crop(
        self, image: Image.Image, *, size: int, landmarks: Array | None
    ) -> Cropped:
        """Cuts the face."""
        points = None if landmarks is None else five_points(landmarks)
        if points is not None and not _is_face(points, image):
            points = None
        return crop_face(image, points, size)


_CROPPERS: Mapping[str, Callable[[], Cropper]] = {
    "none": CentreSquare,
    "cropped": CroppedBefore,
    "detect": DetectedFace,
    "landmarks": LandmarkedFace,
}


def make_cropper(name: str) -> Cropper:
    """Makes the cropper of a study.

    Args:
        name: one of ``CROPS``.

    Raises:
        DataError: the name is unknown.
    """
    if name not in _CROPPERS:
        raise DataError(f"[data] crop is one of {', '.join(CROPS)}, found {name!r}")
    return _CROPPERS[name]()


def cropper_from(description: Mapping[str, Any] | str) -> Cropper:
    """Makes the cropper that a model was trained with.

    Args:
        description: the result of ``describe``, read back from JSON; models of the
            first runs have only the name of the centre square.

    Returns:
        A cropper that cuts the same pixels.

    Raises:
        DataError: this installation cuts other pixels.
    """
    if isinstance(description, str):
        description = {"kind": "none", "name": description}
    made = make_cropper(str(description.get("kind")))
    for key, value in made.describe().items():
        if description.get(key) != value:
            raise DataError(
                f"the model was trained on faces cut with {key} = "
                f"{description.get(key)!r}, but here it is {value!r}, so the model "
                "would see other pixels; install the versions that its model.json names"
            )
    return made


def crop_face(image: Image.Image, points: Array | None, size: int) -> Cropped:
    """Cuts the aligned face at five points (5, 2), or the centre square for ``None``.

    Args:
        image: grey or RGB, 8 bits.
        points: in pixels of the image, in the order of ``TEMPLATE``.
        size: edge of the result, in pixels.
    """
    if points is None:
        square = CentreSquare().crop(image, size=size, landmarks=None)
        return Cropped(image=square.image, found=False)
    return Cropped(image=align_face(image, points, size=size), found=True)
