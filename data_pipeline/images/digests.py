"""SHA-256 digests of files; a file is hashed again only if its stat has changed.

Source: the rules of git's index (its documents ``index-format`` and ``racy-git``): a
file has changed if its size, modification or change time has; and a file that changed
within the clock's resolution before it was read is always read again.
"""

import hashlib
import os
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from data_pipeline.files.atomic_write import atomic_write
from data_pipeline.files.safe_open import open_regular
from data_pipeline.system.workers import thread_pool

Array = np.ndarray[Any, Any]

UNREADABLE = "unreadable"
"""Stands for the digest of a file that cannot be read; opening it raises the reason."""

STATS = ("st_size", "st_mtime_ns", "st_ctime_ns")
_ABSENT = SimpleNamespace(st_size=-1, st_mtime_ns=-1, st_ctime_ns=-1)
STATTED = 1024
"""Stats held as Python objects at a time."""
HASHED = 64
"""Files per task of a thread."""
SAVED = 8192
"""Files hashed between two writes of the memory: what a kill may cost."""
SETTLED_NS = 2_000_000_000
"""A file that changed less than this before it was read may change again within the
resolution of its file system's clock, the coarsest of which is FAT's."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Memory:
    """Digests by name; ``stats`` has shape (N, 3), ``digests`` (N, 32)."""

    names: Sequence[str]
    stats: Array
    digests: Array


def file_digests(
    root: Path,
    names: Sequence[str],
    *,
    memory: Path,
    progress: Callable[[int, int], None],
) -> Iterator[str]:
    """Yields the digest of each file: 64 hexadecimal digits, or ``UNREADABLE``.

    Args:
        root: folder that the names are relative to.
        names: the files to hash; no other file is opened.
        memory: file of known digests; created, repaired and extended.
        progress: called with files done and all files, if any must be read.
    """
    stats = _stats(root, names)
    digests, read = _remembered(names, stats, _read(memory))
    missing = np.flatnonzero(~read)
    done = len(names) - len(missing)
    for start in range(0, len(missing), SAVED):
        rows = missing[start : start + SAVED]
        settled = stats[:, 1:].max(axis=1) < time.time_ns() - SETTLED_NS
        for row, digest in _hashed(root, names, rows):
            read[row] = digest is not None
            digests[row] = np.frombuffer(digest or bytes(32), np.uint8)
            done += 1
            progress(done, len(names))
        if (read & settled)[rows].any():
            now = _Memory(names=names, stats=stats, digests=digests)
            _write(memory, now, read & settled)
    text = digests.tobytes().hex()
    for row, is_read in enumerate(read.tolist()):
        yield text[64 * row : 64 * row + 64] if is_read else UNREADABLE


def read_digests(root: Path, names: Sequence[str]) -> list[str]:
    """Returns the digest of each file like ``file_digests``, and stores nothing.

    It is for a hold-out, which no cache may remember.
    """
    found = _hashed(root, names, np.arange(len(names)))
    return [UNREADABLE if digest is None else digest.hex() for _, digest in found]


def _stats(root: Path, names: Sequence[str]) -> Array:
    """Returns the stat of each file, shape (N, 3); -1 for a missing file."""
    stats = np.empty((len(names), len(STATS)), np.int64)
    for start in range(0, len(names), STATTED):
        part = names[start : start + STATTED]
        found = list(map(_stat, [f"{root}/{name}" for name in part]))
        for column, name in enumerate(STATS):
            values = np.fromiter(map(attrgetter(name), found), np.int64)
            stats[start : start + len(found), column] = values
    return stats


def _stat(path: str) -> Any:
    try:
        return os.stat(path)  # noqa: PTH116 - a Path for each of 50,000 takes longer
    except OSError:
        return _ABSENT


def _remembered(
    names: Sequence[str], stats: Array, memory: _Memory
) -> tuple[Array, Array]:
    """Returns remembered digests, (N, 32), and which files have one, (N,)."""
    at = np.arange(len(names))
    if memory.names != names:  # rare, and the dict costs as much as 10,000 stats
        place = {name: row for row, name in enumerate(memory.names)}
        at = np.fromiter((place.get(name, -1) for name in names), np.int64)
    same = at >= 0
    same[same] = (memory.stats[at[same]] == stats[same]).all(axis=1)
    digests = np.zeros((len(names), 32), np.uint8)
    digests[same] = memory.digests[at[same]]
    return digests, same


def _hashed(
    root: Path, names: Sequence[str], rows: Array
) -> Iterator[tuple[int, bytes | None]]:
    """Hashes the files of some rows on all cores."""
    parts = [rows[start : start + HASHED] for start in range(0, len(rows), HASHED)]

    def digests(part: Array) -> list[bytes | None]:
        return [_digest(f"{root}/{names[row]}") for row in part]

    with thread_pool() as pool:
        for part, found in zip(parts, pool.map(digests, parts), strict=True):
            yield from zip(part.tolist(), found, strict=True)


def _digest(path: str) -> bytes | None:
    try:
        with open_regular(path) as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError:
        return None


def _read(memory: Path) -> _Memory:
    """Reads the memory; a damaged file (zip has checksums) is empty."""
    try:
        with open_regular(memory) as file, np.load(file, allow_pickle=False) as held:
            text = held["names"].tobytes().decode("utf-8", "surrogateescape")
            return _Memory(
                names=text.split("\0"), stats=held["stats"], digests=held["digests"]
            )
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
        return _Memory(
            names=(),
            stats=np.empty((0, 3), np.int64),
            digests=np.empty((0, 32), np.uint8),
        )


def _write(memory: Path, now: _Memory, trusted: Array) -> None:
    """Adds some rows' digests to those of files that are not in this table."""
    stored, here = _read(memory), set(now.names)
    others = [row for row, name in enumerate(stored.names) if name not in here]
    rows = np.flatnonzero(trusted).tolist()
    names = [stored.names[row] for row in others] + [now.names[row] for row in rows]
    text = "\0".join(names).encode("utf-8", "surrogateescape")
    with atomic_write(memory) as part, part.open("wb") as file:
        np.savez(
            file,
            names=np.frombuffer(text, np.uint8),
            stats=np.concatenate([stored.stats[others], now.stats[rows]]),
            digests=np.concatenate([stored.digests[others], now.digests[rows]]),
        )
