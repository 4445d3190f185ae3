"""A detector that finds the white spots of drawn faces, without a network."""

import numpy as np

from data_pipeline.images.detector import Face


class SpotDetector:
    """Finds what it was told; ``places`` maps a picture's size to points."""

    def __init__(self, places):
        """Finds ``places[size]`` in pictures of a size, and nothing in others."""
        self.places = places
        self.seen = []

    def detect(self, image):
        """Returns the first face."""
        return next(iter(self.detect_all(image)), None)

    def detect_all(self, image):
        """Returns the faces of a picture of this size."""
        self.seen.append(image.size)
        return tuple(_face(points) for points in self.places.get(image.size, ()))


def _face(points):
    points = np.asarray(points, float)
    (left, top), (right, low) = points.min(axis=0), points.max(axis=0)
    return Face(points=points, confidence=0.9, box=(left, top, right - left, low - top))
