"""Laws of ``models.predict``: a line for each face or failure, whatever the batch."""

import json
import os
import shutil
from contextlib import contextmanager
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from data_pipeline.images.decode import decode
from data_pipeline.labels.labels import DIMENSIONS
from data_pipeline.media.face_crops import FaceCropper
from data_pipeline.media.media import MediaFrame
from data_pipeline.system.workers import usable_cores
from models import predict
from models.inference.predictor import Predictor
from models.inference.sidecar import read_sidecar
from models.inference.stream import predict_faces
from tests.factories.data.faces import astronaut, drawn, drawn_rows
from tests.factories.exported_model import (
    SIZE,
    THRESHOLDS,
    exported,
    is_refused,
    numbers,
    predicted,
    rows_of,
    write_video,
)
from tests.factories.models import EMOTIONS
from tests.factories.runs import contents


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A tiny model that looks for no face."""
    return exported(tmp_path_factory.mktemp("model"), dimensions=DIMENSIONS)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Seven synthetic faces."""
    folder = tmp_path_factory.mktemp("pictures")
    for number, row in enumerate(drawn_rows(7)):
        drawn(row)[0].save(folder / f"{number}.png")
    return folder


def test_numbers_are_the_models_own(model, pictures):
    """Each line has what plain Keras gives for the pixels that training decodes."""
    answer, rows = predicted(model, pictures)
    files = sorted(pictures.iterdir())
    pixels = np.stack([decode(file, size=SIZE, channels=1) for file in files])
    found = keras.saving.load_model(model).predict(pixels, verbose=0)
    assert answer.code == 0
    assert [row["file"] for row in rows] == list(map(str, files))
    assert {(row["face"], row["frame"], row["reason"]) for row in rows} == {
        ("not looked for", "", "")
    }
    for head, names in (
        ("emotion", [f"emotion_{name}" for name in EMOTIONS]),
        ("action_units", list(THRESHOLDS)),
        ("valence_arousal", DIMENSIONS),
    ):
        for column, name in enumerate(names):
            wanted = found[head][:, column]
            np.testing.assert_allclose(numbers(rows, name), wanted, atol=2e-6)
            assert np.ptp(wanted) > 1e-4
    best = [EMOTIONS[at] for at in found["emotion"].argmax(axis=1)]
    assert [row["emotion"] for row in rows] == best


def test_decisions_are_at_the_models_thresholds(model, pictures):
    """A unit is present where its probability reaches the described threshold."""
    _, rows = predicted(model, pictures)
    for unit, threshold in THRESHOLDS.items():
        present = numbers(rows, f"{unit}_present")
        np.testing.assert_array_equal(present, numbers(rows, unit) >= threshold)


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """More images than one batch, some of them broken."""
    folder = tmp_path_factory.mktemp("many")
    for number, row in enumerate(drawn_rows(40)):
        drawn(row)[0].save(folder / f"{number:02d}.png")
        if number % 9 == 4:
            (folder / f"{number:02d} broken.png").write_bytes(b"broken")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("size", [1, 7, 33, 64])
def test_the_batch_changes_no_byte(model, many, size):
    """The table is the same, byte for byte, however many faces are held at once."""
    usual, rows = predicted(model, many)
    other, _ = predicted(model, many, "--batch-size", size)
    assert len(rows) == 44
    assert other.out == usual.out


def test_a_face_alone(model, pictures):
    """A picture gets the numbers that it has among others."""
    _, rows = predicted(model, pictures)
    _, (alone,) = predicted(model, pictures / "5.png")
    for name in (*THRESHOLDS, *DIMENSIONS, "emotion_surprise"):
        assert float(alone[name]) == pytest.approx(float(rows[5][name]), abs=2e-6)


@pytest.mark.slow
def test_faces_in_pictures_and_videos(tmp_path):
    """A video's frames and a picture are cut to the face; failures have their line."""
    path = exported(tmp_path, crop="detect", channels=3)
    place = tmp_path / "in"
    place.mkdir()
    (place / "a.png").write_bytes(b"broken")
    astronaut().resize((256, 256)).save(place / "b.png")
    small = astronaut().resize((256, 256))
    write_video(place / "c.mp4", [small] * 4, codec="mpeg4")
    astronaut().crop((0, 300, 100, 400)).save(place / "d.png")
    table = tmp_path / "faces.csv"
    answer, _ = predicted(path, place, "--to", table, "--every", 2, "--all-faces")
    rows = rows_of(table.read_text())
    assert (answer.code, answer.out) == (0, "")
    said_ = "3 faces, 1 image without a face found, 1 unreadable"
    assert said_ in answer.err
    states = [(row["file"][-5:], row["frame"], row["face"]) for row in rows]
    assert states == [
        ("a.png", "", ""),
        ("b.png", "", "found"),
        ("c.mp4", "0", "found"),
        ("c.mp4", "2", "found"),
        ("d.png", "", "not found"),
    ]
    assert "no image file" in rows[0]["reason"]
    assert rows[0]["AU1"] == rows[0]["x"] == rows[4]["x"] == ""
    assert "the centre square was taken, as in training" in rows[4]["reason"]
    boxes = [[float(row[key]) for key in ("x", "y", "width")] for row in rows[1:4]]
    np.testing.assert_allclose(boxes[1], boxes[0], atol=6)
    assert float(rows[3]["time"]) == 0.2
    np.testing.assert_allclose(numbers(rows[1:4], "AU1").std(), 0, atol=0.05)


def test_files_that_were_read_are_counted(model, pictures, monkeypatch):
    """The bar counts files, each once its picture was read, up to their number."""
    seen, units = [], []

    @contextmanager
    def kept(unit):
        units.append(unit)
        yield lambda *step: seen.append(step)

    monkeypatch.setattr(predict, "stage_bars", kept)
    assert predicted(model, pictures)[0].code == 0
    assert units == ["files"]
    assert [done for _, done, _ in seen] == pytest.approx([1, 2, 3, 4, 5, 6, 7])
    assert {(stage, total) for stage, _, total in seen} == {("predicting", 7)}


def test_the_closing_line_counts_all(model, pictures, tmp_path):
    """The last line counts what was predicted and skipped, and unused options."""
    place = tmp_path / "in"
    shutil.copytree(pictures, place)
    (place / "a.txt").write_text("no picture")
    (place / "b.heic").write_bytes(b"no picture")
    (place / "linked").symlink_to(pictures)
    answer, rows = predicted(model, place, "--all-faces")
    assert answer.code == 0
    assert len(rows) == 8
    closing, note = answer.err.splitlines()
    assert closing == (
        "7 centre squares (this model detects no faces), 1 unreadable, "
        "1 file of other kinds skipped, 1 symlinked folder skipped: printed; "
        "nothing else was stored"
    )
    assert note == ("note: --all-faces has no effect: this model detects no faces")


def test_json_lines_have_the_tables_numbers(model, pictures, tmp_path):
    """Each object has the numbers of its row, by the file's ending or --format."""
    _, rows = predicted(model, pictures)
    path = tmp_path / "faces.jsonl"
    assert predicted(model, pictures, "--to", path)[0].code == 0
    printed, _ = predicted(model, pictures, "--format", "jsonl")
    assert printed.out == path.read_text()
    objects = [json.loads(line) for line in path.read_text().splitlines()]
    for found, row in zip(objects, rows, strict=True):
        assert (found["file"], found["face"]) == (row["file"], row["face"])
        assert found["emotion"] == row["emotion"]
        for unit in THRESHOLDS:
            assert found["action_units"][unit] == {
                "probability": float(row[unit]),
                "present": row[f"{unit}_present"] == "1",
            }
        for name in DIMENSIONS:
            assert found[name] == float(row[name])
        assert found["reason"] is None
    wrong, _ = predicted(
        model, pictures, "--format", "csv", "--to", tmp_path / "b.jsonl"
    )
    assert is_refused(wrong, "ends in .jsonl, but --format is csv")


def test_pictures_are_drawn_on_request(model, pictures, tmp_path):
    """One for each image, as large as it; the table stays as it is."""
    plain, _ = predicted(model, pictures)
    answer, _ = predicted(model, pictures, "--draw", tmp_path / "drawn")
    assert answer.out == plain.out
    assert f"pictures: {tmp_path / 'drawn'}" in answer.err
    made = sorted((tmp_path / "drawn").iterdir())
    assert len(made) == len(list(pictures.iterdir()))
    with Image.open(made[0]) as picture, Image.open(pictures / "0.png") as source:
        assert picture.size == source.size
    again, _ = predicted(model, pictures, "--draw", tmp_path / "drawn")
    assert is_refused(again, "--draw", "new or an empty folder")


def test_nothing_readable_is_a_failure(model, tmp_path):
    """Where not one picture can be read the lines are written and the code is 1."""
    (tmp_path / "a.png").write_bytes(b"broken")
    answer, rows = predicted(model, tmp_path)
    assert answer.code == 1
    assert len(rows) == 1
    assert "1 unreadable" in answer.err


def test_names_that_are_no_text_are_spelt_out(model, pictures, tmp_path):
    """A file whose name is no UTF-8 is predicted, and its bytes are escaped."""
    whole = (pictures / "0.png").read_bytes()
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.png")).write_bytes(whole)
    except OSError:
        pytest.skip("this file system takes text alone")
    answer, _ = predicted(model, tmp_path, "--to", tmp_path / "a.csv")
    assert answer.code == 0
    (row,) = rows_of((tmp_path / "a.csv").read_text())
    assert row["file"].endswith(r"\xff.png")


def test_few_pictures_are_held(model):
    """However long a video, only a few frames are read ahead of their lines."""
    read = written = ahead = 0
    batch = 4

    def endless():
        nonlocal read
        picture = drawn(drawn_rows(1)[0])[0].resize((40, 40))
        for _ in range(300):
            read += 1
            yield MediaFrame(file=model, image=picture)

    card = read_sidecar(model)
    face_cropper = FaceCropper(card.input.crop, size=SIZE, channels=1)
    inference = Predictor(model, cpus=1, at_once=batch)
    for one in predict_faces(endless(), face_cropper, inference, card):
        written += 1
        ahead = max(ahead, read - written)
        assert one.frame.image is None
    assert written == 300
    assert ahead <= 2 * usable_cores() + batch + 1


def test_wrong_paths(model, tmp_path):
    """Missing paths, and an existing table, are refused before any work."""
    table = tmp_path / "a.csv"
    table.write_text("mine")
    gone = tmp_path / "gone.png"
    assert is_refused(predicted(model, gone)[0], "no such file", "gone.png")
    nothing, _ = predicted(model, "")
    assert (nothing.code, nothing.out) == (2, "")
    assert "PATH: must name a file or a folder, found ''" in nothing.err
    assert is_refused(predicted(gone, model)[0], "no such model", "gone.png")
    assert is_refused(predicted(tmp_path, table)[0], "no such model", "model.keras")
    assert is_refused(predicted(model, tmp_path)[0], "no image or video")
    answer, _ = predicted(model, table, "--to", table)
    assert is_refused(answer, "the file exists", "remove it")
    answer, _ = predicted(model, table, "--to", gone / "b.csv")
    assert is_refused(answer, "does not exist; create it")
    assert contents(tmp_path) == {"a.csv": b"mine"}


def test_the_name_of_a_run_is_understood(model, tmp_path, monkeypatch):
    """A run's name in place of its model file is answered with the file."""
    for run in ("tiny-synthetic", "other"):
        (tmp_path / "runs" / run).mkdir(parents=True)
    shutil.copy(model, tmp_path / "runs/tiny-synthetic")
    monkeypatch.chdir(tmp_path)
    meant = "did you mean runs/tiny-synthetic/model.keras?"
    for name in ("tiny", "tiny-synthetic"):
        assert is_refused(predicted(name, tmp_path)[0], "no such model", meant)
    assert "did you mean" not in predicted("other", tmp_path)[0].err
