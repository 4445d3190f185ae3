"""PixelFile: an array on disk, written in chunks with a checksum each.

    NAME.npy       the whole array; ``NAME.part`` until all of it is written
    NAME.rows      a checksum for each chunk, then a state for each row
    NAME.verified  the stats of both files when their checksums were last verified
    NAME.lock      held by the process that writes

A chunk is valid if its checksum is right. So a killed writer, a flipped byte and a
truncated file are one case: the invalid chunks are written again.
"""

import math
import os
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from data_pipeline.files.atomic_write import atomic_write
from data_pipeline.files.safe_open import open_regular, read_bytes, read_text

Array = np.ndarray[Any, Any]

BOOT = Path("/proc/sys/kernel/random/boot_id")
"""Changes at each start of the machine; missing on some systems."""


@dataclass(frozen=True, kw_only=True)
class PixelFile:
    """The path, shape and chunks of an array.

    Attributes:
        path: the ``.npy`` file.
        shape: (N, height, width, channels) of the uint8 array.
        chunks: consecutive ranges that cover all rows.
    """

    path: Path
    shape: tuple[int, int, int, int]
    chunks: tuple[range, ...]

    @property
    def part(self) -> Path:
        """Returns the path while the array is being written."""
        return self.path.with_suffix(".part")

    @property
    def record(self) -> Path:
        """Returns the path of checksums and row states."""
        return self.path.with_suffix(".rows")

    @property
    def verified(self) -> Path:
        """Returns the path of the stats at the last verification."""
        return self.path.with_suffix(".verified")

    @property
    def lock(self) -> Path:
        """Returns the path of the lock."""
        return self.path.with_suffix(".lock")

    @cached_property
    def header(self) -> bytes:
        """Returns the header of the ``.npy`` file."""
        described = {"descr": "|u1", "fortran_order": False, "shape": self.shape}
        with BytesIO() as buffer:
            np.lib.format.write_array_header_1_0(buffer, described)
            return buffer.getvalue()

    @property
    def row_bytes(self) -> int:
        """Returns the bytes of a row."""
        return math.prod(self.shape[1:])

    @property
    def bytes(self) -> int:
        """Returns the bytes of the whole file."""
        return len(self.header) + math.prod(self.shape)


def is_verified(file: PixelFile) -> bool:
    """Returns whether the files are unchanged since all checksums were verified.

    A change by any program changes the stat. Silent loss on the disk does not; it is
    looked for once after each start of the machine.
    """
    try:
        return read_text(file.verified) == _stats(file)
    except (OSError, ValueError):
        return False


def mark_verified(file: PixelFile) -> None:
    """Records that all checksums are right now."""
    with atomic_write(file.verified) as part:
        part.write_text(_stats(file))


def _stats(file: PixelFile) -> str:
    words = [BOOT.read_text().strip()] if BOOT.exists() else []
    for path in (file.path, file.record):
        stat = path.stat()
        values = stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino
        words += map(str, values)
    return " ".join(words)


def read_record(file: PixelFile) -> tuple[Array, Array]:
    """Reads checksums, uint32 (chunks,), and states, uint8 (N,); 0 if not written."""
    count = len(file.chunks)
    size = 4 * count + file.shape[0]
    try:
        content = read_bytes(file.record)[:size]
    except FileNotFoundError:
        content = b""
    content = content.ljust(size, b"\0")
    return (
        np.frombuffer(content, "<u4", count),
        np.frombuffer(content, np.uint8, offset=4 * count),
    )


def valid_chunks(
    file: PixelFile, source: Path, progress: Callable[[int], None]
) -> Array:
    """Verifies the checksums of ``path`` or ``part``: bool, shape (chunks,).

    Memory holds one chunk at a time; ``progress`` gets the rows verified.
    """
    sums, states = read_record(file)
    valid = np.zeros(len(sums), bool)
    if not sums.any() or not source.exists():
        return valid
    with open_regular(source) as content:
        content.seek(len(file.header))
        for index, rows in enumerate(file.chunks):
            pixels = content.read(len(rows) * file.row_bytes)
            state = states[rows.start : rows.stop].tobytes()
            valid[index] = _checksum(pixels, state) == sums[index]
            progress(rows.stop)
    return valid


def is_whole(file: PixelFile) -> bool:
    """Returns whether the ``.npy`` file has the right header and length."""
    try:
        with open_regular(file.path) as content:
            head = content.read(len(file.header))
        return head == file.header and file.path.stat().st_size == file.bytes
    except FileNotFoundError:
        return False


class PixelWriter:
    """Writes chunks; each one counts as soon as it is written, even after a kill."""

    def __init__(self, file: PixelFile) -> None:
        """Opens the part, made from a damaged array if there is one."""
        self._file = file
        if file.path.exists():
            file.path.replace(file.part)
        self._array = _opened(file.part, file.bytes)
        self._record = _opened(file.record, 4 * len(file.chunks) + file.shape[0])
        _put(self._array, 0, file.header)

    def write(self, index: int, pixels: Array, states: Array) -> None:
        """Writes the pixels and states of chunk ``index``, its checksum last."""
        start, count = self._file.chunks[index].start, len(self._file.chunks)
        content, state = pixels.tobytes(), states.tobytes()
        offset = len(self._file.header) + start * self._file.row_bytes
        _put(self._array, offset, content)
        _put(self._record, 4 * count + start, state)
        _put(self._record, 4 * index, _checksum(content, state).to_bytes(4, "little"))

    def finish(self) -> None:
        """Syncs both files and renames the part to the array."""
        for opened in (self._array, self._record):
            os.fsync(opened.fileno())
        self._file.part.replace(self._file.path)

    def close(self) -> None:
        """Closes the files."""
        self._array.close()
        self._record.close()


def discard(file: PixelFile) -> None:
    """Removes the array and all that belongs to it."""
    for path in (file.part, file.path, file.record, file.verified):
        path.unlink(missing_ok=True)


def _checksum(pixels: bytes, states: bytes) -> int:
    return zlib.crc32(states, zlib.crc32(pixels))


def _opened(path: Path, size: int) -> BinaryIO:
    path.touch()
    opened = path.open("r+b")
    opened.truncate(size)
    return opened


def _put(opened: BinaryIO, offset: int, content: bytes) -> None:
    opened.seek(offset)
    opened.write(content)
    opened.flush()
