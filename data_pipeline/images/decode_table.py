"""Many images are decoded on all cores, a chunk of a table's rows at a time."""

from collections import deque
from collections.abc import Generator, Iterable, Mapping
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import numpy as np

from data_pipeline.dataset.landmarks import landmarks_of
from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.images.crop import Cropper
from data_pipeline.images.decode import (
    CENTRE_SQUARE,
    Array,
    UnreadableError,
    bombs_refused,
    decode_cropped,
)
from data_pipeline.system.errors import DataError
from data_pipeline.system.workers import cores, threads

ROWS = 16
BYTES = 2 << 20
"""A chunk holds no more rows and pixels than these: memory stays flat, a kill loses
little, and a small data set still keeps many cores busy."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chunk:
    """Decoded rows of a table.

    Attributes:
        rows: which, ascending and without a gap.
        pixels: shape (rows, size, size, channels), uint8; black where unreadable.
        faults: row -> why its image cannot be decoded.
        lost: rows in which the cropper did not find what it looks for.
    """

    rows: range
    pixels: Array
    faults: Mapping[int, str]
    lost: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decoded:
    """A table's pictures in memory.

    Attributes:
        pixels: shape (N, size, size, channels), uint8; black where unreadable.
        kept: ascending rows that could be read.
        without_face: of these, how many show none where the cropper looked for one.
    """

    pixels: Array
    kept: Array
    without_face: int


def chunks_of(shape: tuple[int, int, int, int]) -> list[range]:
    """Cuts the rows of an array; the same shape is always cut alike.

    Args:
        shape: (N, size, size, channels).

    Example:
        >>> chunks_of((20, 48, 48, 1))
        [range(0, 16), range(16, 20)]
    """
    count, height, width, channels = shape
    step = max(1, min(ROWS, BYTES // (height * width * channels)))
    return [range(at, min(at + step, count)) for at in range(0, count, step)]


def decode_all(
    table: SampleTable, *, size: int, cropper: Cropper = CENTRE_SQUARE
) -> Array:
    """Decodes every image into memory and leaves nothing on disk: for a hold-out.

    Args:
        table: the rows wanted; no other file is touched.
        size: edge of the square images, in pixels.
        cropper: chooses each image's square.

    Returns:
        Shape (N, size, size, channels), uint8.

    Raises:
        DataError: an image is unreadable, named by file and row.
    """
    return decode_readable(table, size=size, unreadable="error", cropper=cropper).pixels


def decode_readable(
    table: SampleTable, *, size: int, unreadable: str, cropper: Cropper = CENTRE_SQUARE
) -> Decoded:
    """Decodes into memory what can be read.

    Args:
        table: the rows wanted; no other file is touched.
        size: edge of the square images, in pixels.
        unreadable: ``"error"`` or ``"quarantine"``.
        cropper: chooses each image's square.

    Returns:
        The pixels, and which rows could be read.

    Raises:
        DataError: an image is unreadable and not to be dropped, or none is left.
    """
    without_face = 0
    array = np.zeros((len(table), size, size, table.channels), np.uint8)
    kept = np.ones(len(table), bool)
    decoded = decode_chunks(table, chunks_of(array.shape), size=size, cropper=cropper)
    with closing(decoded):
        for chunk in decoded:
            refuse_faults(table, chunk, unreadable)
            array[chunk.rows.start : chunk.rows.stop] = chunk.pixels
            kept[list(chunk.faults)] = False
            without_face += len(chunk.lost)
    refuse_none(table, kept)
    return Decoded(pixels=array, kept=np.flatnonzero(kept), without_face=without_face)


def decode_chunks(
    table: SampleTable,
    chunks: Iterable[range],
    *,
    size: int,
    cropper: Cropper = CENTRE_SQUARE,
) -> Generator[Chunk]:
    """Decodes chunks of rows; only a few are held at a time.

    Close it where it is not read to its end, as with ``contextlib.closing``.

    Args:
        table: the table; files of other rows are not touched.
        chunks: the rows wanted.
        size: edge of the square images, in pixels.
        cropper: chooses each image's square; called by several threads at once.

    Yields:
        The chunks, in their order.
    """
    images = table.frame["image"].tolist()
    stop = Event()

    def decoded(rows: range) -> Chunk:
        # A face takes long to find: who is interrupted does not wait for a chunk.
        paths = (table.root / images[row] for row in rows if not stop.is_set())
        return _decoded(table, rows, paths, size, cropper)

    ahead: deque[Future[Chunk]] = deque()
    with bombs_refused(), threads() as pool:
        try:
            for rows in chunks:
                ahead.append(pool.submit(decoded, rows))
                if len(ahead) > cores():
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            stop.set()


def _decoded(
    table: SampleTable, rows: range, paths: Iterable[Path], size: int, cropper: Cropper
) -> Chunk:
    pixels = np.zeros((len(rows), size, size, table.channels), np.uint8)
    faults, lost = {}, []
    for at, (row, path) in enumerate(zip(rows, paths, strict=False)):
        try:
            pixels[at], found = decode_cropped(
                path,
                size=size,
                channels=table.channels,
                cropper=cropper,
                landmarks=landmarks_of(table, row)
                if cropper.looks_at_landmarks
                else None,
            )
        except UnreadableError as error:
            faults[row] = str(error)
        else:
            lost += [] if found else [row]
    return Chunk(rows=rows, pixels=pixels, faults=faults, lost=tuple(lost))


def refuse_faults(table: SampleTable, chunk: Chunk, unreadable: str) -> None:
    """Accepts unreadable images in quarantine only.

    Raises:
        DataError: an image of the chunk is unreadable; named by file and row.
    """
    if chunk.faults and unreadable == "error":
        row, fault = next(iter(chunk.faults.items()))
        raise DataError(
            f"{table.frame['place'].iloc[row]}: {fault}; restore the file, remove the "
            'row, or say [data] unreadable = "quarantine" to drop such images'
        )


def refuse_none(table: SampleTable, kept: Array) -> None:
    """Accepts a table of which some image is left.

    Raises:
        DataError: not one could be read.
    """
    if not kept.any():
        raise DataError(f"{table.root}: not one of {len(table)} images can be read")
