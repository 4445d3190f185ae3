"""Laws of the live view's server: who may ask, what is answered, what is stored."""

import asyncio
import io
from contextlib import asynccontextmanager

import aiohttp
import numpy as np
import pytest
from aiohttp import WSServerHandshakeError, web
from PIL import Image

from data_pipeline.faces import Face
from data_pipeline.portraits import Portraits
from data_pipeline.shots import Shot
from models.description import read_description
from models.inference import Inference
from models.judging import judged
from models.live_app import Live, application
from models.live_facts import DRAWN, NOT_FOR, facts
from models.live_guard import HERE
from models.recording import Recording
from models.viewing import Judge
from tests.strategies_faces import drawn, drawn_rows
from tests.strategies_use import SIZE, exported, rows_of, write_video

FRAMES = 5


class FixedDetector:
    """Finds the drawn face where it is, by its landmarks; nothing in flat pictures."""

    def find(self, picture):
        """Finds the one face."""
        if np.ptp(np.asarray(picture)) < 20:
            return None
        points = np.array([[250, 200], [390, 200], [320, 270], [260, 350], [380, 350]])
        return Face(points=points * 1.0, confidence=0.9, box=(200.0, 100.0, 240, 300))

    def find_all(self, picture):
        """Finds all there are."""
        return tuple(filter(None, [self.find(picture)]))


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A tiny model that cuts detected faces."""
    return exported(tmp_path_factory.mktemp("model"), crop="detect")


@pytest.fixture(scope="module")
def judge(model):
    """The model, exact and not smoothed, with a detector that takes no time."""
    description = read_description(model)
    return Judge(
        description=description,
        portraits=Portraits(
            description.input.crop, size=SIZE, channels=1, detector=FixedDetector()
        ),
        model=Inference(model, cpus=1, at_once=1),
        smooth=0.0,
        oldest=0.0,
    )


@pytest.fixture(scope="module")
def pictures():
    """Drawn faces as a camera shows them."""
    rows = drawn_rows(FRAMES)
    return [drawn(row)[0].convert("RGB").resize((640, 480)) for row in rows]


def jpeg(picture):
    """Encodes a frame nearly without loss."""
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=98, subsampling=0)
    return file.getvalue()


def live_of(judge, *, source=None, record=None):
    """What is served."""
    told = facts(judge.description, source=source, record=None, note="")
    return Live(judge=judge, source=source, record=record, facts=told)


@asynccontextmanager
async def served(live):
    """Serves on a free port; yields a client and the address."""
    async with aiohttp.ClientSession() as session:
        runner = None
        try:
            listener = await asyncio.get_running_loop().create_server(
                asyncio.Protocol, HERE, 0
            )
            port = listener.sockets[0].getsockname()[1]
            listener.close()
            runner = web.AppRunner(
                application(live, port), access_log=None, shutdown_timeout=1.0
            )
            await runner.setup()
            await web.TCPSite(runner, HERE, port).start()
            yield session, f"http://{HERE}:{port}"
        finally:
            await runner.cleanup()


def talk(live, conversation):
    """Serves, and has a conversation with the server."""

    async def held():
        async with served(live) as (session, address):
            return await conversation(session, address)

    return asyncio.run(held())


def answers(live, messages):
    """Sends frames one after another; returns what is said of each."""

    async def sent(session, address):
        said = []
        async with session.ws_connect(f"{address}/frames", origin=address) as socket:
            for message in messages:
                await socket.send_bytes(message)
                said.append(await socket.receive_json(timeout=60))
        return said

    return talk(live, sent)


def test_pages_of_this_computer_alone(judge):
    """Another Host or Origin is refused, and a socket without an Origin too."""
    wrong = [
        {"Host": "evil.example"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
    ]

    async def asked(session, address):
        codes = []
        for path in ("/", "/facts.json", "/frames"):
            for headers in wrong:
                async with session.get(address + path, headers=headers) as answer:
                    codes.append(answer.status)
        sockets = [None, "http://evil.example", address.replace("http", "https")]
        for origin in sockets:
            with pytest.raises(WSServerHandshakeError, match="403"):
                await session.ws_connect(f"{address}/frames", origin=origin)
        named = {"Host": address.removeprefix("http://").replace(HERE, "localhost")}
        async with session.get(address, headers=named) as answer:
            return codes, answer.status, answer.headers

    codes, allowed, headers = talk(live_of(judge), asked)
    assert set(codes) == {403}
    assert allowed == 200
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["Cache-Control"] == "no-store"


def test_the_page_says_what_it_must(judge):
    """Origin of the model, drawn faces, forbidden uses and storage are told."""

    async def asked(session, address):
        async with session.get(f"{address}/facts.json") as answer:
            return await answer.json()

    told = talk(live_of(judge), asked)
    assert told["trained"] == "Study tiny, trained on ckplus, drawn faces"
    assert told["warning"] == DRAWN
    assert NOT_FOR in told["notes"]
    assert "Numbers are not stored" in told["stored"]
    assert told["thresholds"] == {"AU1": 0.5, "AU12": 0.45}


def test_frames_have_the_numbers_of_predict(judge, pictures):
    """Exact and unsmoothed, the camera's frames get what models.predict writes."""
    sent = [jpeg(picture) for picture in pictures]
    seen = [Shot(file=None, picture=Image.open(io.BytesIO(data))) for data in sent]
    wanted = judged(seen, judge.portraits, judge.model, judge.description)
    for number, (said, one) in enumerate(
        zip(answers(live_of(judge), sent), wanted, strict=True), start=1
    ):
        assert said["number"] == number
        assert said["emotions"] == pytest.approx(one.reading.emotions, abs=1e-6)
        assert said["units"] == pytest.approx(one.reading.units, abs=1e-6)
        assert said["box"] == list(one.portrait.box)
        assert said["present"] == one.reading.present(judge.description.thresholds)
        assert (said["face"], said["behind"], said["size"]) == ("found", 0, [640, 480])


def test_bad_frames_and_empty_ones_are_told(judge, pictures):
    """What is no JPEG is told and the next frame judged; no face gets no numbers."""
    flat, huge = Image.new("RGB", (64, 48)), Image.new("RGB", (5000, 8))
    good = jpeg(pictures[0])
    sent = [b"none", good[: len(good) // 2], jpeg(huge), jpeg(flat), good]
    said = answers(live_of(judge), sent)
    assert all("frame" in answer["error"] for answer in said[:3])
    assert said[3]["face"] is None
    assert "units" not in said[3]
    assert said[4]["face"] == "found"


def test_frames_are_dropped_rather_than_queued(judge, pictures):
    """Of frames that come while one is judged only the newest is judged."""
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

    numbers = talk(live_of(judge), flooded)
    assert numbers[-1] == sent
    assert len(numbers) < sent
    assert numbers == sorted(set(numbers))


def test_only_numbers_are_recorded_and_only_if_asked(judge, pictures, tmp_path):
    """A recording has a line a frame, with the model's own numbers; else no file."""
    path = tmp_path / "a.csv"
    record = Recording(path, judge.description)
    sent = [jpeg(pictures[0]), jpeg(Image.new("RGB", (64, 48)))]
    said = answers(live_of(judge, record=record), sent)
    record.close()
    first, second = rows_of(path.read_text())
    assert (first["file"], first["frame"], first["face"]) == ("camera", "1", "found")
    assert float(first["AU1"]) == pytest.approx(said[0]["units"]["AU1"], abs=1e-6)
    assert (second["AU1"], second["reason"]) == ("", "no face found: not judged")
    assert [file.name for file in tmp_path.iterdir()] == ["a.csv"]


def test_a_video_is_played(judge, pictures, tmp_path):
    """A video's frames come with their pictures, in order, and its end is told."""
    path = write_video(tmp_path / "a.mp4", pictures, rate=5)

    async def watched(session, address):
        said = []
        async with session.ws_connect(f"{address}/frames", origin=address) as socket:
            while True:
                told = await socket.receive_json(timeout=60)
                if told.get("ended"):
                    return said
                said.append((told, await socket.receive_bytes(timeout=60)))

    said = talk(live_of(judge, source=path), watched)
    assert 2 <= len(said) <= FRAMES
    for told, picture in said:
        assert told["face"] == "found"
        assert told["size"] == [640, 480]
        assert Image.open(io.BytesIO(picture)).size == (640, 480)
