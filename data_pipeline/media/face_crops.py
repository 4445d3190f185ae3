"""The faces of a picture that a trained model is to judge, cut as in its training."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from data_pipeline.images.crop import cut_face, rebuilt
from data_pipeline.images.detector import Box, Detector, Face

Array = np.ndarray[Any, Any]

FOUND, NOT_FOUND, NOT_LOOKED_FOR = "found", "not found", "not looked for"
"""What became of the search for a face."""

BY_LANDMARKS = (
    "the model was trained on faces cut by their data's own landmarks; here the "
    "detector finds the same points, within a few hundredths of the square's edge"
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Portrait:
    """What a model sees of one face.

    Attributes:
        pixels: shape (S, S, C), uint8.
        face: ``FOUND``, ``NOT_FOUND`` or ``NOT_LOOKED_FOR``.
        box: left, top, width and height of the face, in pixels of the picture; of the
            centre square where no face was looked for; ``None`` where none was found.
        confidence: the detector's, 0..1; ``None`` without a face.
    """

    pixels: Array
    face: str
    box: Box | None
    confidence: float | None


class Portraits:
    """Cuts pictures as a model's description says; threads may share it.

    Attributes:
        note: how this differs from training, to be told once; empty where it does
            not.
        looks_for_faces: whether faces are looked for at all.
    """

    def __init__(
        self,
        crop: Mapping[str, Any] | str,
        *,
        size: int,
        channels: int,
        detector: Detector | None = None,
    ) -> None:
        """Starts nothing: the detector loads at its first picture.

        Args:
            crop: what the model's description tells of it.
            size: edge of the squares, in pixels.
            channels: 1 for grey, 3 for RGB.
            detector: one that is running; none makes its own.

        Raises:
            DataError: this installation would cut other squares.
        """
        made = rebuilt(crop)
        self.mode = "L" if channels == 1 else "RGB"
        self.looks_for_faces = made.describe()["kind"] != "none"
        self.note = BY_LANDMARKS if made.looks_at_landmarks else ""
        self._cropper = made
        self._shape = (size, size, channels)
        self._detector = detector or Detector()

    def of(self, picture: Image.Image, *, every: bool = False) -> tuple[Portrait, ...]:
        """Cuts the face that matters most, as in training, or each of them.

        Args:
            picture: in any mode of eight bits.
            every: all faces, those that matter most first.

        Returns:
            At least one portrait: the centre square where no face is found.

        Raises:
            RunError: the detector's process died.
        """
        picture = picture.convert(self.mode)
        if not self.looks_for_faces:
            return (self._centre(picture),)
        faces = self._detector.find_all(picture)
        chosen = faces if every else faces[:1]
        return tuple(self.cut(picture, face) for face in chosen or (None,))

    def find(self, picture: Image.Image) -> tuple[Face, ...]:
        """Finds the faces.

        Args:
            picture: grey or RGB.

        Returns:
            The faces, for ``cut``; those that matter most first.

        Raises:
            RunError: the detector's process died.
        """
        return self._detector.find_all(picture)

    def cut(self, picture: Image.Image, face: Face | None) -> Portrait:
        """Cuts one face.

        Args:
            picture: in any mode of eight bits.
            face: as the detector found it; ``None`` takes the centre square.

        Returns:
            The portrait.
        """
        points = None if face is None else face.points
        cropped = cut_face(picture.convert(self.mode), points, self._shape[0])
        return Portrait(
            pixels=self._pixels(cropped.picture),
            face=NOT_FOUND if face is None else FOUND,
            box=None if face is None else face.box,
            confidence=None if face is None else face.confidence,
        )

    def _centre(self, picture: Image.Image) -> Portrait:
        cropped = self._cropper.crop(picture, size=self._shape[0], landmarks=None)
        edge = min(picture.size)
        left, top = ((whole - edge) / 2 for whole in picture.size)
        return Portrait(
            pixels=self._pixels(cropped.picture),
            face=NOT_LOOKED_FOR,
            box=(left, top, edge, edge),
            confidence=None,
        )

    def _pixels(self, square: Image.Image) -> Array:
        return np.asarray(square, np.uint8).reshape(self._shape)
