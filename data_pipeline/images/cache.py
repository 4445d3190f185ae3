"""The image cache: a table's images, decoded once into a memory-mapped array.

The array's name is a digest of the files' content. A second call with the same files
maps it and decodes nothing; workers map it by its path and share its pages. Of several
calls at once only one decodes, and a killed call is resumed.
"""

import hashlib
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data_pipeline.dataset.landmarks import read_landmarks
from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.files.file_lock import file_lock
from data_pipeline.images.cache_file import (
    PixelFile,
    PixelWriter,
    check_room,
    discard,
    is_verified,
    is_whole,
    mark_verified,
    read_record,
    valid_chunks,
)
from data_pipeline.images.crop import Cropper
from data_pipeline.images.decode import CENTRE_SQUARE, Array
from data_pipeline.images.decode_table import (
    NO_FACE,
    UNREADABLE,
    check_readable,
    chunks_of,
    decode_all,
    decode_chunks,
    readable_rows,
)
from data_pipeline.images.digests import file_digests
from data_pipeline.images.mapping import map_made
from data_pipeline.system.errors import DataError, RunError

VERSION = 1
"""Part of the cache's name; raise it whenever ``decode`` gives other pixels."""

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Images:
    """Pixels of a table's rows.

    Attributes:
        array: shape (N, size, size, channels), uint8, memory-mapped and read-only;
            one row for each row of the table, black if unreadable.
        kept: ascending rows that could be read; all N unless quarantined.
        without_face: how many of them the cropper found no face in.
        digest: SHA-256 of the files' content in order, the size, the channels and the
            crop.
        path: the ``.npy`` file, for ``numpy.load(path, mmap_mode="r")``.
        contents: shape (N,), int64: equal for files with the same bytes, and valid
            within this process only.
    """

    array: Array
    kept: Array
    without_face: int
    digest: str
    path: Path
    contents: Array


@dataclass(frozen=True, slots=True)
class _Request:
    table: SampleTable
    size: int
    unreadable: str
    cropper: Cropper
    progress: Progress

    def at(self, stage: str) -> Callable[[int], None]:
        """Returns the progress of one stage, which is called with the images done."""
        return lambda done: self.progress(stage, done, len(self.table))


def read_images(
    table: SampleTable,
    *,
    size: int,
    cache: Path,
    unreadable: str = "error",
    cropper: Cropper = CENTRE_SQUARE,
    progress: Progress = lambda *_: None,
) -> Images:
    """Maps the images of a table, decoding those that no earlier call did.

    Args:
        table: the rows to read; no other file is opened.
        size: edge of the square images, in pixels.
        cache: folder of the arrays; created if missing.
        unreadable: ``"error"``, or ``"quarantine"`` to drop unreadable images.
        cropper: chooses each image's square.
        progress: called with the stage, images done and all images.

    Returns:
        The mapped array and the rows kept.

    Raises:
        DataError: an image is missing or unreadable (in quarantine: all are).
        RunError: the cache cannot hold the array.
    """
    _check(table, size, unreadable)
    request = _Request(table, size, unreadable, cropper, progress)
    try:
        cache.mkdir(parents=True, exist_ok=True)
        digest, contents = _digest(request, _file_digests(request, cache))
        shape = (len(table), size, size, table.channels)
        path = cache / f"images-{digest[:16]}.npy"
        file = PixelFile(path=path, shape=shape, chunks=tuple(chunks_of(shape)))
        # Mapped first: nobody removes its record then.
        array = map_made(path, lambda: _make(file, request))
        _, states = read_record(file)
    except OSError as error:
        raise RunError(
            f"{cache}: decoded images cannot be written there ({error.strerror}); make "
            "room or make it writable, or choose another folder with --out"
        ) from error
    if unreadable == "error" and (states == UNREADABLE).any():
        # The array was made in quarantine: decoding what it lacks raises the reason.
        decode_all(table.take(np.flatnonzero(states == UNREADABLE)), size=size)
    return Images(
        array=array,
        kept=readable_rows(table, states),
        without_face=int((states == NO_FACE).sum()),
        digest=digest,
        path=path,
        contents=contents,
    )


def _make(file: PixelFile, request: _Request) -> None:
    """Decodes what no earlier call did."""
    if is_verified(file):
        return
    waiting = request.at("waiting for another process to read images")
    with file_lock(file.beside(".lock"), lambda: waiting(_rows_done(file))):
        _complete(file, request)


def _check(table: SampleTable, size: int, unreadable: str) -> None:
    if unreadable not in ("error", "quarantine"):
        raise DataError(
            f"[data] unreadable is error or quarantine, found {unreadable!r}"
        )
    if size < 1:
        raise DataError(f"[data] image_size is at least 1 pixel, found {size}")
    if not len(table):
        raise DataError(f"{table.root}: there are no images to read")


def _file_digests(request: _Request, cache: Path) -> Iterable[str]:
    """Yields the digest of each file, hashing those without a remembered one."""
    table = request.table
    root = hashlib.sha256(str(table.root.resolve()).encode()).hexdigest()
    return file_digests(
        table.root,
        table.frame["image"].tolist(),
        memory=cache / f"files-{root[:16]}.npz",
        progress=request.at("hashing images"),
    )


def _digest(request: _Request, digests: Iterable[str]) -> tuple[str, Array]:
    """Computes the name of the array, and ``Images.contents``.

    The default crop is not part of the name.
    """
    table, crop = request.table, request.cropper.name
    words = [] if crop == CENTRE_SQUARE.name else [crop]
    words += [str(VERSION), str(request.size), str(table.channels)]
    total = hashlib.sha256(" ".join(words).encode())
    contents = np.zeros(len(table), np.int64)
    for row, digest in enumerate(digests):
        total.update(f" {digest}".encode())
        contents[row] = hash(digest)  # 8 bytes in place of a digest's 64 characters
    for row in range(len(table)) if request.cropper.uses_landmarks else ():
        total.update(f" {_landmarks_digest(table, row)}".encode())
    return total.hexdigest(), contents


def _landmarks_digest(table: SampleTable, row: int) -> str:
    found = read_landmarks(table, row)
    return "none" if found is None else hashlib.sha256(found.tobytes()).hexdigest()


def _rows_done(file: PixelFile) -> int:
    """Counts the rows that the process that holds the lock has written."""
    sums, _ = read_record(file)
    return sum(len(rows) for rows, sum_ in zip(file.chunks, sums, strict=True) if sum_)


def _complete(file: PixelFile, request: _Request) -> None:
    """Verifies a locked pixel file and decodes what is missing or damaged."""
    if is_verified(file):
        return
    damaged = file.path.exists() and file.beside(".rows").exists()
    valid = valid_chunks(file, request.at("checking images"))
    if not (valid.all() and is_whole(file)):
        again = f"{file.path.name} is damaged, reading it again"
        _decode_missing(file, request, valid, again if damaged else "reading images")
    mark_verified(file)


def _decode_missing(
    file: PixelFile, request: _Request, valid: Array, stage: str
) -> None:
    """Decodes the invalid chunks; with unreadable images nothing is left on disk."""
    check_room(file)
    missing = {file.chunks[index]: index for index in np.flatnonzero(~valid).tolist()}
    with closing(PixelWriter(file)) as writer:
        try:
            _write(writer, missing, request, stage)
            readable_rows(request.table, read_record(file)[1])
        except DataError:
            discard(file)
            raise
        writer.finish()


def _write(
    writer: PixelWriter, missing: dict[range, int], request: _Request, stage: str
) -> None:
    table, progress = request.table, request.at(stage)
    done = len(table) - sum(map(len, missing))
    decoded = decode_chunks(table, missing, size=request.size, cropper=request.cropper)
    with closing(decoded):
        for chunk in decoded:
            check_readable(table, chunk, request.unreadable)
            writer.write(missing[chunk.rows], chunk.pixels, chunk.states)
            done += len(chunk.rows)
            progress(done)
