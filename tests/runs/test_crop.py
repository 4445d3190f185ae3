"""Runs that crop to the face: counted, described, and tested by the same crop."""

import csv
import io
import json
import shutil

import numpy as np
import pytest
from PIL import Image

from data_pipeline import readers
from data_pipeline.config.data_config import DataConfig
from data_pipeline.development import study_cropper
from data_pipeline.images.crop import cropper_from, make_cropper
from data_pipeline.images.decode_table import decode_all
from data_pipeline.synthetic.write import write_synthetic
from data_pipeline.system.errors import DataError
from models import predict
from tests.factories.runs import STUDY, run_main, searched, write_study

pytestmark = pytest.mark.slow

FER = (
    STUDY.replace('"ckplus"', '"ferplus"\nemotions = "ferplus"\ncrop = "cropped"')
    .replace('["emotion", "action_units"]', '["emotion"]')
    .replace("folds = 2", 'by = "partition"\nfolds = 1')
    .replace('"action_units.mean_auc" = 0.5\n', "")
    .replace("image_size = 32", "image_size = 48")
    .replace("trials = 2", "trials = 1")
)


def run_of(place, root, *words):
    """Runs one trial; returns the run's folder and the output."""
    budget = ("--set", "search.trials=1", "--set", "fixed.training.epochs=1")
    answer = searched(write_study(place), root, place / "runs", *budget, *words)
    assert (answer.code, answer.err) == (0, "")
    return place / "runs" / "tiny-synthetic", answer.out


def read(run, name):
    """Reads one of a run's files."""
    return json.loads((run / name).read_text())


def landmarks_file(root, image):
    """Finds the file of a frame's landmarks."""
    name = image.replace("cohn-kanade-images", "Landmarks")
    return root / name.replace(".png", "_landmarks.txt")


@pytest.fixture(scope="module")
def landmarked(tmp_path_factory, official):
    """A finished run by landmarks, of which a fifth is missing; and its data."""
    place = tmp_path_factory.mktemp("landmarked")
    root = shutil.copytree(official, place / "official")
    for image in readers.read(root, "ckplus").frame["image"][::5]:
        landmarks_file(root, image).unlink()
    return (*run_of(place, root, "--set", 'data.crop="landmarks"'), root)


def test_every_row_is_scored_and_missing_landmarks_are_counted(landmarked):
    """Images without landmarks are kept; start, description and report count them."""
    run, out, root = landmarked
    table = readers.read(root, "ckplus")
    held = set((run / "hold_out_subjects.txt").read_text().split())
    counts = {"development": 0, "hold_out": 0}
    for subject, image in table.frame[["subject", "image"]].itertuples(index=False):
        if not landmarks_file(root, image).exists():
            counts["hold_out" if subject in held else "development"] += 1
    report = read(run, "holdout.json")
    assert min(counts.values()) > 0
    assert report["without_face"] == counts
    assert report["images"] == int(table.frame["subject"].isin(held).sum())
    assert read(run, "model.json")["data"]["without_face"] == counts["development"]
    assert f"No face found: {counts['development']} development images" in out
    assert f"{counts['hold_out']} hold-out images; their centre" in out


def test_the_model_is_tested_by_the_crop_it_describes(landmarked):
    """The description rebuilds the crop whose pixels gave the reported accuracy."""
    import keras  # noqa: PLC0415 - after the run has set its environment

    run, _, root = landmarked
    described = read(run, "model.json")
    table = readers.read(root, "ckplus")
    held = (run / "hold_out_subjects.txt").read_text().split()
    rows = table.take(np.flatnonzero(table.frame["subject"].isin(held)))
    made = cropper_from(described["input"]["crop"])
    pixels = decode_all(rows, size=32, cropper=made)
    assert (pixels != decode_all(rows, size=32)).mean() > 0.5
    model = keras.saving.load_model(run / "model.keras", compile=False)
    found = model.predict_on_batch(pixels)["emotion"].argmax(axis=1)
    wanted = rows.frame["high_level_emotion"]
    labelled = wanted.notna().to_numpy()
    labels = [described["emotions"].index(value) for value in wanted[labelled]]
    accuracy = read(run, "holdout.json")["emotion"]["metrics"]["accuracy"]["value"]
    assert (found[labelled] == labels).mean() == pytest.approx(accuracy)


def test_a_run_by_detection(tmp_path, coursework):
    """A search with crop = "detect" finds the faces and describes the detector."""
    run, out = run_of(tmp_path, coursework, "--set", 'data.crop="detect"')
    crop = read(run, "model.json")["input"]["crop"]
    counts = read(run, "holdout.json")["without_face"]
    assert crop == make_cropper("detect").describe()
    assert crop["detector"]["name"] == "mtcnn"
    assert sum(counts.values()) <= 3
    every = "A face was found in every image" in out
    assert every == (counts["development"] == 0)


def test_landmarks_that_the_data_lack_are_refused(coursework):
    """Data without landmarks are refused with the data sets that have them."""
    data = DataConfig(
        dataset="ckplus", targets=["emotion"], image_size=32, crop="landmarks"
    )
    with pytest.raises(DataError, match=r"unpack Landmarks\.zip.*crop = .detect"):
        study_cropper(data, readers.read(coursework, "ckplus"))


def predicted(model, *pictures, crop="trained"):
    """Predicts pictures; returns the rows of the table."""
    words = ("--model", str(model), "--crop", crop, *map(str, pictures))
    answer = run_main(predict.main, *words)
    assert answer.code == 0
    return list(csv.DictReader(io.StringIO(answer.out))), answer.err


def test_a_model_of_pictures_that_are_faces_finds_faces(tmp_path):
    """A face in a corner gets the numbers that its own picture gets."""
    tree, runs = tmp_path / "tree", tmp_path / "runs"
    write_synthetic(tree, layout="ferplus", subjects=20, seed=4)
    answer = searched(write_study(tmp_path, "fer", FER), tree, runs)
    assert (answer.code, answer.err) == (0, "")
    model = runs / "fer-synthetic" / "model.keras"
    faces = read(model.parent, "model.json")["input"]["crop"]["faces"]
    assert faces["found"] > faces["looked"] / 2
    assert 0 < faces["spread"] < 0.1
    assert "without_face" not in read(model.parent, "holdout.json")

    small = next(tree.rglob("*.png"))
    with Image.open(small) as picture:
        large = picture.convert("L").resize((240, 240), Image.Resampling.BICUBIC)
    corner = Image.new("L", (800, 600), int(np.asarray(large).mean()))
    corner.paste(large, (540, 340))
    corner.save(tmp_path / "corner.png")
    large.save(tmp_path / "own.png")
    (far, near), note = predicted(model, tmp_path / "corner.png", tmp_path / "own.png")
    assert far["face"] == near["face"] == "found"
    assert f"{faces['found']} of {faces['looked']}" in note
    emotions = [name for name in far if name.startswith("emotion_")]
    assert emotions
    (centre,), _ = predicted(model, tmp_path / "corner.png", crop="none")
    for name in emotions:
        assert float(far[name]) == pytest.approx(float(near[name]), abs=0.05)
    assert centre["face"] == "not looked for"
