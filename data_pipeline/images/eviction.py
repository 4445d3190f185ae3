"""Keeps a cache of arrays within a size: the ones unused longest go first.

An array goes only if no process maps it, and none has for an hour: between two steps
of a run, no process may map what it will need. Everything comes again from the data.
"""

import os
import re
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from data_pipeline.files.file_lock import FileLock, unshared
from data_pipeline.images.mapping import VERIFIED

RECENT = 3600.0
"""Seconds after its last use in which no array goes by itself."""

LOCK = ".lock"

_OURS = re.compile(r"((images|features)-[0-9a-f]{16})(\..*|[0-9a-f]{16}\.part)")
"""Names of an array, and of what belongs to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cached:
    """An array of a cache with all files that belong to it.

    ``bytes`` is what they take on the disk, ``used`` the time of the last use.
    """

    array: Path
    files: tuple[Path, ...]
    bytes: int
    used: float


def cached_arrays(cache: Path) -> list[Cached]:
    """Lists the arrays of a cache, the one unused longest first."""
    groups: dict[str, list[Path]] = {}
    for path in cache.glob("*") if cache.is_dir() else ():
        named = _OURS.fullmatch(path.name)
        if named and path.suffix != LOCK:
            groups.setdefault(named[1], []).append(path)
    found = [_cached(cache / f"{name}.npy", files) for name, files in groups.items()]
    return sorted(found, key=lambda one: one.used)


def _cached(array: Path, files: list[Path]) -> Cached:
    stats = [stat for path in files for stat in _stat(path)]
    times = [stat.st_mtime for stat in stats]
    verified = array.with_suffix(VERIFIED)
    if verified in files:
        times = [stat.st_mtime for stat in _stat(verified)]
    return Cached(
        array=array,
        files=tuple(sorted(files)),
        bytes=sum(stat.st_blocks * 512 for stat in stats),
        used=max(times, default=0.0),
    )


def _stat(path: Path) -> Iterable[os.stat_result]:
    with suppress(OSError):  # another process has removed it
        return [path.stat()]
    return []


def remove(cached: Cached) -> int:
    """Removes an array unless a process uses it; returns the bytes that became free."""
    lock = FileLock(cached.array.with_suffix(LOCK))
    with unshared(cached.array) as free:
        if not free or not lock.try_acquire():
            return 0
        try:
            # Without its mark, an array that a kill leaves half removed is made again.
            for path in sorted(cached.files, key=lambda path: path.suffix != VERIFIED):
                path.unlink(missing_ok=True)
        finally:
            lock.release(remove=True)
    return cached.bytes


def is_written(cached: Cached) -> bool:
    """Whether a process writes an array now; changes no file."""
    lock = FileLock(cached.array.with_suffix(LOCK))
    if not lock.path.exists():
        return False
    if not lock.try_acquire():
        return True
    lock.release()
    return False


def shrink(cache: Path, *, most: int) -> int:
    """Removes arrays while a cache holds more than ``most`` bytes; returns how many."""
    arrays = cached_arrays(cache)
    total, removed = sum(one.bytes for one in arrays), 0
    for one in arrays:
        if total <= most or one.used > time.time() - RECENT:
            break
        freed = remove(one)
        total, removed = total - freed, removed + bool(freed)
    return removed
