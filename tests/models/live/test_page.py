"""The live page in a real browser, whose camera shows synthetic faces from a file."""

import importlib.util
import json
import re
import signal
import socket

import numpy as np
import pytest
from PIL import Image

from data_pipeline.images.detector import Detector
from data_pipeline.images.face_template import LEAST_FACES, FaceTemplate
from data_pipeline.labels.labels import DIMENSIONS
from models.live.__main__ import main
from tests.factories.data.faces import drawn, drawn_rows
from tests.factories.exported_model import (
    SIZE,
    exported,
    numbers,
    predicted,
    rows_of,
    write_video,
)
from tests.factories.formats.converted import converted
from tests.factories.models import EMOTIONS, UNITS
from tests.factories.processes.browser import PATIENCE, browser
from tests.factories.runs import contents, ended, run_main

pytestmark = pytest.mark.slow
FRAMES = 8
TEXT = "document.getElementById('{}').textContent"
CLICK = "document.getElementById('start').click()"
RECORD = "document.getElementById('record').click()"
VALUES = """[...document.querySelectorAll('#{} [role=meter]')].map(
    (meter) => Number(meter.getAttribute('aria-valuenow')))"""
STROKES = """globalThis.lines = new Set();
    const stroke = CanvasRenderingContext2D.prototype.strokeRect;
    CanvasRenderingContext2D.prototype.strokeRect = function (...edges) {
        globalThis.lines.add(this.lineWidth); stroke.apply(this, edges) }"""
BOXES = """globalThis.boxes = [];
    const stroke = CanvasRenderingContext2D.prototype.strokeRect;
    CanvasRenderingContext2D.prototype.strokeRect = function (...edges) {
        globalThis.boxes.push(edges); stroke.apply(this, edges) }"""
REACHES = """Math.max(...globalThis.boxes.map((box) => box[0])) -
    Math.min(...globalThis.boxes.map((box) => box[0])) > 300"""
UNNAMED = """[...document.querySelectorAll('[role=meter], button, canvas')].filter(
    (e) => !(e.getAttribute('aria-label') || e.textContent)).length"""
PRESSED = """[...document.querySelectorAll('#faces button')].map(
    (button) => button.ariaPressed)"""
CLICK_LEFT = """(() => { const canvas = document.getElementById('screen');
    const { left, top, width, height } = canvas.getBoundingClientRect();
    canvas.dispatchEvent(new MouseEvent('click', { bubbles: true,
        clientX: left + width / 4, clientY: top + height / 2 })) })()"""
OVERFLOWS = "document.documentElement.scrollWidth > innerWidth"
REFUSED = """navigator.mediaDevices.getUserMedia =
    () => Promise.reject(new DOMException('no', 'NotAllowedError'))"""


@pytest.fixture(scope="module")
def pictures():
    """Synthetic faces as a camera shows them."""
    rows = drawn_rows(FRAMES)
    return [drawn(row)[0].convert("RGB").resize((640, 480)) for row in rows]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a model that looks for faces and one that does not."""
    folder = tmp_path_factory.mktemp("live")
    for crop in ("detect", "none"):
        (folder / crop).mkdir()
        ratings = DIMENSIONS if crop == "detect" else ()
        exported(folder / crop, crop=crop, intensities=("AU12",), dimensions=ratings)
    return folder


@pytest.fixture
def page(start, tmp_path):
    """Starts the command and a browser on its page; gives both."""
    opened = []

    def begin(*words, camera=None):
        command = start("models.live", "--port", "0", *words)
        line = command.stdout.readline()
        assert line.startswith("open http://127.0.0.1:"), command.communicate()
        profile = browser(tmp_path, camera=camera)
        opened.append(profile)
        shown = profile.__enter__()
        shown.open(re.search(r"http://\S+", line).group() + "/")
        shown.wait("document.querySelectorAll('[role=meter]').length")
        return command, shown

    yield begin
    for profile in opened:
        profile.__exit__(None, None, None)


def stopped(command):
    """Interrupts the command as Ctrl-C does; returns its answer."""
    command.send_signal(signal.SIGINT)
    return ended(command, timeout=60)


def refuse_once(shown):
    """Refuses the camera as a user may, checks the message, reloads the page."""
    shown.run(REFUSED)
    shown.run(CLICK)
    shown.wait(TEXT.format("status") + ".includes('not allowed to use the camera')")
    shown.ask("Page.reload")
    shown.wait("document.querySelectorAll('[role=meter]').length")


def test_the_camera_is_judged_and_nothing_stored(place, pictures, page, tmp_path):
    """Faces of the browser's camera are predicted and shown; no file appears."""
    film = place / "camera.mjpeg"
    with film.open("wb") as file:
        for picture in pictures * 3:
            picture.save(file, "JPEG")
    before = contents(place)
    command, shown = page("--model", place / "detect", camera=film)
    assert "SYNTHETIC" in shown.run(TEXT.format("warning"))
    assert "Article 5(1)(f)" in shown.run(TEXT.format("notes"))
    assert "not stored" in shown.run(TEXT.format("stored"))
    assert shown.run(TEXT.format("curtain")) == "The camera is off."
    refuse_once(shown)
    shown.run(CLICK)
    shown.wait(TEXT.format("status") + " === 'Face found'")
    shown.wait(f"Number({TEXT.format('rate')}) > 0")
    assert sum(shown.run(VALUES.format("emotions"))) == pytest.approx(1, abs=0.02)
    assert_bars(shown)
    assert "ms" in shown.run(TEXT.format("behind"))
    assert shown.run(UNNAMED) == 0
    for width in (320, 1200):
        shown.shot(tmp_path / "seen.png", width=width, height=800)
        assert not shown.run(OVERFLOWS)
    shown.run(CLICK)
    assert shown.run(TEXT.format("status")) == "The camera is off."
    assert set(shown.run(VALUES.format("emotions"))) == {0}
    shown.run(CLICK)
    shown.wait(f"Number({TEXT.format('rate')}) > 0")
    answer = stopped(command)
    shown.wait(TEXT.format("status") + ".includes('connection is lost')")
    assert (answer.code, answer.err) == (0, "")
    assert "not stored" in answer.out
    assert contents(place) == before


def assert_bars(shown):
    """Checks that two units have bars, and the one intensity a bar up to 5."""
    assert len(shown.run(VALUES.format("units"))) == 2
    (level,) = shown.run(VALUES.format("intensities"))
    assert 0 < level <= 5
    most = "document.querySelector('#intensities [role=meter]').ariaValueMax"
    assert shown.run(most) == "5"
    text = "document.querySelector('#intensities .value').textContent"
    assert float(shown.run(text)) == pytest.approx(level, abs=0.06)


PLACES = ((20, 20), (220, 140), (420, 260))
"""Upper left corners of a face that moves, in the camera's picture."""
FACE = 200
RESAMPLED = 0.07
"""Most that a number changes when a face is turned to video and JPEG, and cut again."""


def write_moving_face(folder, shot):
    """Writes a film of a face that moves, and a model of faces that are cut already.

    Returns the film, the model, the face's box in its own picture, and its numbers;
    those of a frame's middle must be others.
    """
    detector = Detector()
    x, y, width, height = detector.detect(shot).box
    edge = 1.3 * max(width, height)
    left, top = x + width / 2 - edge / 2, y + height / 2 - edge / 2
    corners = tuple(map(int, (left, top, left + edge, top + edge)))
    face = shot.crop(corners).resize((FACE, FACE))
    with (folder / "moving.mjpeg").open("wb") as film:
        for place in PLACES:
            tiles = np.indices((480, 640)).sum(axis=0) // 40 % 2 * 255
            frame = Image.fromarray(tiles.astype(np.uint8))
            frame.paste(face, place)
            for _ in range(30):
                frame.convert("RGB").save(film, "JPEG", quality=90)
    seen = detector.detect(face)
    model = exported(folder, crop="cropped", size=48)
    card = json.loads(model.with_suffix(".json").read_text())
    template = FaceTemplate(
        points=tuple(map(tuple, (seen.points / FACE).tolist())),
        spread=0.0,
        found=LEAST_FACES,
        looked=LEAST_FACES,
    )
    card["input"]["crop"]["faces"] = template.describe()
    model.with_suffix(".json").write_text(json.dumps(card))
    pictures = [folder / "own.png", folder / "middle.png"]
    for path, picture in zip(pictures, (face, frame), strict=True):
        picture.save(path)
    _, (own, middle) = predicted(model, *pictures, "--crop", "none")
    assert max(abs(values(own) - values(middle))) > 2 * RESAMPLED
    return folder / "moving.mjpeg", model, seen.box, values(own)


def values(row):
    """Takes the probabilities of a line."""
    names = (*(f"emotion_{emotion}" for emotion in EMOTIONS), *UNITS)
    return np.array([float(row[name]) for name in names])


def test_a_model_of_cut_faces_follows_a_face(pictures, page, tmp_path):
    """The box of a model of cut faces moves with a face, whose numbers are its own."""
    place = tmp_path / "moving"
    place.mkdir()
    film, model, box, own = write_moving_face(place, pictures[6].convert("L"))
    table = tmp_path / "seen.csv"
    words = ("--model", model, "--exact", "--smooth", "0", "--record", table)
    command, shown = page(*words, camera=film)
    shown.run(BOXES)
    shown.run(CLICK)
    shown.wait("!document.getElementById('record').disabled")
    shown.run(RECORD)
    shown.wait(REACHES, patience=3 * PATIENCE)
    drawn_at = {box[0] for box in shown.run("globalThis.boxes")}
    assert stopped(command).code == 0
    rows = [row for row in rows_of(table.read_text()) if row["face"] == "found"]
    for row in rows:
        at = [float(row[edge]) for edge in ("x", "y")]
        near = (np.add(corner, box[:2]) - at for corner in PLACES)
        assert min(np.abs(away).max() for away in near) < FACE / 10
        assert values(row) == pytest.approx(own, abs=RESAMPLED)
    recorded = [float(row["x"]) for row in rows]
    assert all(min(abs(x - at) for at in recorded) < 1 for x in drawn_at)


@pytest.mark.parametrize("name", ["onnx", "litert"])
def test_other_formats_get_the_cameras_frames(place, pictures, page, tmp_path, name):
    """A model in another format gives a frame the numbers of its Keras model."""
    film, shot, table = (tmp_path / each for each in ("a.mjpeg", "a.png", "a.csv"))
    with film.open("wb") as file:
        for _ in range(30):
            pictures[0].save(file, "JPEG", quality=90)
    pictures[0].save(shot)
    model = place / "none" / "model.keras"
    pixels = np.random.default_rng(1).integers(0, 256, (2, SIZE, SIZE, 1)).astype("u1")
    path, _ = converted(model, name, tmp_path, pixels)
    words = ("--model", path, "--smooth", "0", "--record", table)
    command, shown = page(*words, camera=film)
    shown.run(CLICK)
    shown.wait("!document.getElementById('record').disabled")
    shown.run(RECORD)
    shown.wait(TEXT.format("record") + ".match(/[1-9]\\d* lines\\)/)")
    answer = stopped(command)
    assert (answer.code, answer.err) == (0, "")
    _, (own,) = predicted(model, shot)
    for row in rows_of(table.read_text()):
        assert values(row) == pytest.approx(values(own), abs=RESAMPLED)


def test_all_faces_have_a_frame_and_numbers(place, pictures, page, tmp_path):
    """The numbers are those of the face that was chosen, by a button or a click."""
    beside = Image.new("RGB", (1280, 480))
    beside.paste(pictures[0], (0, 0))
    beside.paste(pictures[-1].resize((480, 360)), (720, 60))
    film = write_video(tmp_path / "a.mp4", [beside] * 400, rate=5)
    words = ("--model", place / "detect", "--source", film)
    _, shown = page(*words)
    shown.run(STROKES)
    shown.run(CLICK)
    shown.wait(
        TEXT.format("status")
        + ".startsWith('2 faces found: the numbers are those of face 1')"
    )
    # Each frame is a dark line and a bright one; the others' lines are thinner.
    shown.wait("globalThis.lines.size === 4")
    assert not shown.run("document.getElementById('plane').hidden")
    assert "Valence" in shown.run("document.getElementById('plane').ariaLabel")
    shown.run("document.querySelector('#faces [data-number=\"2\"]').click()")
    shown.wait(TEXT.format("status") + ".endsWith('numbers are those of face 2')")
    assert shown.run(PRESSED) == ["false", "true"]
    shown.run(CLICK_LEFT)
    shown.wait(TEXT.format("status") + ".endsWith('numbers are those of face 1')")
    for width in (390, 1100):
        shown.shot(tmp_path / f"two{width}.png", width=width, height=760)
        assert not shown.run(OVERFLOWS)


def test_a_video_is_shown_and_recorded_on_request(place, pictures, page, tmp_path):
    """A video is played to its end; from a click on, the shown numbers are kept."""
    film, table = tmp_path / "a.mp4", tmp_path / "a.csv"
    write_video(film, pictures * 3, rate=8)
    words = ("--model", place / "none", "--source", film, "--record", table)
    command, shown = page(*words)
    notes = shown.run(TEXT.format("notes"))
    assert "No face is looked for: the model predicts what is in the square" in notes
    assert "Move your face" not in notes
    stored = shown.run(TEXT.format("stored"))
    assert (
        f"only while you record, a line for each face and frame, in {table}" in stored
    )
    shown.run(CLICK)
    shown.wait("!document.getElementById('record').disabled")
    shown.run(RECORD)
    shown.wait("document.getElementById('record').ariaPressed === 'true'")
    shown.wait(TEXT.format("status") + " === 'The video has ended.'")
    assert stopped(command).code == 0
    rows = rows_of(table.read_text())
    assert 2 <= len(rows) <= 3 * FRAMES
    assert {row["file"] for row in rows} == {str(film)}
    assert (numbers(rows, "AU12_intensity") > 0).all()
    total = sum(numbers(rows, f"emotion_{name}") for name in EMOTIONS)
    assert total == pytest.approx(1, abs=1e-5)


def test_wrong_words(place, pictures, tmp_path):
    """A port in use, an existing table and a wrong video are refused at the start."""
    table, picture = tmp_path / "a.csv", tmp_path / "a.png"
    table.write_text("mine")
    pictures[0].save(picture)
    (tmp_path / "films").mkdir()
    film = write_video(tmp_path / "films/a.mp4", pictures)
    (tmp_path / "cut.mp4").write_bytes(film.read_bytes()[:500])
    options = ("--model", str(place / "none"))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        answer = run_main(main, *options, "--port", port)
    assert (answer.code, answer.out) == (2, "")
    assert f"--port {port} cannot be used" in answer.err
    assert "0 for any" in answer.err
    for words, found in (
        (("--record", str(table)), "the file exists and is not overwritten"),
        (("--source", str(picture)), "camera, or a video file"),
        (("--source", str(film.parent)), "camera, or a video file"),
        (("--source", str(tmp_path / "cut.mp4")), "cannot be decoded after 0 frames"),
        (("--source", str(tmp_path / "b.mp4")), "no such file"),
        (("--smooth", "1"), "below 1, found 1"),
        (("--port", "70000"), "0 to 65535"),
        (("--record", ""), "--record: must name a file"),
        (("--source", ""), "--source: must name a file"),
    ):
        answer = run_main(main, *options, "--port", "0", *words)
        assert (answer.code, answer.out) == (2, "")
        assert found in answer.err
    assert table.read_text() == "mine"


def test_a_video_without_its_package(place, pictures, tmp_path, monkeypatch):
    """Where PyAV is missing the ways out are to install it, and the camera."""
    film = write_video(tmp_path / "a.mp4", pictures)
    real = importlib.util.find_spec
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name: None if name == "av" else real(name)
    )
    words = ("--model", place / "none", "--port", "0", "--source", film)
    answer = run_main(main, *map(str, words))
    assert (answer.code, answer.out) == (2, "")
    assert "pip install -e '.[video]', or omit --source" in answer.err
    assert "picture" not in answer.err
