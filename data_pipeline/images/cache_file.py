"""PixelFile: an array on disk that is written in chunks and checks its own checksums.

    NAME.npy    the whole array; ``NAME.part`` until all of it is written
    NAME.rows   a checksum for each chunk, then what came of each row
    NAME.seen   the stats of both files when their checksums were last looked at
    NAME.lock   held by the process that writes

A chunk counts where its checksum is right. So what a kill left behind, a flipped byte
and a file that was cut short are one case: those chunks are written, again or at last.
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

from data_pipeline.files.atomic_write import written_aside
from data_pipeline.files.safe_open import open_regular, read_bytes, read_text

Array = np.ndarray[Any, Any]

BOOT = Path("/proc/sys/kernel/random/boot_id")
"""Another one after each start of the machine, where the system has it."""


@dataclass(frozen=True, kw_only=True)
class PixelFile:
    """Where an array lies and how it is cut.

    Attributes:
        path: the ``.npy`` file.
        shape: (N, height, width, channels) of the uint8 array.
        chunks: all rows, cut.
    """

    path: Path
    shape: tuple[int, int, int, int]
    chunks: tuple[range, ...]

    @property
    def part(self) -> Path:
        """Names the file that is being written."""
        return self.path.with_suffix(".part")

    @property
    def record(self) -> Path:
        """Names the file of checksums and rows."""
        return self.path.with_suffix(".rows")

    @property
    def seen(self) -> Path:
        """Names the file that says when the checksums were looked at."""
        return self.path.with_suffix(".seen")

    @property
    def lock(self) -> Path:
        """Names the lock."""
        return self.path.with_suffix(".lock")

    @cached_property
    def header(self) -> bytes:
        """Writes what a ``.npy`` file of this shape begins with."""
        told = {"descr": "|u1", "fortran_order": False, "shape": self.shape}
        with BytesIO() as buffer:
            np.lib.format.write_array_header_1_0(buffer, told)
            return buffer.getvalue()

    @property
    def row(self) -> int:
        """Counts the bytes of a row."""
        return math.prod(self.shape[1:])

    @property
    def bytes(self) -> int:
        """Counts the bytes of the whole file."""
        return len(self.header) + math.prod(self.shape)


def is_seen(file: PixelFile) -> bool:
    """Tells whether the whole file was checked and is as it was then.

    A change of its bytes by any program shows in its stat. What a disk loses by
    itself does not, and is looked for once after each start of the machine.
    """
    try:
        return read_text(file.seen) == _look(file)
    except (OSError, ValueError):
        return False


def mark_seen(file: PixelFile) -> None:
    """Remembers that every checksum of the whole file is right now."""
    with written_aside(file.seen) as part:
        part.write_text(_look(file))


def read_record(file: PixelFile) -> tuple[Array, Array]:
    """Reads the checksums of chunks, and what came of each row.

    Returns:
        uint32 of shape (chunks,) and uint8 of shape (N,); zeros where nothing was
        written yet.
    """
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


def sound_chunks(
    file: PixelFile, source: Path, progress: Callable[[int], None]
) -> Array:
    """Looks at every checksum; memory holds one chunk at a time.

    Args:
        file: what is looked at.
        source: its ``path`` or its ``part``.
        progress: called with the rows looked at.

    Returns:
        For each chunk whether its bytes are right; bool of shape (chunks,).
    """
    sums, states = read_record(file)
    sound = np.zeros(len(sums), bool)
    if not sums.any() or not source.exists():
        return sound
    with open_regular(source) as content:
        content.seek(len(file.header))
        for index, rows in enumerate(file.chunks):
            pixels = content.read(len(rows) * file.row)
            state = states[rows.start : rows.stop].tobytes()
            sound[index] = _checksum(pixels, state) == sums[index]
            progress(rows.stop)
    return sound


def is_whole(file: PixelFile) -> bool:
    """Tells whether the array is in its place, with its header and its length."""
    try:
        with open_regular(file.path) as content:
            head = content.read(len(file.header))
        return head == file.header and file.path.stat().st_size == file.bytes
    except FileNotFoundError:
        return False


class PixelWriter:
    """Writes chunks of a file; what was written counts, however the process ends."""

    def __init__(self, file: PixelFile) -> None:
        """Opens the part, made of the damaged whole if there is one."""
        self._file = file
        if file.path.exists():
            file.path.replace(file.part)
        self._array = _opened(file.part, file.bytes)
        self._record = _opened(file.record, 4 * len(file.chunks) + file.shape[0])
        _put(self._array, 0, file.header)

    def write(self, index: int, pixels: Array, states: Array) -> None:
        """Writes one chunk, its checksum last.

        Args:
            index: of the chunk.
            pixels: shape (rows, height, width, channels), uint8.
            states: shape (rows,), uint8.
        """
        start, count = self._file.chunks[index].start, len(self._file.chunks)
        content, told = pixels.tobytes(), states.tobytes()
        _put(self._array, len(self._file.header) + start * self._file.row, content)
        _put(self._record, 4 * count + start, told)
        _put(self._record, 4 * index, _checksum(content, told).to_bytes(4, "little"))

    def finish(self) -> None:
        """Puts the whole array in its place."""
        for opened in (self._array, self._record):
            os.fsync(opened.fileno())
        self._file.part.replace(self._file.path)

    def close(self) -> None:
        """Closes the files."""
        self._array.close()
        self._record.close()


def discard(file: PixelFile) -> None:
    """Removes what was written."""
    for path in (file.part, file.path, file.record, file.seen):
        path.unlink(missing_ok=True)


def _look(file: PixelFile) -> str:
    words = [BOOT.read_text().strip()] if BOOT.exists() else []
    for path in (file.path, file.record):
        found = path.stat()
        told = found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino
        words += map(str, told)
    return " ".join(words)


def _checksum(pixels: bytes, states: bytes) -> int:
    return zlib.crc32(states, zlib.crc32(pixels))


def _opened(path: Path, size: int) -> BinaryIO:
    path.touch()
    opened = path.open("r+b")
    opened.truncate(size)
    return opened


def _put(opened: BinaryIO, place: int, content: bytes) -> None:
    opened.seek(place)
    opened.write(content)
    opened.flush()
