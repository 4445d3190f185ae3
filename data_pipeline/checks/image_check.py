"""Inspects one image file: a problem, or a sketch to compare it by."""

import hashlib
from dataclasses import dataclass
from errno import EACCES
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from data_pipeline.dataset.problems import Check
from data_pipeline.files.safe_open import LFS_POINTER, open_regular
from data_pipeline.images.decode import UnreadableError, decode

Array = np.ndarray[Any, Any]

BLACK = 16
"""An image is black without a pixel as bright as this, of 255."""
EVEN = 4
"""An image with a smaller range of grey levels is blank."""
SKETCH = 16
"""Edge of a sketch, in cells: copies match in it, faces of two people do not."""

_WEB_PAGE = (b"<!doctype", b"<html")
_CANNOT = "cannot be decoded: "  # ends the file name in the message
_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ImageSketch:
    """A readable image.

    Attributes:
        digest: SHA-256 of the file, 64 hexadecimal digits.
        sketch: shape (16, 16), uint8: mean grey levels of the centre square's cells.
    """

    digest: str
    sketch: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageProblem:
    """Why an image is unusable."""

    check: Check
    message: str


def inspect_image(path: Path) -> ImageSketch | ImageProblem:
    """Inspects one file, and returns its first problem if there is one.

    Call it within ``decode.refuse_bombs``, or absurdly large images are decoded.
    """
    try:
        with open_regular(path) as file:
            head = file.read(1024)
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return ImageProblem(
            check=Check.MISSING, message="there is no such file; restore it"
        )
    except OSError as error:
        way = "correct its permissions" if error.errno == EACCES else "restore the file"
        message = f"the file cannot be read ({error.strerror}); {way}"
        return ImageProblem(check=Check.UNREADABLE, message=message)
    return _not_an_image(head) or _sketch(path, digest)


def _not_an_image(head: bytes) -> ImageProblem | None:
    if head.startswith(LFS_POINTER):
        return ImageProblem(
            check=Check.POINTER, message="Git LFS did not fetch it; run git lfs pull"
        )
    if head.lstrip().lower().startswith(_WEB_PAGE):
        return ImageProblem(
            check=Check.WEB_PAGE, message="HTML text; download the image file itself"
        )
    if not head:
        return ImageProblem(
            check=Check.UNREADABLE, message="the file is empty; restore it"
        )
    return None


def _sketch(path: Path, digest: str) -> ImageSketch | ImageProblem:
    try:
        pixels = decode(path, size=SKETCH, channels=1)[:, :, 0]
    except UnreadableError as error:
        bomb = isinstance(error.__cause__, _BOMBS)
        reason = str(error).rpartition(_CANNOT)[2].rstrip(".")
        return ImageProblem(
            check=Check.BOMB if bomb else Check.UNREADABLE,
            message=f"{reason}; restore the file or remove its row",
        )
    darkest, brightest = int(pixels.min()), int(pixels.max())
    if brightest < BLACK or brightest - darkest < EVEN:
        return ImageProblem(
            check=Check.BLANK,
            message=f"grey levels {darkest} to {brightest} of 255; remove its row",
        )
    return ImageSketch(digest=digest, sketch=pixels)
