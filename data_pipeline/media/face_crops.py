"""Faces cut from images for a trained model, exactly as in its training."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from data_pipeline.images.crop import crop_face, cropper_from
from data_pipeline.images.detector import Box, Detector, Face

Array = np.ndarray[Any, Any]

FOUND, NOT_FOUND, NOT_LOOKED_FOR = "found", "not found", "not looked for"
"""Results of face detection."""

BY_LANDMARKS = (
    "the model was trained on faces cut at the landmarks of its data set; here the "
    "detector finds the same points, within a few hundredths of the crop's edge"
)


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
        self.detects_faces = self._cropper.describe()["kind"] != "none"
        self.note = BY_LANDMARKS if self._cropper.uses_landmarks else ""
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
        points = None if face is None else face.points
        cropped = crop_face(image.convert(self.mode), points, self._shape[0])
        return FaceCrop(
            pixels=self._pixels(cropped.image),
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
