"""Positions of faces in a stream of frames, without waiting for the detector.

The detector runs beside the model. A frame is cropped at the landmarks of the newest
frame that the detector has finished. How old these may be depends on how long the
detector takes, so that a slow machine shows older positions instead of one frame a
detection; beyond a bound frames wait.
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
"""Largest age of landmarks in seconds, however slow the detector is."""
USUAL = 0.4
"""Age in seconds that is always allowed, up to the largest."""
DETECTIONS = 3
"""Age in detections that is allowed: while one runs, the known positions are up to two
old; the third is for detections that take longer than others."""
_REMEMBERED = 5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrackedFaces:
    """Faces, or none, as of ``behind`` seconds before the frame."""

    faces: Faces
    behind: float


class FaceTracker:
    """Follows faces; used by one thread."""

    def __init__(
        self,
        find: Find,
        *,
        oldest: float = OLDEST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Starts the detector's thread.

        ``oldest`` is the largest age of landmarks in seconds; 0 detects in every frame.
        ``clock`` times the detector, in seconds.
        """
        self._find = find
        self._oldest = oldest
        self._clock = clock
        self._took: deque[float] = deque([0.0], maxlen=_REMEMBERED)
        self._thread = ThreadPoolExecutor(1)
        self._pending: tuple[float, Future[tuple[Faces, float]]] | None = None
        self._newest: tuple[float, Faces] | None = None

    def track(self, picture: Image.Image, now: float) -> TrackedFaces:
        """Returns the faces and their age; starts the detector if it is idle.

        ``now`` is the frame's time in seconds, later than that of the one before.

        Raises:
            RunError: the detector's process died.
        """
        if self._pending is not None and self._pending[1].done():
            self._take()
        self._begin(picture, now)
        while self._newest is None or now - self._newest[0] > self._allowed():
            self._begin(picture, now)
            self._take()
        at, faces = self._newest
        return TrackedFaces(faces=faces, behind=now - at)

    def close(self) -> None:
        """Ends the thread; a detection that is running is dropped."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _allowed(self) -> float:
        """Returns the age in seconds that landmarks may have now."""
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
            self._newest = at, faces
            self._took.append(took)
