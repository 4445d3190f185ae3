"""Images of a table: decoded once into a memory-mapped array, named by content.

A second call with the same files maps the array and decodes nothing; workers map it
by its path and share its pages. Calls at once decode once, and one that was killed is
gone on with.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data_pipeline.dataset.landmarks import landmarks_of
from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.files.file_lock import alone
from data_pipeline.images.cache_build import LOST, UNREADABLE, Order, make_whole
from data_pipeline.images.cache_file import PixelFile, is_seen, read_record
from data_pipeline.images.crop import Cropper
from data_pipeline.images.decode import CENTRE_SQUARE, Array
from data_pipeline.images.decode_table import chunks_of, decode_all
from data_pipeline.images.digests import file_digests
from data_pipeline.system.errors import DataError, RunError

VERSION = 1
"""Part of the cache's name; raised whenever ``decode`` gives other pixels."""

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Images:
    """Pixels of a table's rows.

    Attributes:
        array: shape (N, size, size, channels), uint8, memory-mapped and read-only;
            one row for each row of the table, black where it was dropped.
        kept: ascending rows that could be read; all N unless quarantined.
        fallbacks: of these, how many show no face where the cropper looked for one.
        digest: SHA-256 of the files' bytes in order, the size, the channels and the
            crop.
        path: the ``.npy`` file, for ``numpy.load(path, mmap_mode="r")``.
        contents: shape (N,), int64: equal where two files hold the same bytes; these
            numbers mean nothing in another process.
    """

    array: Array
    kept: Array
    fallbacks: int
    digest: str
    path: Path
    contents: Array


def read_images(
    table: SampleTable,
    *,
    size: int,
    cache: Path,
    unreadable: str = "error",
    cropper: Cropper = CENTRE_SQUARE,
    progress: Progress | None = None,
) -> Images:
    """Maps the images of a table, decoding those that no earlier call did.

    Args:
        table: the rows wanted; no other file is touched.
        size: edge of the square images, in pixels.
        cache: folder of the arrays; made where it is missing.
        unreadable: ``"error"``, or ``"quarantine"`` to drop what cannot be read.
        cropper: chooses each image's square.
        progress: told what is done, how far, and of how many images.

    Returns:
        The mapped array and the rows kept.

    Raises:
        DataError: an image is missing or unreadable, named by file and row; or no
            image at all is left.
        RunError: the cache cannot hold the array.
    """
    _check(table, size, unreadable)
    order = Order(
        table=table,
        size=size,
        unreadable=unreadable,
        cropper=cropper,
        progress=progress or _untold,
    )
    try:
        cache.mkdir(parents=True, exist_ok=True)
        digest, contents = _digest(order, _contents(order, cache))
        file = _file(cache, digest, order)
        if not is_seen(file):
            with alone(file.lock, lambda: _wait(file, order)):
                make_whole(file, order)
    except OSError as error:
        raise RunError(
            f"{cache}: decoded images cannot be kept there ({error.strerror}); make "
            "room or make it writable, or choose another folder with --out"
        ) from error
    _, states = read_record(file)
    kept = np.flatnonzero(states != UNREADABLE)
    if len(kept) < len(table) and unreadable == "error":
        # The array was made under quarantine: decode what it lacks to say why.
        decode_all(table.take(np.flatnonzero(states == UNREADABLE)), size=size)
    return Images(
        array=np.load(file.path, mmap_mode="r", allow_pickle=False),
        kept=kept,
        fallbacks=int((states == LOST).sum()),
        digest=digest,
        path=file.path,
        contents=contents,
    )


def _check(table: SampleTable, size: int, unreadable: str) -> None:
    if unreadable not in ("error", "quarantine"):
        raise DataError(
            f"[data] unreadable is error or quarantine, found {unreadable!r}"
        )
    if size < 1:
        raise DataError(f"[data] image_size is at least 1 pixel, found {size}")
    if not len(table):
        raise DataError(f"{table.root}: there are no images to read")


def _contents(order: Order, cache: Path) -> Iterator[str]:
    """Digests the files, as far as nobody remembers them."""
    table = order.table
    place = hashlib.sha256(str(table.root.resolve()).encode()).hexdigest()
    return file_digests(
        table.root,
        table.frame["image"].tolist(),
        memory=cache / f"files-{place[:16]}.npz",
        progress=lambda done, total: order.progress("hashing images", done, total),
    )


def _digest(order: Order, digests: Iterable[str]) -> tuple[str, Array]:
    """Names pixels by what they are made of; the centre square goes without saying.

    Gives back what tells each file's bytes from others', too; a number each, because
    the digests of many files are much to keep.
    """
    table, crop = order.table, order.cropper.name
    words = [] if crop == CENTRE_SQUARE.name else [crop]
    words += [str(VERSION), str(order.size), str(table.channels)]
    total = hashlib.sha256(" ".join(words).encode())
    contents = np.zeros(len(table), np.int64)
    for row, digest in enumerate(digests):
        total.update(f" {digest}".encode())
        contents[row] = hash(digest)
    for row in range(len(table)) if order.cropper.looks_at_landmarks else ():
        total.update(f" {_landmarks_digest(table, row)}".encode())
    return total.hexdigest(), contents


def _landmarks_digest(table: SampleTable, row: int) -> str:
    found = landmarks_of(table, row)
    return "none" if found is None else hashlib.sha256(found.tobytes()).hexdigest()


def _file(cache: Path, digest: str, order: Order) -> PixelFile:
    shape = (len(order.table), order.size, order.size, order.table.channels)
    path = cache / f"images-{digest[:16]}.npy"
    return PixelFile(path=path, shape=shape, chunks=tuple(chunks_of(shape)))


def _wait(file: PixelFile, order: Order) -> None:
    """Shows how far the process is that decodes the same images."""
    sums, _ = read_record(file)
    done = sum(len(rows) for rows, sum_ in zip(file.chunks, sums, strict=True) if sum_)
    order.progress("waiting for another process to read images", done, file.shape[0])


def _untold(_stage: str, _done: int, _total: int) -> None:
    pass
