"""Smooths numbers that flicker from frame to frame."""

from collections.abc import Mapping

from data_pipeline.images.detector import Box
from models.inference.predictor import FacePrediction

Values = Mapping[str, float]


class Smoother:
    """An exponential moving average over the frames of one face.

    It restarts where the box jumped by more than half its width.
    """

    def __init__(self, share: float) -> None:
        """Starts empty.

        ``share``, in [0, 1), is the part of the last smoothed value that each frame
        keeps; 0 smooths nothing.
        """
        self._share = share
        self._last: tuple[FacePrediction, Box] | None = None

    def smooth(self, prediction: FacePrediction, box: Box) -> FacePrediction:
        """Returns the average with the next frame's prediction of the face in a box."""
        if self._last is not None and not _jumped(self._last[1], box):
            old = self._last[0]
            prediction = FacePrediction(
                emotions=self._mix(old.emotions, prediction.emotions),
                units=self._mix(old.units, prediction.units),
                intensities=self._mix(old.intensities, prediction.intensities),
                ratings=self._mix(old.ratings, prediction.ratings),
            )
        self._last = prediction, box
        return prediction

    def _mix(self, old: Values, new: Values) -> Values:
        share = self._share
        return {
            name: share * old[name] + (1 - share) * value for name, value in new.items()
        }


def _jumped(old: Box, new: Box) -> bool:
    return abs(_centre(old) - _centre(new)) > max(old[2], new[2]) / 2


def _centre(box: Box) -> complex:
    left, top, width, height = box
    return complex(left + width / 2, top + height / 2)
