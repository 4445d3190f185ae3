"""SHA-256 digests of files; a file is hashed again only if its stat has changed.

Source: the rules of git's index (its documents ``index-format`` and ``racy-git``): a
file has changed if its size, modification or change time has; and a file that changed
within the clock's resolution before it was read is always read again.
"""

import os
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from data_pipeline.files.atomic_write import atomic_write
from data_pipeline.files.safe_open import open_regular, sha256
from data_pipeline.system.workers import thread_pool

Array = np.ndarray[Any, Any]

UNREADABLE = "unreadable"
"""Stands for the digest of a file that cannot be read; opening it raises the reason."""

HASHED = 64
"""Files per task of a thread."""
SAVED = 8192
"""Files hashed between two writes of the memory: what a kill may cost."""
SETTLED_NS = 2_000_000_000
"""A file that changed less than this before it was read may change again within the
resolution of its file system's clock, the coarsest of which is FAT's."""


_ENTRY = np.dtype([("stat", np.int64, 3), ("digest", np.uint8, 32)])
"""A file's size, modification and change time (-1 if it is missing), and digest."""


def file_digests(
    root: Path,
    names: Sequence[str],
    *,
    memory: Path,
    progress: Callable[[int], None],
) -> Iterator[str]:
    """Yields the digest of each file: 64 hexadecimal digits, or ``UNREADABLE``.

    Args:
        root: folder that the names are relative to.
        names: the files to hash; no other file is opened.
        memory: file of remembered digests; created, repaired and extended.
        progress: called with the files done, if any must be read.
    """
    entries = np.zeros(len(names), _ENTRY)
    stats = (_stat(f"{root}/{name}") for name in names)
    entries["stat"] = np.fromiter(stats, np.dtype((np.int64, 3)), len(names))
    read = _recall(names, entries, *_read(memory))
    missing = np.flatnonzero(~read)
    done = len(names) - len(missing)
    for start in range(0, len(missing), SAVED):
        rows = missing[start : start + SAVED]
        settled = entries["stat"][:, 1:].max(axis=1) < time.time_ns() - SETTLED_NS
        for row, digest in _hashed(root, names, rows):
            read[row] = digest is not None
            entries["digest"][row] = np.frombuffer(digest or bytes(32), np.uint8)
            done += 1
            progress(done)
        if (read & settled)[rows].any():
            _write(memory, names, entries, read & settled)
    text = entries["digest"].tobytes().hex()
    for row, is_read in enumerate(read.tolist()):
        yield text[64 * row : 64 * row + 64] if is_read else UNREADABLE


def read_digests(root: Path, names: Sequence[str]) -> list[str]:
    """Returns the digest of each file like ``file_digests``, and stores nothing.

    It is for a hold-out, which no cache may remember.
    """
    found = _hashed(root, names, np.arange(len(names)))
    return [UNREADABLE if digest is None else digest.hex() for _, digest in found]


def _stat(path: str) -> tuple[int, int, int]:
    try:
        stat = os.stat(path)  # noqa: PTH116 - a Path for each of 50,000 takes longer
    except OSError:
        return -1, -1, -1
    return stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


def _recall(
    names: Sequence[str], entries: Array, stored_names: Sequence[str], stored: Array
) -> Array:
    """Fills in the digests of unchanged files; returns which these are, shape (N,)."""
    at = np.arange(len(names))
    if stored_names != names:  # rare, and the dict costs as much as 10,000 stats
        place = {name: row for row, name in enumerate(stored_names)}
        at = np.fromiter((place.get(name, -1) for name in names), np.int64)
    same = at >= 0
    same[same] = (stored["stat"][at[same]] == entries["stat"][same]).all(axis=1)
    entries["digest"][same] = stored["digest"][at[same]]
    return same


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
        return bytes.fromhex(sha256(path))
    except OSError:
        return None


def _read(memory: Path) -> tuple[Sequence[str], Array]:
    """Reads names and entries; a damaged file (zip has checksums) has none."""
    try:
        with open_regular(memory) as file, np.load(file, allow_pickle=False) as held:
            text = held["names"].tobytes().decode("utf-8", "surrogateescape")
            return text.split("\0"), held["entries"]
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
        return (), np.empty(0, _ENTRY)


def _write(memory: Path, names: Sequence[str], entries: Array, trusted: Array) -> None:
    """Writes some entries, and those of files that are not in this table."""
    stored_names, stored = _read(memory)
    here = set(names)
    others = [row for row, name in enumerate(stored_names) if name not in here]
    rows = np.flatnonzero(trusted).tolist()
    text = "\0".join(
        [stored_names[row] for row in others] + [names[row] for row in rows]
    )
    with atomic_write(memory) as part, part.open("wb") as file:
        np.savez(
            file,
            names=np.frombuffer(text.encode("utf-8", "surrogateescape"), np.uint8),
            entries=np.concatenate([stored[others], entries[rows]]),
        )
