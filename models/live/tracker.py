"""Where faces are in moving pictures, without waiting for the detector.

It runs beside the model. A frame is cut at the points of the newest picture that it has
finished. How old these may be follows from how long the detector takes, so that a slow
machine shows older places, and not a frame a detection; beyond a bound frames wait.
"""

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from PIL import Image

from data_pipeline.images.detector import Face

Faces = tuple[Face, ...]
Find = Callable[[Image.Image], Faces]

OLDEST = 1.0
"""Seconds that points may lie behind their frame, however slow the detector is."""
USUAL = 0.4
"""Seconds that they may always lie behind, where that much is allowed."""
DETECTIONS = 3
"""Detections that they may lie behind: while one goes on, the places that are known are
up to two old; the third is for what makes some slower than others."""
_REMEMBERED = 5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Located:
    """Faces, or none, as of ``behind`` seconds before the frame; 0 is in it."""

    faces: Faces
    behind: float


class Locator:
    """Follows faces; asked by one thread."""

    def __init__(
        self,
        find: Find,
        *,
        oldest: float = OLDEST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Starts a thread that waits for the detector.

        Args:
            find: finds the faces in a picture.
            oldest: seconds that points may lie behind at most; 0 looks at every frame.
            clock: times the detector, in seconds.
        """
        self._find = find
        self._oldest = oldest
        self._clock = clock
        self._took: deque[float] = deque([0.0], maxlen=_REMEMBERED)
        self._thread = ThreadPoolExecutor(1)
        self._pending: tuple[float, Future[tuple[Faces, float]]] | None = None
        self._known: tuple[float, Faces] | None = None

    def locate(self, picture: Image.Image, now: float) -> Located:
        """Tells where faces are, and sets the detector to work if it is idle.

        Args:
            picture: the frame.
            now: its time in seconds, later than that of the one before.

        Returns:
            The faces, and how old their places are.

        Raises:
            RunError: the detector's process died.
        """
        if self._pending is not None and self._pending[1].done():
            self._take()
        self._begin(picture, now)
        while self._known is None or now - self._known[0] > self._allowed():
            self._begin(picture, now)
            self._take()
        at, faces = self._known
        return Located(faces=faces, behind=now - at)

    def close(self) -> None:
        """Lets the thread go; what it looks at is dropped."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _allowed(self) -> float:
        """Tells how many seconds points may lie behind now."""
        return min(self._oldest, max(USUAL, DETECTIONS * max(self._took)))

    def _timed(self, picture: Image.Image) -> tuple[Faces, float]:
        begin = self._clock()
        faces = self._find(picture)
        return faces, self._clock() - begin

    def _begin(self, picture: Image.Image, now: float) -> None:
        if self._pending is None:
            self._pending = now, self._thread.submit(self._timed, picture)

    def _take(self) -> None:
        if self._pending is not None:
            (at, found), self._pending = self._pending, None
            faces, took = found.result()
            self._known = at, faces
            self._took.append(took)
