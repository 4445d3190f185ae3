"""The live view's stream of frames: options are used, and late frames dropped."""

from dataclasses import replace

import pytest
from PIL import Image

from data_pipeline.media.media import MediaFrame
from models.live import frames, start
from models.live.__main__ import main
from models.live.frames import paced
from models.live.tracker import OLDEST
from tests.factories.exported_model import exported, write_video
from tests.factories.runs import run_main
from tests.fakes.live_server import camera_pictures, exact_pipeline


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory):
    """A tiny model with what cuts faces for it."""
    return exact_pipeline(tmp_path_factory.mktemp("model"))


def shown(pipeline, pictures):
    """Shows pictures to a viewer, one after another."""
    viewer = pipeline.viewer()
    views = [viewer.see(MediaFrame(file=None, image=picture)) for picture in pictures]
    viewer.close()
    return views


@pytest.mark.parametrize("share", [0.0, 0.6])
def test_frames_are_smoothed(pipeline, share):
    """Shown values keep a share of the previous frame; predictions do not."""
    first, second, *_ = shown(replace(pipeline, smooth=share), camera_pictures())
    (before,), (after,) = first.faces, second.faces
    now = after.result.prediction.units["AU1"]
    assert abs(before.shown.units["AU1"] - now) > 1e-3
    expected = share * before.shown.units["AU1"] + (1 - share) * now
    assert after.shown.units["AU1"] == pytest.approx(expected)


def test_smoothing_ends_with_the_face(pipeline):
    """After a frame without a face nothing of the face before it is kept."""
    one, other, *_ = camera_pictures()
    flat = Image.new("RGB", (640, 480))
    *_, last = shown(replace(pipeline, smooth=0.6), [one, flat, other])
    (face,) = last.faces
    assert face.shown == face.result.prediction


def test_old_places_are_taken_only_if_allowed(pipeline):
    """With --exact each frame is detected; otherwise the last positions are used."""
    pictures = camera_pictures()[:2]
    assert [view.behind for view in shown(pipeline, pictures)] == [0, 0]
    _, second = shown(replace(pipeline, oldest=60.0), pictures)
    assert second.behind > 0


@pytest.mark.parametrize(
    ("words", "smooth", "oldest"),
    [((), 0.6, OLDEST), (("--smooth", "0.3"), 0.3, OLDEST), (("--exact",), 0.6, 0.0)],
)
def test_options_reach_the_pipeline(tmp_path, monkeypatch, words, smooth, oldest):
    """The options for smoothing and exactness reach the server."""
    served = []

    async def noted(live, _listener, _say):
        served.append(live.pipeline)

    monkeypatch.setattr(start, "_serve", noted)
    answer = run_main(main, "--model", str(exported(tmp_path)), "--port", "0", *words)
    assert answer.code == 0
    assert [(one.smooth, one.oldest) for one in served] == [(smooth, oldest)]


class Clock:
    """A clock that advances only by sleeping and predicting."""

    def __init__(self):
        """Starts at some moment."""
        self.now = 50.0

    def monotonic(self):
        """Returns the time."""
        return self.now

    def sleep(self, seconds):
        """Lets time pass."""
        self.now += seconds


@pytest.mark.parametrize(("takes", "wanted"), [(0.0, 1), (0.05, 1), (0.28, 3)])
def test_late_frames_of_a_video_are_left_out(tmp_path, monkeypatch, takes, wanted):
    """A video keeps its pace: frames that a slow model misses are dropped."""
    clock = Clock()
    monkeypatch.setattr(frames, "time", clock)
    pictures = [Image.new("RGB", (64, 48), (9 * n,) * 3) for n in range(20)]
    path = write_video(tmp_path / "a.mp4", pictures, rate=10)
    shown = []
    for frame in paced(path):
        assert -1e-6 <= clock.now - 50.0 - frame.time <= 0.051
        shown.append(frame.number)
        clock.sleep(takes)
    assert shown == list(range(0, 20, wanted))
