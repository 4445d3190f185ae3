"""The live view's frames: predicted, dropped, refused, stored only on request."""

import io
from dataclasses import replace

import pytest
from aiohttp import WSMsgType
from PIL import Image

from data_pipeline.media.media import MediaFrame
from models.inference.stream import predict_faces
from models.live.recording import Recording
from tests.factories.exported_model import rows_of, write_video
from tests.fakes.live_server import (
    FRAMES,
    OTHER,
    answers,
    camera_pictures,
    exact_pipeline,
    jpeg,
    live_of,
    talk,
)


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory):
    """A tiny model with what cuts faces for it."""
    return exact_pipeline(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def pictures():
    """Synthetic faces as a camera shows them."""
    return camera_pictures()


def test_frames_have_the_numbers_of_predict(pipeline, pictures):
    """Exact and unsmoothed, the camera's frames get what models.predict writes."""
    sent = [jpeg(picture) for picture in pictures]
    frames = [
        MediaFrame(file=None, image=Image.open(io.BytesIO(data))) for data in sent
    ]
    wanted = predict_faces(frames, pipeline.face_cropper, pipeline.model, pipeline.card)
    for number, (received, one) in enumerate(
        zip(answers(live_of(pipeline), sent), wanted, strict=True), start=1
    ):
        assert received["number"] == number
        assert received["emotions"] == pytest.approx(one.prediction.emotions, abs=1e-6)
        assert received["units"] == pytest.approx(one.prediction.units, abs=1e-6)
        assert received["box"] == list(one.crop.box)
        assert received["present"] == one.prediction.present(pipeline.card.thresholds)
        assert received["others"] == []
        assert (received["face"], received["behind"], received["size"]) == (
            "found",
            0,
            [640, 480],
        )


def test_faces_that_are_not_predicted_are_reported(pipeline, pictures):
    """Each further face has its box; the numbers are of the one that matters most."""
    two = pictures[0].copy()
    two.paste((255,) * 3, (0, 0, 16, 16))
    one, both = answers(live_of(pipeline), [jpeg(pictures[0]), jpeg(two)])
    assert both["others"] == [list(OTHER)]
    assert both["box"] == one["box"]
    assert both["units"] == pytest.approx(one["units"], abs=0.02)


def test_bad_frames_and_empty_ones_are_reported(pipeline, pictures):
    """A frame that is no JPEG is reported; one without a face has no numbers."""
    flat, huge = Image.new("RGB", (64, 48)), Image.new("RGB", (5000, 8))
    good = jpeg(pictures[0])
    sent = [b"none", good[: len(good) // 2], jpeg(huge), jpeg(flat), good]
    received = answers(live_of(pipeline), sent)
    assert all("frame" in answer["error"] for answer in received[:3])
    assert received[3]["face"] is None
    assert "units" not in received[3]
    assert received[4]["face"] == "found"


def test_frames_are_dropped_rather_than_queued(pipeline, pictures):
    """Of frames that come during a prediction only the newest is predicted."""
    sent = 30

    async def flooded(session, address):
        numbers = [0]
        async with session.ws_connect(f"{address}/frames", origin=address) as socket:
            data = jpeg(pictures[0])
            for _ in range(sent):
                await socket.send_bytes(data)
            while numbers[-1] < sent:
                numbers.append((await socket.receive_json(timeout=60))["number"])
        return numbers[1:]

    numbers = talk(live_of(pipeline), flooded)
    assert numbers[-1] == sent
    assert len(numbers) < sent
    assert numbers == sorted(set(numbers))


class BrokenModel:
    """Fails as no code foresaw."""

    def predict(self, pixels):
        """Fails."""
        raise RuntimeError(pixels.shape)


def test_a_failure_ends_the_connection(pipeline, pictures):
    """Where judging fails the page is not left waiting: its socket is closed."""
    broken = replace(pipeline, model=BrokenModel())

    async def sent(session, address):
        async with session.ws_connect(f"{address}/frames", origin=address) as socket:
            await socket.send_bytes(jpeg(pictures[0]))
            return (await socket.receive(timeout=20)).type

    assert talk(live_of(broken), sent) == WSMsgType.CLOSE


def test_only_numbers_are_recorded_and_only_on_request(pipeline, pictures, tmp_path):
    """A recording has a line a frame, with the model's own numbers; else no file."""
    path = tmp_path / "a.csv"
    record = Recording(path, pipeline.card)
    sent = [jpeg(pictures[0]), jpeg(Image.new("RGB", (64, 48)))]
    received = answers(live_of(pipeline, record=record), sent)
    record.close()
    first, second = rows_of(path.read_text())
    assert (first["file"], first["frame"], first["face"]) == ("camera", "1", "found")
    assert float(first["AU1"]) == pytest.approx(received[0]["units"]["AU1"], abs=1e-6)
    assert (second["AU1"], second["reason"]) == ("", "no face found: no prediction")
    assert [file.name for file in tmp_path.iterdir()] == ["a.csv"]


def test_a_video_is_played(pipeline, pictures, tmp_path):
    """A video's frames come with their images, in order, and then an end."""
    path = write_video(tmp_path / "a.mp4", pictures, rate=5)

    async def watched(session, address):
        received = []
        async with session.ws_connect(f"{address}/frames", origin=address) as socket:
            while True:
                numbers = await socket.receive_json(timeout=60)
                if numbers.get("ended"):
                    return received
                received.append((numbers, await socket.receive_bytes(timeout=60)))

    received = talk(live_of(pipeline, source=path), watched)
    assert 2 <= len(received) <= FRAMES
    for numbers, picture in received:
        assert numbers["face"] == "found"
        assert numbers["size"] == [640, 480]
        assert Image.open(io.BytesIO(picture)).size == (640, 480)
