"""Images of a table: decoded once into a memory-mapped array, named by content.

A second call with the same files maps the array and decodes nothing; workers map it
by its path and share its pages.
"""

import hashlib
import math
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data_pipeline.decode import (
    Array,
    Progress,
    decode,
    decode_all,
    decode_into,
    decode_readable,
    threads,
)
from data_pipeline.errors import DataError, RunError
from data_pipeline.samples import SampleTable

__all__ = ["Images", "decode", "decode_all", "decode_readable", "read_images"]

VERSION = 1
"""Part of the cache's name; raised whenever ``decode`` gives other pixels."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Images:
    """Pixels of a table's rows.

    Attributes:
        array: shape (N, size, size, channels), uint8, memory-mapped and read-only;
            one row for each row of the table, black where it was dropped.
        kept: ascending rows that could be read; all N unless quarantined.
        digest: SHA-256 of the files' bytes in order, the size and the channels.
        path: the ``.npy`` file, for ``numpy.load(path, mmap_mode="r")``.
    """

    array: Array
    kept: Array
    digest: str
    path: Path


def read_images(
    table: SampleTable,
    *,
    size: int,
    cache: Path,
    unreadable: str = "error",
    progress: Progress | None = None,
) -> Images:
    """Maps the images of a table, decoding them if no earlier call did.

    Args:
        table: the rows wanted; no other file is touched.
        size: edge of the square images, in pixels.
        cache: folder of the arrays; made where it is missing.
        unreadable: ``"error"``, or ``"quarantine"`` to drop what cannot be read.
        progress: called while decoding with rows done and all rows.

    Returns:
        The mapped array and the rows kept.

    Raises:
        DataError: an image is missing or unreadable, named by file and row; or no
            image at all is left.
        RunError: the cache cannot hold the array.
    """
    _check(table, size, unreadable)
    shape = (len(table), size, size, table.channels)
    digest = _digest(table, size)
    path = cache / f"images-{digest[:16]}.npy"
    array = _mapped(path, shape)
    if array is None:
        _make_room(cache, math.prod(shape))
        with _written_aside(path) as part:
            pixels = np.lib.format.open_memmap(
                part, mode="w+", dtype=np.uint8, shape=shape
            )
            kept = decode_into(pixels, table, unreadable=unreadable, progress=progress)
            pixels.flush()
            _write_kept(kept, _kept_path(path))
        array = np.load(path, mmap_mode="r")
    kept = np.load(_kept_path(path))
    if len(kept) < len(table) and unreadable == "error":
        # The array was made under quarantine: decode what it lacks to say why.
        decode_all(table.take(np.setdiff1d(np.arange(len(table)), kept)), size=size)
    return Images(array=array, kept=kept, digest=digest, path=path)


def _check(table: SampleTable, size: int, unreadable: str) -> None:
    if unreadable not in ("error", "quarantine"):
        raise DataError(
            f"[data] unreadable is error or quarantine, found {unreadable!r}"
        )
    if size < 1:
        raise DataError(f"[data] image_size is at least 1 pixel, found {size}")
    if not len(table):
        raise DataError(f"{table.root}: there are no images to read")


def _make_room(cache: Path, needed: int) -> None:
    """Makes the folder; a disk that fills under a mapped file kills the process."""
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(
            f"{cache}: the folder for decoded images cannot be made "
            f"({error.strerror}); choose another with --out"
        ) from None
    free = shutil.disk_usage(cache).free
    if free < needed:
        raise RunError(
            f"{cache}: the decoded images need {needed / 1e6:,.1f} MB, and the disk "
            f"has {free / 1e6:,.1f} MB free; make room, choose another folder with "
            "--out, or lower [data] image_size"
        )


def _digest(table: SampleTable, size: int) -> str:
    paths = [table.root / image for image in table.frame["image"]]
    with threads() as pool:
        digests = list(pool.map(_file_digest, paths))
    text = f"{VERSION} {size} {table.channels} {' '.join(digests)}"
    return hashlib.sha256(text.encode()).hexdigest()


def _file_digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return "unreadable"  # decoding will say why


@contextmanager
def _written_aside(path: Path) -> Iterator[Path]:
    """Gives a name to write to and renames it at the end: nobody maps half a file."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.stem, suffix=".part")
    os.close(handle)
    part = Path(name)
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _write_kept(kept: Array, path: Path) -> None:
    with _written_aside(path) as part, part.open("wb") as file:
        np.save(file, kept)


def _kept_path(path: Path) -> Path:
    return path.with_suffix(".kept.npy")


def _mapped(path: Path, shape: tuple[int, ...]) -> Array | None:
    """Maps a whole array, or says that there is none."""
    try:
        array: Array = np.load(path, mmap_mode="r")
    except (OSError, ValueError, EOFError):
        return None
    whole = array.shape == shape and array.dtype == np.uint8
    return array if whole and _kept_path(path).exists() else None
