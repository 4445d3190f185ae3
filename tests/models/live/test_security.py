"""The live view's border: who may send requests, and what the page must state."""

from pathlib import Path

import pytest
from aiohttp import WSServerHandshakeError

from models.inference.sidecar import read_sidecar
from models.live.page_info import (
    MOVE_INTO_SQUARE,
    NO_DETECTION,
    NOT_FOR,
    SYNTHETIC,
    page_info,
)
from models.live.security import HERE
from tests.factories.exported_model import exported
from tests.fakes.live_server import exact_pipeline, live_of, talk


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory):
    """A tiny model with what cuts faces for it."""
    return exact_pipeline(tmp_path_factory.mktemp("model"))


def test_pages_of_this_computer_alone(pipeline):
    """Another Host or Origin is refused, and a socket without an Origin too."""
    wrong = [
        {"Host": "evil.example"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
    ]

    async def status_of(session, address):
        codes = []
        for path in ("/", "/page_info.json", "/frames"):
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

    codes, allowed, headers = talk(live_of(pipeline), status_of)
    assert set(codes) == {403}
    assert allowed == 200
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["Cache-Control"] == "no-store"


def test_the_page_has_its_notices(pipeline):
    """Origin of the model, synthetic faces, forbidden uses and storage are shown."""

    async def status_of(session, address):
        async with session.get(f"{address}/page_info.json") as answer:
            return await answer.json()

    message = talk(live_of(pipeline), status_of)
    assert message["trained"] == "Study tiny, trained on ckplus, synthetic faces"
    assert message["warning"] == SYNTHETIC
    assert NOT_FOR in message["notes"]
    assert "Numbers are not stored" in message["stored"]
    assert message["thresholds"] == {"AU1": 0.5, "AU12": 0.45}


def test_a_video_has_no_instruction(tmp_path):
    """Without detection the page states it; only camera users get instructions."""
    card = read_sidecar(exported(tmp_path))
    camera, video = (
        page_info(card, source=source, record=None, note="", detects=False)["notes"]
        for source in (None, Path("a.mp4"))
    )
    assert camera[0] == f"{NO_DETECTION} {MOVE_INTO_SQUARE}"
    assert video[0] == NO_DETECTION
