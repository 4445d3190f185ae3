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
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.metadata import version
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from data_pipeline.system.errors import RunError, cause_of
from data_pipeline.system.keras_import import TENSORFLOW, VARIABLE, load_keras
from data_pipeline.system.workers import fresh_processes

Array = np.ndarray[Any, Any]

Box = tuple[float, float, float, float]

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
    VARIABLE: TENSORFLOW,
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
        box: left, top, width and height, in pixels of the picture; it may reach
            beyond the picture.
    """

    points: Array
    confidence: float
    box: Box


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
        return next(iter(self.find_all(picture)), None)

    def find_all(self, picture: Image.Image) -> tuple[Face, ...]:
        """Finds all faces; the one that ``find`` gives is the first.

        Args:
            picture: grey or RGB.

        Returns:
            The faces, those that matter most first.

        Raises:
            RunError: the detector's process died.
        """
        try:
            for longest in LOOKS:
                scale = longest / max(picture.size)
                found = self._pool.submit(look, _seen(picture, scale)).result()
                if found:
                    return tuple(_scaled(face, scale) for face in found)
        except BrokenProcessPool as error:
            raise RunError(
                "a process of the face detector ended by itself: memory may have run "
                "out, or a script lacks its `if __name__ == '__main__':`; start "
                'again, or say [data] crop = "none"'
            ) from error
        return ()


def look(pixels: Array) -> tuple[Face, ...]:
    """Looks at one picture in one size, in this process.

    Args:
        pixels: shape (H, W, 3), uint8.

    Returns:
        The faces in it, those that matter most first.
    """
    faces = _mtcnn().detect_faces(pixels, output_type="numpy")
    if not len(faces):
        return ()
    # A row: picture, left, top, width, height, confidence, five x, five y.
    matter = faces[:, 3] * faces[:, 4] * faces[:, 5]
    return tuple(_face(row) for row in faces[np.argsort(-matter, kind="stable")])


def _face(row: Array) -> Face:
    left, top, width, height, confidence = map(float, row[1:6])
    points = np.asarray(row[6:16], np.float64).reshape(2, 5).T
    return Face(points=points, confidence=confidence, box=(left, top, width, height))


def _scaled(face: Face, scale: float) -> Face:
    """Tells in pixels of the picture what was found in a smaller or larger one."""
    left, top, width, height = (edge / scale for edge in face.box)
    points = np.asarray(face.points / scale)
    return replace(face, points=points, box=(left, top, width, height))


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
    """Loads the networks; their weights come with the package.

    Raises:
        RunError: something that they need cannot be imported.
    """
    try:
        with _quiet():
            load_keras()
            networks = importlib.import_module(DETECTOR).MTCNN(device="CPU:0")
    except Exception as error:
        raise RunError(
            'the face detector cannot be loaded; mend this, or say [data] crop = "none"'
            f":\n{cause_of(error)}"
        ) from error
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
