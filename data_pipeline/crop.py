"""Which part of a picture a model sees: the same in training, test and prediction."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from PIL import Image, ImageOps

from data_pipeline.align import TEMPLATE, WEIGHTS, aligned, five_of, in_picture
from data_pipeline.errors import DataError
from data_pipeline.faces import (
    CONTRAST_CUTOFF,
    DETECTOR,
    LOOKS,
    Detector,
    detector_version,
)

Array = np.ndarray[Any, Any]

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
