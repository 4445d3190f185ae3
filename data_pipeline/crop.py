"""Which part of a picture a model sees: the same in training, test and prediction."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from PIL import Image, ImageOps

from data_pipeline.errors import DataError

Array = np.ndarray[Any, Any]

CROPS = ("none", "detect", "landmarks")
"""Values of ``[data] crop``."""


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

    def crop(
        self, picture: Image.Image, *, size: int, landmarks: Array | None
    ) -> Cropped:
        """Cuts the square; ``landmarks`` are not looked at."""
        del landmarks
        # Pillow's bilinear filter widens its support when it shrinks: no aliasing.
        square = ImageOps.fit(picture, (size, size), Image.Resampling.BILINEAR)
        return Cropped(picture=square, found=True)


def cropper(name: str) -> Cropper:
    """Chooses how pictures are cropped.

    Args:
        name: one of ``CROPS``.

    Returns:
        The cropper.

    Raises:
        DataError: there is no such crop.
    """
    if name == "none":
        return CentreSquare()
    raise DataError(f"[data] crop is one of {', '.join(CROPS)}, found {name!r}")
