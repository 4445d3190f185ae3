"""What files hold, as digests: a file is read again only where its stat has changed.

Source: the rules are those of git's index (its documents ``index-format`` and
``racy-git``): size, modification and change time tell a changed file, and a file that
was changed while the clock stood still is never believed unread.
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

from data_pipeline.files.atomic_write import written_aside
from data_pipeline.files.safe_open import open_regular
from data_pipeline.system.workers import threads

Array = np.ndarray[Any, Any]

UNREADABLE = "unreadable"
"""The digest of a file that is missing or may not be read; opening it says why."""

STATS = ("st_size", "st_mtime_ns", "st_ctime_ns")
_ABSENT = SimpleNamespace(st_size=-1, st_mtime_ns=-1, st_ctime_ns=-1)
STATTED = 1024
"""Files whose stats are held as Python objects at a time."""
HASHED = 64
"""Files that a thread hashes at a time."""
SAVED = 8192
"""Files hashed between two savings: what a kill may cost."""
SETTLED_NS = 2_000_000_000
"""A file that changed less than this before it was read may change again within the
same tick of its file system's clock; FAT's ticks are the longest."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Known:
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
    """Hashes files, or remembers their digests.

    Args:
        root: folder that the names are relative to.
        names: the files wanted; no other file is touched.
        memory: file that remembers digests; made, mended and added to.
        progress: called with files done and all files, where some must be read.

    Yields:
        SHA-256 of each file's bytes as 64 hexadecimal digits, or ``UNREADABLE``.
    """
    stats, known = _stats(root, names), _read(memory)
    digests, read = _remembered(names, stats, known)
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
            now = _Known(names=names, stats=stats, digests=digests)
            _write(memory, now, read & settled)
    text = digests.tobytes().hex()
    for row, is_read in enumerate(read.tolist()):
        yield text[64 * row : 64 * row + 64] if is_read else UNREADABLE


def read_digests(root: Path, names: Sequence[str]) -> list[str]:
    """Hashes files and remembers nothing of them: for a hold-out.

    Args:
        root: folder that the names are relative to.
        names: the files wanted; no other file is touched.

    Returns:
        SHA-256 of each file's bytes as 64 hexadecimal digits, or ``UNREADABLE``.
    """
    found = _hashed(root, names, np.arange(len(names)))
    return [UNREADABLE if digest is None else digest.hex() for _, digest in found]


def _stats(root: Path, names: Sequence[str]) -> Array:
    """Asks for the stat of each file; shape (N, 3), -1 where there is none."""
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
    names: Sequence[str], stats: Array, known: _Known
) -> tuple[Array, Array]:
    """Finds what is known of files as they are now: digests, and where there is one."""
    at = np.arange(len(names))
    if known.names != names:  # seldom, and the dict costs as much as 10,000 stats
        place = {name: row for row, name in enumerate(known.names)}
        at = np.fromiter((place.get(name, -1) for name in names), np.int64)
    same = at >= 0
    same[same] = (known.stats[at[same]] == stats[same]).all(axis=1)
    digests = np.zeros((len(names), 32), np.uint8)
    digests[same] = known.digests[at[same]]
    return digests, same


def _hashed(
    root: Path, names: Sequence[str], rows: Array
) -> Iterator[tuple[int, bytes | None]]:
    """Hashes some rows' files on all cores."""
    parts = [rows[start : start + HASHED] for start in range(0, len(rows), HASHED)]

    def digests(part: Array) -> list[bytes | None]:
        return [_digest(f"{root}/{names[row]}") for row in part]

    with threads() as pool:
        for part, found in zip(parts, pool.map(digests, parts), strict=True):
            yield from zip(part.tolist(), found, strict=True)


def _digest(path: str) -> bytes | None:
    try:
        with open_regular(path) as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError:
        return None


def _read(memory: Path) -> _Known:
    """Reads what is remembered; a damaged file, of which zip tells, is nothing."""
    try:
        with open_regular(memory) as file, np.load(file, allow_pickle=False) as held:
            text = held["names"].tobytes().decode("utf-8", "surrogateescape")
            return _Known(
                names=text.split("\0"), stats=held["stats"], digests=held["digests"]
            )
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
        return _Known(
            names=(),
            stats=np.empty((0, 3), np.int64),
            digests=np.empty((0, 32), np.uint8),
        )


def _write(memory: Path, now: _Known, believed: Array) -> None:
    """Remembers some rows of this table beside files that are not in it."""
    known, here = _read(memory), set(now.names)
    others = [row for row, name in enumerate(known.names) if name not in here]
    rows = np.flatnonzero(believed).tolist()
    names = [known.names[row] for row in others] + [now.names[row] for row in rows]
    text = "\0".join(names).encode("utf-8", "surrogateescape")
    with written_aside(memory) as part, part.open("wb") as file:
        np.savez(
            file,
            names=np.frombuffer(text, np.uint8),
            stats=np.concatenate([known.stats[others], now.stats[rows]]),
            digests=np.concatenate([known.digests[others], now.digests[rows]]),
        )
