"""Decodes one image file to a square array; a cropper chooses the square."""

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from data_pipeline.files.safe_open import LFS_POINTER, open_regular
from data_pipeline.images.crop import CentreSquare, Cropper
from data_pipeline.system.errors import DataError

Array = np.ndarray[Any, Any]

CENTRE_SQUARE = CentreSquare()
"""The default crop."""

FORMATS = ("PNG", "JPEG", "BMP", "WEBP", "TIFF", "GIF", "PPM")
"""Formats of Pillow that are read, whatever the file's name; PPM includes PGM and PBM.

Pillow supports 43, and passes some of them to other programs: EPS to Ghostscript.
"""

_BROKEN = (
    OSError,
    SyntaxError,  # what Pillow raises for a broken PNG chunk
    ValueError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    OverflowError,
    MemoryError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)


class UnreadableError(DataError):
    """An image that cannot be decoded; the message names the file and the reason."""


def decode(path: Path, *, size: int, channels: int) -> Array:
    """Decodes the centre square: shape (size, size, channels), uint8 in [0, 255]."""
    pixels, _ = decode_cropped(path, size=size, channels=channels)
    return pixels


def decode_cropped(
    path: Path,
    *,
    size: int,
    channels: int,
    cropper: Cropper = CENTRE_SQUARE,
    landmarks: Array | None = None,
) -> tuple[Array, bool]:
    """Decodes one image, with 1 (grey) or 3 (RGB) channels, and crops it.

    Returns shape (size, size, channels), uint8 in [0, 255]; and whether the cropper
    found the face that it looks for. UnreadableError: as ``read_image``.
    """
    image = read_image(path, "L" if channels == 1 else "RGB")
    cropped = cropper.crop(image, size=size, landmarks=landmarks)
    pixels = np.asarray(cropped.image, np.uint8).reshape(size, size, channels)
    return pixels, cropped.found


def read_image(path: Path, mode: str) -> Image.Image:
    """Decodes a whole image to 8 bits, upright by its EXIF orientation.

    Training and prediction both read images here, and so see the same pixels.

    ``mode`` is ``"L"`` for grey or ``"RGB"`` for colour; the file may be grey, RGB,
    palette, with alpha, 16 bits. UnreadableError: it is missing, truncated, no image,
    or absurdly large.
    """
    with opened_image(path) as image:
        return to_eight_bits(image, mode)


@contextmanager
def opened_image(path: Path) -> Iterator[Image.Image]:
    """Opens an image without decoding it; all errors of files are UnreadableError."""
    try:
        with open_regular(path) as file:
            _refuse_pointer(file.read(len(LFS_POINTER)))
            file.seek(0)
            with open_with_pillow(file) as image:
                if min(image.size) < 1:
                    raise ValueError(f"it has no pixels ({image.width}x{image.height})")
                yield image
    except FileNotFoundError:
        raise UnreadableError(f"image {path} does not exist") from None
    except _BROKEN as error:
        raise UnreadableError(
            f"image {path} cannot be decoded: {_reason(error)}"
        ) from error


def open_with_pillow(
    file: IO[bytes], formats: tuple[str, ...] = FORMATS
) -> Image.Image:
    """Opens a file with Pillow, without decoding; nothing else calls ``Image.open``.

    Args:
        file: positioned at its start.
        formats: accepted formats, from ``FORMATS``.

    Raises:
        UnidentifiedImageError: the file has another format, or is no image.
    """
    return Image.open(file, formats=formats)


def to_eight_bits(image: Image.Image, mode: str) -> Image.Image:
    """Decodes an opened image, upright, in 8 bits; its file may then be closed."""
    image.load()
    return _scaled(_upright(image)).convert(mode)


@contextmanager
def refuse_bombs() -> Iterator[None]:
    """Makes absurdly large images an ``UnreadableError`` instead of a warning.

    Enter it in the thread that starts the decoding threads: warning filters belong to
    the process.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


def _refuse_pointer(head: bytes) -> None:
    if head == LFS_POINTER:
        raise ValueError("it is a Git LFS pointer, fetched by `git lfs pull`")


def _upright(image: Image.Image) -> Image.Image:
    """Applies the EXIF orientation unless it is damaged.

    The image itself is not changed: further frames are read from it.
    """
    with suppress(*_BROKEN):
        return ImageOps.exif_transpose(image)
    return image


def _scaled(image: Image.Image) -> Image.Image:
    """Scales 16-bit grey images, which Pillow's own conversion would clip.

    A palette with transparency is converted to RGBA first, to avoid Pillow's warning.
    """
    if image.mode == "P" and "transparency" in image.info:
        return image.convert("RGBA")
    if image.mode == "I" or image.mode.startswith("I;16"):
        values = np.asarray(image).astype(np.int64).clip(0, 65535)
        return Image.fromarray(((values + 128) // 257).astype(np.uint8))
    if image.mode == "F":
        raise ValueError("its pixels are floating-point numbers of unknown range")
    return image


def _reason(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return f"it is no image file of a format that is read ({', '.join(FORMATS)})"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
