"""``search.export`` of models: each format of a run, checked on its images."""

import json
import shutil

import pytest

from models.inference.sidecar import read_sidecar
from search import export
from search.api import StudyRun
from search.final.sidecar import MODEL
from tests.factories.exported_model import is_refused, predicted
from tests.factories.formats.run_with_model import write_run
from tests.factories.runs import contents, run_main


@pytest.fixture(scope="module")
def folder(tmp_path_factory, coursework):
    """A run's folder with a model; tests add files to it and change none."""
    return write_run(tmp_path_factory.mktemp("runs"), coursework)


def exported(folder, *words):
    """Runs the command on the tiny run."""
    words = ("--study", "tiny", "--out", str(folder.out), *map(str, words))
    return run_main(export.main, *words)


@pytest.mark.slow
def test_a_model_is_checked_on_development_images(folder, coursework, tmp_path):
    """The images are those of the search, and the file predicts faces by itself."""
    to = tmp_path / "mine.onnx"
    answer = exported(folder, "--to", to, "--data", coursework)
    assert (answer.code, answer.err) == (0, "")
    assert f"trial 1 of tiny: {to} (" in answer.out
    assert " development images: " in answer.out
    sidecar = json.loads(to.with_suffix(".json").read_text())
    assert sidecar["conversion"]["of"] == "development images"
    assert read_sidecar(to).study == "tiny"
    image = next(coursework.rglob("*.png"))
    rows = [predicted(path, image)[1][0] for path in (folder.file(MODEL), to)]
    for name in ("emotion_positive", "AU12"):
        assert float(rows[0][name]) == pytest.approx(float(rows[1][name]), abs=1e-5)


@pytest.mark.slow
def test_eight_bits_tell_what_they_lose(folder, coursework):
    """The loss is that of the study's metrics, on development images."""
    answer = exported(folder, "--format", "litert-int8", "--data", coursework)
    assert (answer.code, answer.err) == (0, "")
    path = folder.path / "litert-int8" / "model.tflite"
    scores = json.loads(path.with_suffix(".json").read_text())["conversion"]["scores"]
    assert set(scores) == {*("emotion.macro_f1", "action_units.mean_auc", "objective")}
    for name, (before, after) in scores.items():
        assert f"  {name}: {before:.4f} -> {after:.4f} (" in answer.out
    assert "only the differences count" in answer.out


def test_faces_are_drawn_where_there_are_no_data(folder, tmp_path, monkeypatch):
    """The model is checked all the same, and the command says so."""
    monkeypatch.chdir(tmp_path)
    answer = exported(folder, "--to", "copy.keras")
    assert (answer.code, answer.err) == (0, "")
    assert "no development images: no synthetic faces at" in answer.out
    assert " drawn faces: 0.0e+00" in answer.out
    assert (tmp_path / "copy.keras").read_bytes() == folder.file(MODEL).read_bytes()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["--format", "onnx", "--to", "c.toml"], ["ends in .onnx", "--to c.onnx"]),
        (["--to", "c.h5"], ["found .h5", ".tflite", "--format"]),
        (["--format", "toml"], ["--to FILE.toml"]),
        (["--format", "keras", "--trial", "7"], ["--trial 7", "trial 1", "toml"]),
        (["--format", "keras", "--data", "none"], ["none"]),
    ],
)
def test_what_cannot_be_written(folder, tmp_path, monkeypatch, words, found):
    """Wrong input is refused in one message with the way out; nothing is written."""
    monkeypatch.chdir(tmp_path)
    before = contents(folder.path)
    assert is_refused(exported(folder, *words), *found)
    assert contents(folder.path) == before
    assert contents(tmp_path) == {}


def test_other_data_are_no_development_images(folder, coursework, tmp_path):
    """Data with other labels than those of the search are refused if named."""
    data = tmp_path / "data"
    shutil.copytree(coursework, data)
    labels = data / "data_labels.csv"
    labels.write_text(labels.read_text().replace("positive", "negative", 1))
    words = ("--format", "keras", "--data", data)
    assert is_refused(exported(folder, *words), "other labels or another hold-out")


def test_a_changed_model_is_not_exported(folder, tmp_path):
    """A run whose model and sidecar do not agree has no model to export."""
    copy = tmp_path / folder.name
    shutil.copytree(folder.path, copy)
    (copy / MODEL).write_bytes(b"another")
    words = ("--study", "tiny", "--out", str(tmp_path), "--format", "keras")
    answer = run_main(export.main, *words)
    assert (answer.code, answer.out) == (1, "")
    assert "there is no model" in answer.err


def test_from_python_it_is_the_same(folder, tmp_path, monkeypatch):
    """``StudyRun.export`` takes a format, and returns the model's trial."""
    monkeypatch.chdir(tmp_path)
    run = StudyRun.find("tiny", out=folder.out)
    assert run.export(tmp_path / "copy.keras") == 1
    assert (tmp_path / "copy.json").is_file()
