"""How images reach a model: from its device's memory, or read ahead from a file."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, Protocol, TypeVar

import numpy as np

from models.keras_api import ops

Item = TypeVar("Item")

DEVICE_SHARE = 4
"""Images stay on a device if they take at most one of so many parts of its memory."""

READ_AHEAD = 2
"""Batches that are cut while the model trains on the one before."""


class ImageSource(Protocol):
    """Where batches of images come from."""

    def batch(self, rows: np.ndarray) -> Any:
        """Returns the raw pixels of some rows, uint8, shape (B, S, S, C)."""


class FileImages:
    """Images of an array, usually mapped from a file that other processes map too."""

    def __init__(self, images: np.ndarray) -> None:
        """Holds a view, no copy."""
        self._images = images

    def batch(self, rows: np.ndarray) -> np.ndarray:
        """Copies rows into this process's memory."""
        return np.asarray(self._images[rows])


class DeviceImages:
    """A copy of all images in the memory of the device that trains."""

    def __init__(self, images: np.ndarray) -> None:
        """Copies the images to the device, as they are: uint8."""
        self._images = ops.convert_to_tensor(np.asarray(images))

    def batch(self, rows: np.ndarray) -> Any:
        """Gathers rows on the device."""
        return ops.take(self._images, rows, axis=0)


def image_source(images: np.ndarray, device_memory: int) -> ImageSource:
    """Places images on the device where they take a small part of its memory.

    ``device_memory`` is in bytes, 0 for a CPU, which reads the file's pages as fast.
    """
    if images.nbytes * DEVICE_SHARE <= device_memory:
        return DeviceImages(images)
    return FileImages(images)


class ChosenImages:
    """Some rows of an array of images, read a slice at a time."""

    def __init__(self, images: np.ndarray, rows: np.ndarray) -> None:
        """Reads nothing yet."""
        self._images, self._rows = images, rows
        self.shape = (len(rows), *images.shape[1:])

    def __len__(self) -> int:
        """Counts the rows."""
        return len(self._rows)

    def __getitem__(self, part: slice) -> np.ndarray:
        """Reads a slice of the rows."""
        return np.asarray(self._images[self._rows[part]])


def read_ahead(batches: Sequence[Item]) -> Iterator[Item]:
    """Yields batches that a thread cuts while earlier ones are used."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        reads = (thread.submit(batches.__getitem__, n) for n in range(len(batches)))
        waiting = deque(islice(reads, READ_AHEAD))
        while waiting:
            batch = waiting.popleft().result()
            waiting.extend(islice(reads, 1))
            yield batch
