"""FFmpeg reads the named file and opens no other."""

import socket
import threading
from contextlib import contextmanager

import pytest
from PIL import Image

from data_pipeline.media.media import read_media
from tests.factories.exported_model import write_video

HERE = "127.0.0.1"


@contextmanager
def listening():
    """Listens, and records connections."""
    came = []
    with socket.create_server((HERE, 0)) as server:
        server.settimeout(0.05)
        done = threading.Event()

        def wait():
            while not done.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                came.append(connection.recv(100))
                connection.close()

        thread = threading.Thread(target=wait)
        thread.start()
        try:
            yield server.getsockname()[1], came
        finally:
            done.set()
            thread.join()


def film(path):
    """Writes a video of two frames."""
    return write_video(path, [Image.new("RGB", (64, 48), (90,) * 3)] * 2)


def reasons(path):
    """Reads a video; returns why it cannot be read."""
    return [frame.reason for frame in read_media([path], mode="L")]


@pytest.mark.parametrize("scheme", ["http", "tcp", "https", "rtmp"])
def test_a_name_is_no_address(tmp_path, monkeypatch, scheme):
    """A folder named like a URL is a folder, and its files are read."""
    with listening() as (port, came):
        place = tmp_path / f"{scheme}:" / f"{HERE}:{port}"
        place.mkdir(parents=True)
        film(place / "a.mp4")
        monkeypatch.chdir(tmp_path)
        relative = place.relative_to(tmp_path) / "a.mp4"
        assert reasons(relative) == ["", ""]
        (reason,) = reasons(relative.with_name("gone.mp4"))
        assert "No such file" in reason
    assert came == []


PLAYLISTS = {
    "ffconcat": "ffconcat version 1.0\nfile '{target}'\n",
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{target}\n#EXT-X-ENDLIST\n",
    "sdp": "v=0\no=- 0 0 IN IP4 {host}\ns=x\nc=IN IP4 {host}\nt=0 0\n"
    "m=video {port} RTP/AVP 96\na=rtpmap:96 H264/90000\n",
    "dash": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011">'
    "<BaseURL>{target}</BaseURL></MPD>",
    "mp4 reference": "rtsp://{host}:{port}/x",
}


@pytest.mark.parametrize("kind", PLAYLISTS)
@pytest.mark.parametrize("ending", ["mp4", "mkv", "avi", "mpeg"])
def test_a_playlist_opens_nothing(tmp_path, kind, ending):
    """Playlists, local or remote, are no videos; nothing is requested."""
    film(tmp_path / "other.mp4")
    with listening() as (port, came):
        targets = (str(tmp_path / "other.mp4"), f"http://{HERE}:{port}/a.ts")
        for target in targets:
            text = PLAYLISTS[kind].format(target=target, host=HERE, port=port)
            path = tmp_path / f"list.{ending}"
            path.write_text(text)
            (reason,) = reasons(path)
            assert "cannot be decoded after 0 frames" in reason
    assert came == []


@pytest.mark.parametrize("name", ["-i.mp4", "a:b.mp4", "%03d.mp4", "a #?.mp4", "é.mp4"])
def test_odd_names(tmp_path, monkeypatch, name):
    """Names that mean something to FFmpeg's command line or formats are names."""
    film(tmp_path / "a.mp4").rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert reasons((tmp_path / name).relative_to(tmp_path)) == ["", ""]
