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
        (face,) = received["faces"]
        assert face["emotions"] == pytest.approx(one.prediction.emotions, abs=1e-6)
        assert face["units"] == pytest.approx(one.prediction.units, abs=1e-6)
        assert face["box"] == list(one.crop.box)
        assert face["present"] == one.prediction.present(pipeline.card.thresholds)
        assert (face["face"], face["number"]) == ("found", 1)
        assert (received["others"], received["behind"]) == ([], 0)
        assert received["size"] == [640, 480]


def two_faces(picture):
    """Marks a picture, so that the detector finds a second face."""
    two = picture.copy()
    two.paste((255,) * 3, (0, 0, 16, 16))
    return two


def test_several_faces_are_predicted(pipeline, pictures):
    """Each has its box, numbers of its own, and a name that it keeps."""
    sent = [pictures[0], two_faces(pictures[0]), two_faces(pictures[0]), pictures[0]]
    one, *both, alone = answers(live_of(pipeline), list(map(jpeg, sent)))
    for answer in both:
        first, second = answer["faces"]
        assert (first["number"], second["number"]) == (1, 2)
        assert second["box"] == list(OTHER)
        assert first["units"] == pytest.approx(one["faces"][0]["units"], abs=0.02)
        assert second["units"] != first["units"]
    assert [face["number"] for face in alone["faces"]] == [1]


def test_bad_frames_and_empty_ones_are_reported(pipeline, pictures):
    """A frame that is no JPEG is reported; one without a face has no numbers."""
    flat, huge = Image.new("RGB", (64, 48)), Image.new("RGB", (5000, 8))
    good = jpeg(pictures[0])
    sent = [b"none", good[: len(good) // 2], jpeg(huge), jpeg(flat), good]
    received = answers(live_of(pipeline), sent)
    assert all("frame" in answer["error"] for answer in received[:3])
    assert received[3]["faces"] == []
    assert received[4]["faces"][0]["face"] == "found"


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


def test_only_numbers_are_recorded_and_only_while_asked(pipeline, pictures, tmp_path):
    """A recording has a line a face, of the frames between its orders."""
    path = tmp_path / "a.csv"
    record = Recording(path, pipeline.card)
    flat = jpeg(Image.new("RGB", (64, 48)))
    sent = [jpeg(pictures[0]), "record", jpeg(two_faces(pictures[0])), flat]
    received = answers(live_of(pipeline, record=record), [*sent, "pause", flat])
    assert [(one["recording"], one["recorded"]) for one in received] == [
        (False, 0),
        (True, 2),
        (True, 3),
        (False, 3),
    ]
    assert not record.on
    record.close()
    first, second, without = rows_of(path.read_text())
    assert (first["file"], first["frame"], first["face"]) == ("camera", "2", "found")
    assert [row["face_number"] for row in (first, second, without)] == ["1", "2", ""]
    for row, face in zip((first, second), received[1]["faces"], strict=True):
        assert float(row["AU1"]) == pytest.approx(face["units"]["AU1"], abs=1e-6)
    assert (without["AU1"], without["reason"]) == ("", "no face found: no prediction")
    assert [file.name for file in tmp_path.iterdir()] == ["a.csv"]


def test_a_recording_ends_with_its_page(pipeline, pictures, tmp_path):
    """Who comes later is not recorded; a table without a line is removed."""
    record = Recording(tmp_path / "a.csv", pipeline.card)
    live = live_of(pipeline, record=record)
    answers(live, ["record"])
    (later,) = answers(live, [jpeg(pictures[0])])
    assert (later["recording"], later["recorded"]) == (False, 0)
    record.close()
    assert list(tmp_path.iterdir()) == []


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
        assert numbers["faces"][0]["face"] == "found"
        assert numbers["size"] == [640, 480]
        assert Image.open(io.BytesIO(picture)).size == (640, 480)
