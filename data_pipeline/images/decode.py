"""One image file becomes a square array; a cropper says which square."""

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
"""How images are cropped where nobody says otherwise."""

FORMATS = ("PNG", "JPEG", "BMP", "WEBP", "TIFF", "GIF", "PPM")
"""Formats of Pillow that are read, whatever a file is called; PPM has PGM and PBM too.

Pillow knows 43, and hands some of them to other programs: EPS to Ghostscript.
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
    """Decodes, crops the centre square and resizes with antialiasing.

    Args:
        path: an image in any mode: grey, RGB, palette, with alpha, 16 bits.
        size: edge of the result, in pixels.
        channels: 1 for grey, 3 for RGB.

    Returns:
        Shape (size, size, channels), uint8 in [0, 255].

    Raises:
        UnreadableError: the file is missing, truncated, no image, or absurdly large.
    """
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
    """Decodes one image and cuts its square.

    Args:
        path: an image in any mode.
        size: edge of the result, in pixels.
        channels: 1 for grey, 3 for RGB.
        cropper: chooses the square.
        landmarks: of the face, for croppers that look at them; shape (68, 2).

    Returns:
        Shape (size, size, channels), uint8 in [0, 255]; and whether the cropper found
        what it looks for.

    Raises:
        UnreadableError: the file is missing, truncated, no image, or absurdly large.
    """
    whole = picture(path, "L" if channels == 1 else "RGB")
    cropped = cropper.crop(whole, size=size, landmarks=landmarks)
    pixels = np.asarray(cropped.picture, np.uint8).reshape(size, size, channels)
    return pixels, cropped.found


def picture(path: Path, mode: str) -> Image.Image:
    """Decodes a whole picture to 8 bits; the file is closed before it is cropped.

    Training and use read pictures here alone, and so see the same pixels.

    Args:
        path: an image in any mode.
        mode: ``"L"`` for grey, ``"RGB"`` for colours.

    Returns:
        The picture, uncropped; a photograph that says how it was held is turned.

    Raises:
        UnreadableError: the file is missing, truncated, no image, or absurdly large.
    """
    with opened(path) as image:
        return eight_bits(image, mode)


@contextmanager
def opened(path: Path) -> Iterator[Image.Image]:
    """Opens a picture, and turns what damaged files raise into one error.

    Args:
        path: an image in any mode.

    Yields:
        The picture, of which no pixel is read yet.

    Raises:
        UnreadableError: the file is missing, truncated, no image, or absurdly large.
    """
    try:
        with open_regular(path) as file:
            _refuse_pointer(file.read(len(LFS_POINTER)))
            file.seek(0)
            with open_picture(file) as image:
                if min(image.size) < 1:
                    raise ValueError(f"it has no pixels ({image.width}x{image.height})")
                yield image
    except FileNotFoundError:
        raise UnreadableError(f"image {path} does not exist") from None
    except _BROKEN as error:
        raise UnreadableError(
            f"image {path} cannot be decoded: {_reason(error)}"
        ) from error


def open_picture(file: IO[bytes], formats: tuple[str, ...] = FORMATS) -> Image.Image:
    """Hands a file to Pillow: the one place that does.

    Args:
        file: open, at its beginning.
        formats: of ``FORMATS``, the ones that it may be of.

    Returns:
        The picture, of which no pixel is read yet.

    Raises:
        UnidentifiedImageError: it is of another format, or no picture.
    """
    return Image.open(file, formats=formats)


def eight_bits(image: Image.Image, mode: str) -> Image.Image:
    """Reads the pixels of an opened picture, upright, in 8 bits.

    Args:
        image: as ``opened`` gives it.
        mode: ``"L"`` for grey, ``"RGB"`` for colours.

    Returns:
        The picture, which needs its file no more.
    """
    image.load()
    return _scaled(_upright(image)).convert(mode)


@contextmanager
def bombs_refused() -> Iterator[None]:
    """Turns Pillow's warning about absurdly large images into a refusal.

    Held by the thread that starts the decoding threads: warning filters belong to
    the process.

    Yields:
        Nothing; such an image is an ``UnreadableError`` meanwhile.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


def _refuse_pointer(head: bytes) -> None:
    if head == LFS_POINTER:
        raise ValueError("it is a Git LFS pointer, fetched by `git lfs pull`")


def _upright(image: Image.Image) -> Image.Image:
    """Turns by the orientation in EXIF; where that is damaged, the pixels are kept.

    The image itself stays as it is: further frames are read from it.
    """
    with suppress(*_BROKEN):
        return ImageOps.exif_transpose(image)
    return image


def _scaled(image: Image.Image) -> Image.Image:
    """Scales grey images of 16 bits; Pillow's own conversion would clip them.

    A palette with transparent colours takes the way that Pillow does not warn of.
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
