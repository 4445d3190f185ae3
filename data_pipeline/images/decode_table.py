"""Decodes the images of a table on all cores, a chunk of rows at a time."""

from collections import deque
from collections.abc import Generator, Iterable, Mapping
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import numpy as np

from data_pipeline.dataset.landmarks import read_landmarks
from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.images.crop import Cropper
from data_pipeline.images.decode import (
    CENTRE_SQUARE,
    Array,
    UnreadableError,
    decode_cropped,
    refuse_bombs,
)
from data_pipeline.system.errors import DataError
from data_pipeline.system.workers import thread_pool, usable_cores

ROWS = 16
BYTES = 2 << 20
"""Most rows and bytes of a chunk: memory stays flat, a kill loses little, and a small
data set still keeps many cores busy."""

VALID, UNREADABLE, NO_FACE = 0, 1, 2
"""State of a row: decoded; not decodable; decoded without the face looked for."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chunk:
    """Decoded rows of a table.

    Attributes:
        rows: a range of the table's rows.
        pixels: shape (rows, size, size, channels), uint8; black where unreadable.
        states: shape (rows,), uint8: ``VALID``, ``UNREADABLE`` or ``NO_FACE``.
        errors: row -> why its image cannot be decoded.
    """

    rows: range
    pixels: Array
    states: Array
    errors: Mapping[int, str]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decoded:
    """A table's images in memory.

    Attributes:
        pixels: shape (N, size, size, channels), uint8; black where unreadable.
        kept: ascending rows that could be read.
        without_face: how many of them the cropper found no face in.
    """

    pixels: Array
    kept: Array
    without_face: int


def chunks_of(shape: tuple[int, int, int, int]) -> list[range]:
    """Divides the rows of an array (N, size, size, channels), by its shape alone.

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
    """Decodes every image into memory: (N, size, size, channels), uint8.

    Nothing is written to disk. It raises DataError if an image is unreadable.
    """
    return decode_readable(table, size=size, unreadable="error", cropper=cropper).pixels


def decode_readable(
    table: SampleTable, *, size: int, unreadable: str, cropper: Cropper = CENTRE_SQUARE
) -> Decoded:
    """Decodes the images of a table into memory, and writes nothing to disk.

    Args:
        table: the rows to decode; no other file is opened.
        size: edge of the square images, in pixels.
        unreadable: ``"error"``, or ``"quarantine"`` to drop unreadable images.
        cropper: chooses each image's square.

    Raises:
        DataError: an image is unreadable (in quarantine: all are).
    """
    array = np.zeros((len(table), size, size, table.channels), np.uint8)
    states = np.zeros(len(table), np.uint8)
    decoded = decode_chunks(table, chunks_of(array.shape), size=size, cropper=cropper)
    with closing(decoded):
        for chunk in decoded:
            check_readable(table, chunk, unreadable)
            rows = slice(chunk.rows.start, chunk.rows.stop)
            array[rows], states[rows] = chunk.pixels, chunk.states
    return Decoded(
        pixels=array,
        kept=readable_rows(table, states),
        without_face=int((states == NO_FACE).sum()),
    )


def decode_chunks(
    table: SampleTable,
    chunks: Iterable[range],
    *,
    size: int,
    cropper: Cropper = CENTRE_SQUARE,
) -> Generator[Chunk]:
    """Decodes chunks of rows in order, holding only a few at a time.

    Close it if it is not read to its end, as with ``contextlib.closing``. Several
    threads call ``cropper`` at once.
    """
    images = table.frame["image"].tolist()
    stop = Event()

    def decoded(rows: range) -> Chunk:
        # Detection is slow: an interrupt must not wait for the rest of the chunk.
        paths = (table.root / images[row] for row in rows if not stop.is_set())
        return _decoded(table, rows, paths, size, cropper)

    ahead: deque[Future[Chunk]] = deque()
    with refuse_bombs(), thread_pool() as pool:
        try:
            for rows in chunks:
                ahead.append(pool.submit(decoded, rows))
                if len(ahead) > usable_cores():
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            stop.set()


def _decoded(
    table: SampleTable, rows: range, paths: Iterable[Path], size: int, cropper: Cropper
) -> Chunk:
    pixels = np.zeros((len(rows), size, size, table.channels), np.uint8)
    states = np.full(len(rows), VALID, np.uint8)
    errors = {}
    for at, (row, path) in enumerate(zip(rows, paths, strict=False)):
        try:
            pixels[at], found = decode_cropped(
                path,
                size=size,
                channels=table.channels,
                cropper=cropper,
                landmarks=read_landmarks(table, row)
                if cropper.uses_landmarks
                else None,
            )
        except UnreadableError as error:
            errors[row], states[at] = str(error), UNREADABLE
        else:
            states[at] = VALID if found else NO_FACE
    return Chunk(rows=rows, pixels=pixels, states=states, errors=errors)


def check_readable(table: SampleTable, chunk: Chunk, unreadable: str) -> None:
    """Raises DataError for unreadable images of a chunk, except in quarantine."""
    if chunk.errors and unreadable == "error":
        row, error = next(iter(chunk.errors.items()))
        raise DataError(
            f"{table.frame['place'].iloc[row]}: {error}; restore the file, remove the "
            'row, or set [data] unreadable = "quarantine" to drop such images'
        )


def readable_rows(table: SampleTable, states: Array) -> Array:
    """Returns the ascending rows that could be read; DataError if there are none."""
    kept = np.flatnonzero(states != UNREADABLE)
    if not len(kept):
        raise DataError(f"{table.root}: none of {len(table)} images can be read")
    return kept
