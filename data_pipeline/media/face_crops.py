"""Faces cut from images for a trained model, exactly as in its training."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from data_pipeline.images.crop import (
    TEMPLATE,
    CentreSquare,
    CroppedBefore,
    crop_face,
    cropper_from,
    place_face,
)
from data_pipeline.images.detector import Box, Detector, Face
from data_pipeline.images.face_template import FaceTemplate, template_from
from data_pipeline.media.crop_option import DETECT, NONE

Array = np.ndarray[Any, Any]

FOUND, NOT_FOUND, NOT_LOOKED_FOR = "found", "not found", "not looked for"
"""Results of face detection."""

BY_LANDMARKS = (
    "the model was trained on faces cut at the landmarks of its data set; here the "
    "detector finds the same points, within a few hundredths of the crop's edge"
)

OWN_PLACE = "where this project's own crop has them"

STANDARD = FaceTemplate(points=TEMPLATE, spread=0.0, found=0, looked=0)
"""Where a face is put for a model whose description names no place."""


def crop_in_use(crop: Mapping[str, Any] | str, wanted: str) -> Mapping[str, Any] | str:
    """Changes the crop in a model's description to what ``--crop`` asks for."""
    kind = "none" if isinstance(crop, str) else crop.get("kind")
    if wanted == NONE:
        return CentreSquare().describe()
    if wanted == DETECT and kind == NONE:
        return CroppedBefore().describe() | {"faces": STANDARD.describe()}
    return crop


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FaceCrop:
    """The input of a model for one face.

    Attributes:
        pixels: shape (S, S, C), uint8.
        face: ``FOUND``, ``NOT_FOUND`` or ``NOT_LOOKED_FOR``.
        box: left, top, width and height of the face, in pixels of the image; of the
            centre square for a model without detection; ``None`` if none was found.
        confidence: the detector's, 0..1; ``None`` without a face.
    """

    pixels: Array
    face: str
    box: Box | None
    confidence: float | None


class FaceCropper:
    """Cuts faces as a model's description requires; thread-safe.

    Attributes:
        mode: Pillow's mode of the crops, ``"L"`` or ``"RGB"``.
        note: how the crops differ from those in training; empty if they do not.
        detects_faces: whether faces are detected at all.
    """

    def __init__(
        self,
        crop: Mapping[str, Any] | str,
        *,
        size: int,
        channels: int,
        detector: Detector | None = None,
    ) -> None:
        """Prepares cropping; the detector loads with the first image.

        Args:
            crop: the crop in the model's description.
            size: edge of the crops, in pixels.
            channels: 1 for grey, 3 for RGB.
            detector: a running detector; by default a new one.

        Raises:
            DataError: this installation would cut other pixels.
        """
        self._cropper = cropper_from(crop)
        self.mode = "L" if channels == 1 else "RGB"
        kind = self._cropper.describe()["kind"]
        self.detects_faces = kind != NONE
        self._template = _template(crop) if kind == "cropped" else None
        self.note = BY_LANDMARKS if self._cropper.uses_landmarks else ""
        if self._template is not None:
            self.note = describe_template(self._template)
        self._shape = (size, size, channels)
        self._detector = detector or Detector()

    def crop(
        self, image: Image.Image, *, every_face: bool = False
    ) -> tuple[FaceCrop, ...]:
        """Cuts the most prominent face, as in training, or every face.

        Args:
            image: in any 8-bit mode.
            every_face: return all faces, the most prominent first.

        Returns:
            At least one crop: the centre square if no face is found.

        Raises:
            RunError: the detector's process died.
        """
        image = image.convert(self.mode)
        if not self.detects_faces:
            return (self._centre(image),)
        faces = self.detect(image)
        chosen = faces if every_face else faces[:1]
        return tuple(self.crop_face(image, face) for face in chosen or (None,))

    def detect(self, image: Image.Image) -> tuple[Face, ...]:
        """Returns all faces of a grey or RGB image, the most prominent first."""
        return self._detector.detect_all(image)

    def crop_face(self, image: Image.Image, face: Face | None) -> FaceCrop:
        """Cuts a detected face, or the centre square for ``None``."""
        image, size = image.convert(self.mode), self._shape[0]
        if self._template is None or face is None:
            points = None if face is None else face.points
            square = crop_face(image, points, size).image
        else:
            place = np.array(self._template.points)
            square = place_face(image, face.points, place, size=size)
        return FaceCrop(
            pixels=self._pixels(square),
            face=NOT_FOUND if face is None else FOUND,
            box=None if face is None else face.box,
            confidence=None if face is None else face.confidence,
        )

    def _centre(self, image: Image.Image) -> FaceCrop:
        cropped = self._cropper.crop(image, size=self._shape[0], landmarks=None)
        edge = min(image.size)
        left, top = ((length - edge) / 2 for length in image.size)
        return FaceCrop(
            pixels=self._pixels(cropped.image),
            face=NOT_LOOKED_FOR,
            box=(left, top, edge, edge),
            confidence=None,
        )

    def _pixels(self, square: Image.Image) -> Array:
        return np.asarray(square, np.uint8).reshape(self._shape)


def _template(crop: Mapping[str, Any] | str) -> FaceTemplate:
    faces = {} if isinstance(crop, str) else crop.get("faces")
    return template_from(faces if isinstance(faces, Mapping) else {})


def describe_template(template: FaceTemplate) -> str:
    """Says where faces are put, and how sure that place is."""
    if not template.looked:
        return f"faces are put {OWN_PLACE}"
    if not template.is_measured:
        return (
            f"faces are put {OWN_PLACE}: only {template.found} of {template.looked} "
            "training pictures showed one"
        )
    return (
        f"faces are put where they lie in the training pictures, found in "
        f"{template.found} of {template.looked}; half of those lie within "
        f"{template.spread:.1%} of the edge"
    )
