"""Where faces lie in pictures that are crops already.

A model that was trained on such pictures gets faces that are cut to the same place.
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from PIL import Image

from data_pipeline.images.crop import TEMPLATE, Array, centre_square
from data_pipeline.images.detector import Detector, Face
from data_pipeline.system.errors import DataError

LEAST_FACES = 8
"""With fewer faces found, ``TEMPLATE`` is used."""

_FAR = 3.0
"""Edges of the square; points further away are no face in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceTemplate:
    """The place of a face in a square, and how well it is known.

    Attributes:
        points: of eyes, nose and mouth, in the order of ``TEMPLATE``, in shares of the
            square's edge.
        spread: median distance of a face's points from these, in the same shares.
        found: pictures with a face, of those that were ``looked`` at.
    """

    points: tuple[tuple[float, float], ...]
    spread: float
    found: int
    looked: int

    @property
    def is_measured(self) -> bool:
        """Whether enough faces were found."""
        return self.found >= LEAST_FACES

    def describe(self) -> dict[str, Any]:
        """Returns the fields as JSON values."""
        return asdict(self) | {"points": [list(point) for point in self.points]}


def measure_template(
    pictures: Iterable[Image.Image], detector: Detector, pool: Executor
) -> FaceTemplate:
    """Measures the median place of faces in centre squares.

    Args:
        pictures: a sample of what a model learns from, grey or RGB.
        detector: finds the faces; small pictures are enlarged.
        pool: of threads that wait for it.
    """
    squares = list(map(centre_square, pictures))
    faces = pool.map(detector.detect, squares)
    found = [
        face.points / square.width
        for face, square in zip(faces, squares, strict=True)
        if isinstance(face, Face)
    ]
    if len(found) < LEAST_FACES:
        return FaceTemplate(
            points=TEMPLATE, spread=0.0, found=len(found), looked=len(squares)
        )
    middle = np.median(found, axis=0)
    away = np.linalg.norm(np.array(found) - middle, axis=-1).mean(axis=-1)
    return FaceTemplate(
        points=_pairs(middle.round(4)),
        spread=round(float(np.median(away)), 4),
        found=len(found),
        looked=len(squares),
    )


def template_from(description: Mapping[str, Any]) -> FaceTemplate:
    """Reads ``describe``'s result back from JSON.

    Raises:
        DataError: it is damaged.
    """
    try:
        template = FaceTemplate(
            points=_pairs(description["points"]),
            spread=float(description["spread"]),
            found=int(description["found"]),
            looked=int(description["looked"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(str(error)) from error
    points = np.array(template.points)
    if points.shape != np.shape(TEMPLATE) or not (np.abs(points) <= _FAR).all():
        raise _damaged("its points are not five places in a square")
    if not np.linalg.norm(points[1] - points[0]):
        raise _damaged("both eyes are in one place")
    return template


def _damaged(reason: str) -> DataError:
    return DataError(
        f"the model's face template is damaged ({reason}); copy its model.json again "
        "from the run that wrote it"
    )


def _pairs(points: Array | Sequence[Any]) -> tuple[tuple[float, float], ...]:
    return tuple((float(x), float(y)) for x, y in points)
