"""One image file looked at: what is wrong with it, or what it looks like."""

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
"""An image without a brighter pixel (of 255) is black."""
EVEN = 4
"""An image whose grey levels span less than this shows nothing."""
SKETCH = 16
"""Edge of a sketch, in cells: copies agree in it, faces of two people do not."""

_WEB_PAGE = (b"<!doctype", b"<html")
_CANNOT = "cannot be decoded: "  # what the file is named before, in the message
_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Look:
    """What a readable image looks like.

    Attributes:
        digest: SHA-256 of the file, 64 hexadecimal digits.
        sketch: shape (16, 16), uint8: mean grey levels of the centre square's cells.
    """

    digest: str
    sketch: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why an image cannot serve."""

    check: Check
    found: str


def inspect(path: Path) -> Look | Fault:
    """Looks at one file, and writes nothing.

    Call it under ``decode.refuse_bombs``, or absurdly large images are decoded.

    Args:
        path: where an image is to be.

    Returns:
        What it looks like, or the first thing that is wrong.
    """
    try:
        with open_regular(path) as file:
            head = file.read(1024)
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return Fault(check=Check.MISSING, found="there is no such file; restore it")
    except OSError as error:
        way = "correct its permissions" if error.errno == EACCES else "restore the file"
        found = f"the file cannot be read ({error.strerror}); {way}"
        return Fault(check=Check.UNREADABLE, found=found)
    return _not_an_image(head) or _seen(path, digest)


def _not_an_image(head: bytes) -> Fault | None:
    if head.startswith(LFS_POINTER):
        return Fault(
            check=Check.POINTER, found="Git LFS did not fetch it; run git lfs pull"
        )
    if head.lstrip().lower().startswith(_WEB_PAGE):
        return Fault(
            check=Check.WEB_PAGE, found="HTML text; download the image file itself"
        )
    if not head:
        return Fault(check=Check.UNREADABLE, found="the file is empty; restore it")
    return None


def _seen(path: Path, digest: str) -> Look | Fault:
    try:
        pixels = decode(path, size=SKETCH, channels=1)[:, :, 0]
    except UnreadableError as error:
        bomb = isinstance(error.__cause__, _BOMBS)
        reason = str(error).rpartition(_CANNOT)[2].rstrip(".")
        return Fault(
            check=Check.BOMB if bomb else Check.UNREADABLE,
            found=f"{reason}; restore the file or remove its row",
        )
    darkest, brightest = int(pixels.min()), int(pixels.max())
    if brightest < BLACK or brightest - darkest < EVEN:
        return Fault(
            check=Check.BLANK,
            found=f"grey levels {darkest} to {brightest} of 255; remove its row",
        )
    return Look(digest=digest, sketch=pixels)
