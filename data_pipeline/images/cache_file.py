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
import shutil
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
from data_pipeline.system.errors import RunError

Array = np.ndarray[Any, Any]

BOOT = Path("/proc/sys/kernel/random/boot_id")
"""Changes at each start of the machine; missing on some systems."""


@dataclass(frozen=True, kw_only=True)
class PixelFile:
    """The path of a ``.npy`` file, its shape (N, ...) and chunks.

    ``chunks`` are consecutive ranges that cover all rows. ``dtype`` is NumPy's text for
    the numbers; ``content`` and ``smaller`` are what they are, and how to have fewer
    of them, for a message.
    """

    path: Path
    shape: tuple[int, ...]
    chunks: tuple[range, ...]
    dtype: str = "|u1"
    content: str = "decoded images"
    smaller: str = "lower [data] image_size"

    def beside(self, ending: str) -> Path:
        """Returns the path of another of the array's files."""
        return self.path.with_suffix(ending)

    @cached_property
    def header(self) -> bytes:
        """The header of the ``.npy`` file."""
        described = {"descr": self.dtype, "fortran_order": False, "shape": self.shape}
        with BytesIO() as buffer:
            np.lib.format.write_array_header_1_0(buffer, described)
            return buffer.getvalue()

    def offset(self, row: int) -> int:
        """Returns where a row's numbers start; at N, the bytes of the whole file."""
        size = np.dtype(self.dtype).itemsize
        return len(self.header) + row * math.prod(self.shape[1:]) * size


def is_verified(file: PixelFile) -> bool:
    """Returns whether the files are unchanged since all checksums were verified.

    A change by any program changes the stat. Silent loss on the disk does not; it is
    looked for once after each start of the machine.
    """
    try:
        return read_text(file.beside(".verified")) == _stats(file)
    except (OSError, ValueError):
        return False


def mark_verified(file: PixelFile) -> None:
    """Records that all checksums are right now."""
    with atomic_write(file.beside(".verified")) as part:
        part.write_text(_stats(file))


def _stats(file: PixelFile) -> str:
    words = [BOOT.read_text().strip()] if BOOT.exists() else []
    for path in (file.path, file.beside(".rows")):
        stat = path.stat()
        values = stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino
        words += map(str, values)
    return " ".join(words)


def read_record(file: PixelFile) -> tuple[Array, Array]:
    """Reads checksums, uint32 (chunks,), and states, uint8 (N,); 0 if not written."""
    count = len(file.chunks)
    size = 4 * count + file.shape[0]
    try:
        content = read_bytes(file.beside(".rows"))[:size]
    except FileNotFoundError:
        content = b""
    content = content.ljust(size, b"\0")
    return (
        np.frombuffer(content, "<u4", count),
        np.frombuffer(content, np.uint8, offset=4 * count),
    )


def valid_chunks(file: PixelFile, progress: Callable[[int], None]) -> Array:
    """Verifies the checksums of the array or its part: bool, shape (chunks,).

    Memory holds one chunk at a time; ``progress`` gets the rows verified.
    """
    sums, states = read_record(file)
    valid = np.zeros(len(sums), bool)
    source = file.path if file.path.exists() else file.beside(".part")
    if not sums.any() or not source.exists():
        return valid
    with open_regular(source) as content:
        content.seek(file.offset(0))
        for index, rows in enumerate(file.chunks):
            pixels = content.read(file.offset(rows.stop) - file.offset(rows.start))
            state = states[rows.start : rows.stop].tobytes()
            valid[index] = _checksum(pixels, state) == sums[index]
            progress(rows.stop)
    return valid


def is_whole(file: PixelFile) -> bool:
    """Returns whether the ``.npy`` file has the right header and length."""
    if not file.path.exists():
        return False
    with open_regular(file.path) as content:
        head = content.read(len(file.header))
    size = file.path.stat().st_size
    return head == file.header and size == file.offset(file.shape[0])


def check_room(file: PixelFile) -> None:
    """Raises RunError before anything is written to a disk that is too full."""
    paths = [path for path in (file.path, file.beside(".part")) if path.exists()]
    # A part is sparse: only its allocated blocks are room that it has.
    allocated = max((path.stat().st_blocks * 512 for path in paths), default=0)
    needed = file.offset(file.shape[0]) - allocated
    free = shutil.disk_usage(file.path.parent).free
    if free < needed:
        raise RunError(
            f"{file.path.parent}: the {file.content} need {needed / 1e6:,.1f} MB, and "
            f"the disk has {free / 1e6:,.1f} MB free; make room (python -m "
            "search.clean --cache lists what can go), choose another folder with "
            f"--out, or {file.smaller}"
        )


class PixelWriter:
    """Writes chunks; each one counts as soon as it is written, even after a kill.

    It writes by ``write``: through a memory map, a full disk would end the process.
    """

    def __init__(self, file: PixelFile) -> None:
        """Opens the part, made from a damaged array if there is one."""
        self._file = file
        if file.path.exists():
            file.path.replace(file.beside(".part"))
        self._array = _opened(file.beside(".part"), file.offset(file.shape[0]))
        size = 4 * len(file.chunks) + file.shape[0]
        self._record = _opened(file.beside(".rows"), size)
        _put(self._array, 0, file.header)

    def write(self, index: int, pixels: Array, states: Array) -> None:
        """Writes the pixels and states of chunk ``index``, its checksum last."""
        start, count = self._file.chunks[index].start, len(self._file.chunks)
        content, state = pixels.tobytes(), states.tobytes()
        _put(self._array, self._file.offset(start), content)
        _put(self._record, 4 * count + start, state)
        _put(self._record, 4 * index, _checksum(content, state).to_bytes(4, "little"))

    def finish(self) -> None:
        """Syncs both files and renames the part to the array."""
        for opened in (self._array, self._record):
            os.fsync(opened.fileno())
        self._file.beside(".part").replace(self._file.path)

    def close(self) -> None:
        """Closes the files."""
        self._array.close()
        self._record.close()


def discard(file: PixelFile) -> None:
    """Removes the array and all that belongs to it."""
    for ending in (".part", ".npy", ".rows", ".verified"):
        file.beside(ending).unlink(missing_ok=True)


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
