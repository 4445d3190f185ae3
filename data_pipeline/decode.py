"""Image files become square arrays: the crop is called ``centre_square``."""

import os
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from data_pipeline.errors import DataError
from data_pipeline.samples import SampleTable

Array = np.ndarray[Any, Any]
Progress = Callable[[int, int], None]

CROP = "centre_square"
"""The largest square around the centre, then resized: what an exported model names."""

LFS_POINTER = b"version https://git-lfs.github.com/spec/"
"""How a file begins that Git LFS did not fetch."""

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
    try:
        with path.open("rb") as file:
            _refuse_pointer(file.read(len(LFS_POINTER)))
            file.seek(0)
            with Image.open(file) as image:
                return _square(image, size, channels)
    except FileNotFoundError:
        raise UnreadableError(f"image {path} does not exist") from None
    except _BROKEN as error:
        raise UnreadableError(
            f"image {path} cannot be decoded: {_reason(error)}"
        ) from error


def decode_all(table: SampleTable, *, size: int) -> Array:
    """Decodes every image into memory and leaves nothing on disk: for a hold-out.

    Args:
        table: the rows wanted; no other file is touched.
        size: edge of the square images, in pixels.

    Returns:
        Shape (N, size, size, channels), uint8.

    Raises:
        DataError: an image is unreadable, named by file and row.
    """
    array, _ = decode_readable(table, size=size, unreadable="error")
    return array


def decode_readable(
    table: SampleTable, *, size: int, unreadable: str
) -> tuple[Array, Array]:
    """Decodes into memory what can be read.

    Args:
        table: the rows wanted; no other file is touched.
        size: edge of the square images, in pixels.
        unreadable: ``"error"`` or ``"quarantine"``.

    Returns:
        Shape (N, size, size, channels), uint8, black where dropped; and the
        ascending rows that could be read.

    Raises:
        DataError: an image is unreadable and not to be dropped, or none is left.
    """
    array = np.zeros((len(table), size, size, table.channels), np.uint8)
    return array, decode_into(array, table, unreadable=unreadable)


def decode_into(
    array: Array,
    table: SampleTable,
    *,
    unreadable: str,
    progress: Progress | None = None,
) -> Array:
    """Decodes every row of a table into an array, on all cores.

    Args:
        array: shape (N, size, size, channels), uint8; written to.
        table: the N rows wanted; no other file is touched.
        unreadable: ``"error"`` or ``"quarantine"``.
        progress: called with rows done and all rows.

    Returns:
        The ascending rows that could be read.

    Raises:
        DataError: an image is unreadable and not to be dropped, or none is left.
    """
    paths = [table.root / image for image in table.frame["image"]]

    def fault(row: int) -> str | None:
        try:
            array[row] = decode(
                paths[row], size=array.shape[1], channels=array.shape[3]
            )
        except UnreadableError as error:
            return str(error)
        return None

    kept = []
    with bombs_refused(), threads() as pool:
        for row, told in enumerate(pool.map(fault, range(len(paths)))):
            if told is None:
                kept.append(row)
            elif unreadable == "error":
                raise DataError(_message(table, row, told))
            if progress is not None:
                progress(row + 1, len(paths))
    if not kept:
        raise DataError(f"{table.root}: not one of {len(paths)} images can be read")
    return np.array(kept)


@contextmanager
def threads() -> Iterator[Executor]:
    """Runs a pool over all cores; Pillow and hashing release the interpreter.

    Yields:
        The pool; what it has not begun is dropped at an error.
    """
    pool = ThreadPoolExecutor(_cores())
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _cores() -> int:
    """Counts the cores that this process may use; not every system tells."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


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


def _message(table: SampleTable, row: int, fault: str) -> str:
    place = table.frame["place"].iloc[row]
    return (
        f"{place}: {fault}; restore the file, remove the row, or say "
        '[data] unreadable = "quarantine" to drop such images'
    )


def _refuse_pointer(head: bytes) -> None:
    if head == LFS_POINTER:
        raise ValueError("it is a Git LFS pointer, fetched by `git lfs pull`")


def _square(image: Image.Image, size: int, channels: int) -> Array:
    if min(image.size) < 1:
        raise ValueError(f"it has no pixels ({image.width}x{image.height})")
    image.load()
    eight = _eight_bits(image).convert("L" if channels == 1 else "RGB")
    # Pillow's bilinear filter widens its support when it shrinks: no aliasing.
    fitted = ImageOps.fit(eight, (size, size), Image.Resampling.BILINEAR)
    return np.asarray(fitted, np.uint8).reshape(size, size, channels)


def _eight_bits(image: Image.Image) -> Image.Image:
    """Scales grey images of 16 bits; Pillow's own conversion would clip them."""
    if image.mode == "I" or image.mode.startswith("I;16"):
        values = np.asarray(image).astype(np.int64).clip(0, 65535)
        return Image.fromarray(((values + 128) // 257).astype(np.uint8))
    if image.mode == "F":
        raise ValueError("its pixels are floating-point numbers of unknown range")
    return image


def _reason(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return "it is no image file that Pillow knows"
    return str(error) or type(error).__name__
