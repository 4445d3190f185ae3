"""Laws of following a face while the detector works beside the model."""

import threading

import numpy as np
import pytest

from data_pipeline.images.detector import Face
from models.live.tracker import FaceTracker


def face(number):
    """A face that differs from others."""
    points = np.full((5, 2), float(number))
    return Face(points=points, confidence=0.9, box=(number, 0.0, 10.0, 10.0))


class SlowDetector:
    """Finds in each picture, which is a number, that number; when it is let."""

    def __init__(self):
        """Starts with leave for one picture, and a clock that stands still."""
        self.leave = threading.Semaphore(1)
        self.pictures = []
        self.now = self.takes = 0.0

    def clock(self):
        """Returns the time that the detector took so far."""
        return self.now

    def find(self, picture):
        """Waits for its leave."""
        assert self.leave.acquire(timeout=20)
        self.pictures.append(picture)
        self.now += self.takes
        return () if picture is None else (face(picture),)


@pytest.fixture
def detector():
    """A detector whose end does not hang a failing test."""
    made = SlowDetector()
    yield made
    made.leave.release(50)


def finished(tracker):
    """Waits until the detector is idle."""
    tracker._pending[1].result(timeout=20)  # noqa: SLF001 - else a test would sleep


def test_frames_do_not_wait_for_the_detector(detector):
    """The first frame waits; later ones take the newest picture that is finished."""
    tracker = FaceTracker(detector.find, oldest=10)
    first = tracker.track(1, 0.0)
    assert (first.faces[0].box[0], first.behind) == (1, 0.0)
    assert [tracker.track(n, n / 10).faces[0].box[0] for n in (2, 3, 4)] == [1, 1, 1]
    detector.leave.release()
    finished(tracker)
    found = tracker.track(5, 0.5)
    assert found.faces[0].box[0] == 2
    assert found.behind == pytest.approx(0.3)
    detector.leave.release()
    finished(tracker)
    assert detector.pictures == [1, 2, 5]
    tracker.close()


def test_points_are_never_too_old(detector):
    """A frame waits if the points are older than allowed."""
    detector.leave.release(10)
    tracker = FaceTracker(detector.find, oldest=0.25)
    for frame in range(8):
        found = tracker.track(frame, frame * 0.2)
        assert found.behind <= 0.25
        assert found.behind == pytest.approx(0.2 * (frame - found.faces[0].box[0]))
    tracker.close()


@pytest.mark.parametrize(("oldest", "allowed"), [(2.0, 0.9), (0.6, 0.6)])
def test_a_slow_detector_is_not_waited_for(detector, oldest, allowed):
    """Points may be as old as three detections; older ones make frames wait."""
    detector.takes = 0.3
    tracker = FaceTracker(detector.find, oldest=oldest, clock=detector.clock)
    tracker.track(1, 0.0)
    times = np.linspace(0.05, allowed - 0.05, 8)
    found = [tracker.track(2, now) for now in times]
    assert [one.faces[0].box[0] for one in found] == [1] * 8
    assert [one.behind for one in found] == pytest.approx(times)
    detector.leave.release()
    waited = tracker.track(3, allowed + 0.04)
    assert waited.faces[0].box[0] == 2
    assert waited.behind == pytest.approx(allowed - 0.01)
    tracker.close()


def test_one_slow_detection_is_forgotten(detector):
    """How old points may be follows the last detections, not one of long ago."""
    detector.leave.release(10)
    detector.takes = 0.5
    tracker = FaceTracker(detector.find, oldest=2.0, clock=detector.clock)
    tracker.track(0, 0.0)
    detector.takes = 0.01
    for frame in range(1, 7):
        tracker.track(frame, frame * 3.0)
    waited = tracker.track(7, 18.5)
    assert waited.behind == 0.0
    tracker.close()


def test_exact_looks_at_every_frame(detector):
    """With nothing old allowed each frame has its own face, or none."""
    detector.leave.release(10)
    tracker = FaceTracker(detector.find, oldest=0.0)
    pictures = [1, 2, None, 4]
    found = [tracker.track(picture, at) for at, picture in enumerate(pictures)]
    places = [one.faces[0].box[0] if one.faces else None for one in found]
    assert places == pictures
    assert {one.behind for one in found} == {0.0}
    tracker.close()


def test_a_dead_detector_raises():
    """An error in the detector is raised in the caller."""

    def dies(_picture):
        raise RuntimeError("dead")

    tracker = FaceTracker(dies)
    with pytest.raises(RuntimeError, match="dead"):
        tracker.track(1, 0.0)
    tracker.close()
