"""Numbers that faces keep from frame to frame.

A face is known by its place alone, never by its looks: who leaves the picture and comes
back gets a new number.
"""

from collections.abc import Sequence
from itertools import product

from data_pipeline.images.detector import Box

REACH = 0.5
"""How far a face may move between two frames, in its widths."""

PATIENCE = 1.0
"""Seconds after which a face that is missed is forgotten, however slow the frames."""


class Identities:
    """Numbers the faces of a stream of frames, from 1; used by one thread."""

    def __init__(self) -> None:
        """Starts without faces."""
        self._known: dict[int, tuple[Box, float]] = {}
        self._last = 0
        self._before = 0.0

    def number(self, boxes: Sequence[Box], now: float) -> tuple[int, ...]:
        """Numbers the faces of a frame, the nearest pairs of old and new first.

        Args:
            boxes: of the faces.
            now: the frame's time in seconds, later than that of the one before.

        Returns:
            A number for each box, no two alike.
        """
        known = {
            number: (box, seen)
            for number, (box, seen) in self._known.items()
            if seen >= self._before or now - seen <= PATIENCE
        }
        numbers = _nearest({number: box for number, (box, _) in known.items()}, boxes)
        for place in range(len(boxes)):
            if place not in numbers:
                self._last += 1
                numbers[place] = self._last
        now_seen = {numbers[place]: (box, now) for place, box in enumerate(boxes)}
        self._known, self._before = known | now_seen, now
        return tuple(numbers[place] for place in range(len(boxes)))


def _nearest(known: dict[int, Box], boxes: Sequence[Box]) -> dict[int, int]:
    """Pairs places of boxes with known numbers, the nearest first."""
    pairs = sorted(
        (_apart(known[number], box), number, place)
        for number, (place, box) in product(known, enumerate(boxes))
    )
    found: dict[int, int] = {}
    for distance, number, place in pairs:
        if distance <= REACH and place not in found and number not in found.values():
            found[place] = number
    return found


def _apart(old: Box, new: Box) -> float:
    """Returns the distance of two boxes' middles, in widths of the larger one."""
    return abs(_middle(old) - _middle(new)) / max(old[2], new[2], 1.0)


def _middle(box: Box) -> complex:
    left, top, width, height = box
    return complex(left + width / 2, top + height / 2)
