"""Numbers that flicker from frame to frame become calm."""

from collections.abc import Mapping

from data_pipeline.images.detector import Box
from models.inference.face_prediction import Reading

Values = Mapping[str, float]


class Smoother:
    """An exponential moving average over the frames of one face.

    It begins anew where the face is another: where none was seen in between, or where
    the box jumped by more than half its width.
    """

    def __init__(self, share: float) -> None:
        """Starts with nothing seen.

        Args:
            share: what of the last smoothed value is kept at each frame; 0 smooths
                nothing; in [0, 1).
        """
        self._share = share
        self._last: tuple[Reading, Box] | None = None

    def smooth(self, reading: Reading, box: Box) -> Reading:
        """Smooths the reading of the next frame.

        Args:
            reading: of the frame.
            box: of its face.

        Returns:
            The average.
        """
        if self._last is not None and not _jumped(self._last[1], box):
            reading = self._mixed(self._last[0], reading)
        self._last = reading, box
        return reading

    def forget(self) -> None:
        """Says that a frame shows no face."""
        self._last = None

    def _mixed(self, old: Reading, new: Reading) -> Reading:
        return Reading(
            emotions=self._mix(old.emotions, new.emotions),
            units=self._mix(old.units, new.units),
            ratings=self._mix(old.ratings, new.ratings),
        )

    def _mix(self, old: Values, new: Values) -> Values:
        share = self._share
        return {
            name: share * old[name] + (1 - share) * value for name, value in new.items()
        }


def _jumped(old: Box, new: Box) -> bool:
    apart = abs(_middle(old) - _middle(new))
    return apart > max(old[2], new[2]) / 2


def _middle(box: Box) -> complex:
    left, top, width, height = box
    return complex(left + width / 2, top + height / 2)
