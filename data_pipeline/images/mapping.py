"""Maps an array of a cache, and marks it as in use for as long as it is mapped."""

import errno
import os
import weakref
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from data_pipeline.files.file_lock import share
from data_pipeline.system.errors import RunError

Array = np.ndarray[Any, Any]

VERIFIED = ".verified"
"""Ending of the file beside an array whose time is that of its last use."""


ATTEMPTS = 5
"""How often an array is made that another process removes before it is mapped."""


def map_made(path: Path, make: Callable[[], None]) -> Array:
    """Maps an array that ``make`` makes if it is not there, or not whole.

    Another process may remove it in between: then it is made again.
    """
    for _ in range(ATTEMPTS):
        make()
        with suppress(FileNotFoundError):
            return map_array(path)
    raise RunError(
        f"{path}: other processes removed it {ATTEMPTS} times before it could be used; "
        "raise [resources] cache_size, or run one search at a time in this --out"
    )


def map_array(path: Path) -> Array:
    """Maps an array read-only; while it lives, nobody removes its file from a cache.

    ``FileNotFoundError`` is raised where it was removed just now.
    """
    opened = os.open(path, os.O_RDONLY)
    try:
        share(opened)
        _check_in_place(opened, path)
        with suppress(OSError):  # a cache on a read-only disk
            os.utime(path.with_suffix(VERIFIED))
        array: Array = np.load(path, mmap_mode="r", allow_pickle=False)
    except BaseException:
        os.close(opened)
        raise
    weakref.finalize(array, os.close, opened)
    return array


def _check_in_place(opened: int, path: Path) -> None:
    """Refuses a file that was removed, or replaced, after it was opened."""
    if not os.path.samestat(os.fstat(opened), path.stat()):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
