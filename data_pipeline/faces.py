"""The one door to the face detector: MTCNN, of the package ``mtcnn``.

It runs in processes of its own, with one thread each: the process that trains keeps
its backend, its threads and its GPU, and all cores detect.
"""

import importlib
import logging
import os
from collections.abc import Iterator
from concurrent.futures import Executor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from data_pipeline.errors import RunError
from data_pipeline.processes import fresh_processes

Array = np.ndarray[Any, Any]

DETECTOR = "mtcnn"
LOOKS = (320, 224, 448)
"""Longest edges, in pixels, at which a picture is looked at until a face is found.

Smaller pictures are enlarged. The detector's own smallest face, 20 pixels, must stay
as it is: its version 1.0 finds nothing at all with most others.
"""
CONTRAST_CUTOFF = 1
"""Per cent of the darkest and of the lightest pixels that contrast does not heed."""
_MOST_PROCESSES = 8
_ENVIRONMENT = {
    "KERAS_BACKEND": "tensorflow",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",
}


def detector_version() -> str:
    """Returns the version of the detector that is installed."""
    return version(DETECTOR)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Face:
    """A face that was found.

    Attributes:
        points: both eyes, the tip of the nose, both corners of the mouth; the left
            ones first. Shape (5, 2), pixels of the picture.
        confidence: the detector's, 0..1.
    """

    points: Array
    confidence: float


class Detector:
    """Finds faces; may be asked by many threads at once."""

    def __init__(self) -> None:
        """Starts nothing yet."""
        self._pool: Executor = fresh_processes(_processes(), _prepare)

    def find(self, picture: Image.Image) -> Face | None:
        """Finds the face that matters most: the largest, weighed by confidence.

        Args:
            picture: grey or RGB.

        Returns:
            The face, or ``None`` where there is none.

        Raises:
            RunError: the detector's process died.
        """
        try:
            for longest in LOOKS:
                scale = longest / max(picture.size)
                found = self._pool.submit(look, _seen(picture, scale)).result()
                if found is not None:
                    points = np.asarray(found.points / scale)
                    return Face(points=points, confidence=found.confidence)
        except BrokenProcessPool as error:
            raise RunError(
                "a process of the face detector ended by itself: memory may have run "
                "out, or a script lacks its `if __name__ == '__main__':`; start "
                'again, or say [data] crop = "none"'
            ) from error
        return None


def look(pixels: Array) -> Face | None:
    """Looks at one picture in one size, in this process.

    Args:
        pixels: shape (H, W, 3), uint8.

    Returns:
        The face that matters most, or ``None`` where there is none.
    """
    faces = _mtcnn().detect_faces(pixels, output_type="numpy")
    if not len(faces):
        return None
    # A row: picture, left, top, width, height, confidence, five x, five y.
    best = faces[np.argmax(faces[:, 3] * faces[:, 4] * faces[:, 5])]
    points = np.asarray(best[6:16], np.float64).reshape(2, 5).T
    return Face(points=points, confidence=float(best[5]))


def _seen(picture: Image.Image, scale: float) -> Array:
    """Resizes a picture to the size it is looked at, and stretches its contrast.

    Dark and flat pictures are missed otherwise.
    """
    width, height = (max(1, round(scale * edge)) for edge in picture.size)
    small = picture.resize((width, height), Image.Resampling.BILINEAR)
    clear = ImageOps.autocontrast(
        small.convert("RGB"), CONTRAST_CUTOFF, preserve_tone=True
    )
    return np.asarray(clear)


def _processes() -> int:
    """Counts the processes worth having; each takes some 800 MB."""
    if hasattr(os, "sched_getaffinity"):
        return min(_MOST_PROCESSES, len(os.sched_getaffinity(0)))
    return min(_MOST_PROCESSES, os.cpu_count() or 1)


def _prepare() -> None:
    """Sets a process of the pool up, before TensorFlow is imported there."""
    os.environ.update(_ENVIRONMENT)


@lru_cache(maxsize=1)
def _mtcnn() -> Any:
    """Loads the networks; their weights come with the package."""
    with _quiet():
        networks = importlib.import_module(DETECTOR).MTCNN(device="CPU:0")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    return networks


@contextmanager
def _quiet() -> Iterator[None]:
    """Drops what TensorFlow writes before it reads its own log level."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
