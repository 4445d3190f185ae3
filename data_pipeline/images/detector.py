"""Face detection with MTCNN, of the package ``mtcnn``: the only use of it.

It runs in processes of its own, with one thread each: the process that trains keeps
its backend, its threads and its GPU, and all cores detect.
"""

import importlib
import logging
import os
from concurrent.futures import Executor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.metadata import version
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from data_pipeline.system.errors import RunError, describe_cause
from data_pipeline.system.keras_import import TENSORFLOW, VARIABLE, load_keras
from data_pipeline.system.terminal import no_stderr
from data_pipeline.system.workers import process_pool, usable_cores

Array = np.ndarray[Any, Any]

Box = tuple[float, float, float, float]

DETECTOR = "mtcnn"
SEARCH_EDGES = (320, 224, 448)
"""Longest edges, in pixels, to which an image is resized until a face is found.

Smaller images are enlarged. The detector's own smallest face, 20 pixels, must stay as
it is: its version 1.0 finds nothing at all with most others.
"""
CONTRAST_CUTOFF = 1
"""Per cent of the darkest and of the lightest pixels that the contrast ignores."""
_MAX_PROCESSES = 8
_ENVIRONMENT = {
    VARIABLE: TENSORFLOW,
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",
}


def detector_version() -> str:
    """Returns the installed version of the detector."""
    return version(DETECTOR)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Face:
    """A detected face.

    Attributes:
        points: left eye, right eye, tip of the nose, left and right corner of the
            mouth, as seen in the image. Shape (5, 2), pixels of the image.
        confidence: the detector's, 0..1.
        box: left, top, width and height, in pixels; it may exceed the image.
    """

    points: Array
    confidence: float
    box: Box


class Detector:
    """Finds faces; thread-safe. It raises RunError if its process died."""

    def __init__(self) -> None:
        """Creates the pool; the processes start with the first image."""
        self._pool: Executor = process_pool(_processes(), _prepare)

    def detect(self, image: Image.Image) -> Face | None:
        """Returns the most prominent face: the largest, weighted by confidence."""
        return next(iter(self.detect_all(image)), None)

    def detect_all(self, image: Image.Image) -> tuple[Face, ...]:
        """Returns all faces of a grey or RGB image, the most prominent first."""
        try:
            for longest in SEARCH_EDGES:
                scale = longest / max(image.size)
                pixels = _preprocessed(image, scale)
                faces = self._pool.submit(_detect_in_process, pixels).result()
                if faces:
                    return tuple(_rescaled(face, scale) for face in faces)
        except BrokenProcessPool as error:
            raise RunError(
                "a process of the face detector ended by itself: memory may have run "
                "out, or a script lacks its `if __name__ == '__main__':`; start "
                'again, or set [data] crop = "none"'
            ) from error
        return ()


def _detect_in_process(pixels: Array) -> tuple[Face, ...]:
    """Detects faces in uint8 pixels of shape (H, W, 3), at this one size."""
    faces = _mtcnn().detect_faces(pixels, output_type="numpy")
    if not len(faces):
        return ()
    # A row: image, left, top, width, height, confidence, five x, five y.
    prominence = faces[:, 3] * faces[:, 4] * faces[:, 5]
    return tuple(_face(row) for row in faces[np.argsort(-prominence, kind="stable")])


def _face(row: Array) -> Face:
    left, top, width, height, confidence = map(float, row[1:6])
    points = np.asarray(row[6:16], np.float64).reshape(2, 5).T
    return Face(points=points, confidence=confidence, box=(left, top, width, height))


def _rescaled(face: Face, scale: float) -> Face:
    """Converts a face in a resized image to pixels of the original."""
    left, top, width, height = (edge / scale for edge in face.box)
    points = np.asarray(face.points / scale)
    return replace(face, points=points, box=(left, top, width, height))


def _preprocessed(image: Image.Image, scale: float) -> Array:
    """Resizes and stretches contrast: faces in dark and flat images are missed else."""
    width, height = (max(1, round(scale * edge)) for edge in image.size)
    resized = image.resize((width, height), Image.Resampling.BILINEAR)
    stretched = ImageOps.autocontrast(
        resized.convert("RGB"), CONTRAST_CUTOFF, preserve_tone=True
    )
    return np.asarray(stretched)


def _processes() -> int:
    """Counts the processes to use; each takes some 800 MB."""
    return min(_MAX_PROCESSES, usable_cores())


def _prepare() -> None:
    """Sets a process's environment, before it imports TensorFlow."""
    os.environ.update(_ENVIRONMENT)


@lru_cache(maxsize=1)
def _mtcnn() -> Any:
    """Loads the networks; their weights come with the package."""
    try:
        with no_stderr():
            load_keras()
            networks = importlib.import_module(DETECTOR).MTCNN(device="CPU:0")
    except Exception as error:
        raise RunError(
            "the face detector cannot be loaded; fix the cause, or set "
            f'[data] crop = "none":\n{describe_cause(error)}'
        ) from error
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    return networks
