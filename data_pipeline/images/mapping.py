"""Maps an array of a cache, and marks it as in use for as long as it is mapped."""

import os
import weakref
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from data_pipeline.files.file_lock import share

Array = np.ndarray[Any, Any]

VERIFIED = ".verified"
"""Ending of the file beside an array whose time is that of its last use."""


def map_array(path: Path) -> Array:
    """Maps an array read-only; while it lives, nobody removes its file from a cache.

    Where the file system has no locks, the time of its last use has to do.
    """
    opened = os.open(path, os.O_RDONLY)
    share(opened)
    with suppress(OSError):  # a cache on a read-only disk
        os.utime(path.with_suffix(VERIFIED))
    try:
        array: Array = np.load(path, mmap_mode="r", allow_pickle=False)
    except BaseException:
        os.close(opened)
        raise
    weakref.finalize(array, os.close, opened)
    return array
