"""A whole run on synthetic data: every promised file and its content."""

import io
import json
import os
import shutil
import subprocess
import sys

import numpy as np
import optuna
import pandas as pd
import pytest
from huggingface_hub import ModelCard

from data_pipeline import readers
from data_pipeline.files.safe_open import sha256
from data_pipeline.images.decode_table import decode_all
from data_pipeline.targets.targets import read_targets
from models import predict
from models.calibration.calibration import Calibration
from models.config.hyperparameters import HYPERPARAMETERS
from models.evaluation.tables import NO_INTERVAL
from models.metrics.predictions import Predictions
from models.metrics.scores import scores
from search.api import StudyRun
from search.final.exported_config import read_exported
from search.inputs.study_data import read_labels
from search.study.study import check_study, read_study
from tests.factories.data.exploration_material import Page
from tests.factories.runs import STUDY, searched, table, write_study

pytestmark = pytest.mark.slow

FILES = {
    *("optuna.db", "study.toml", "hold_out_subjects.txt"),
    *("trials.csv", "trials_full.csv", "run.log"),
    *("best.toml", "model.keras", "model.json", "holdout.json", "results.md"),
    *("model_card.md", "artifacts"),
    *("report.html", "report.json"),
    *("tensorboard", ".driver.lock", ".optuna.db.tiny-synthetic.lock"),
    *("predictions", "selection.json", "holdout_predictions.csv"),
}

LOAD_PLAIN = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"search", "models", "data_pipeline"}:
            raise ImportError(name)

sys.meta_path.insert(0, Refuse())
import io, keras, numpy
model = keras.saving.load_model(sys.argv[1])
found = model.predict_on_batch(numpy.load(io.BytesIO(sys.stdin.buffer.read())))
answer = io.BytesIO()
numpy.savez(answer, **{key: numpy.asarray(found[key]) for key in found})
sys.stdout.buffer.write(answer.getvalue())
"""


def names(folder):
    """Lists a run's files, without those of a database that is still open here."""
    found = {path.name for path in folder.iterdir()}
    return found - {"optuna.db-wal", "optuna.db-shm"}


@pytest.fixture(scope="module")
def finished(tmp_path_factory, coursework):
    """A finished run on the coursework layout: its folder and its output."""
    place = tmp_path_factory.mktemp("finished")
    text = STUDY.replace("[split]", 'demographics = "demographics.csv"\n[split]')
    answer = searched(write_study(place, text=text), coursework, place / "runs")
    assert (answer.code, answer.err) == (0, "")
    return place / "runs" / "tiny-synthetic", answer


@pytest.fixture
def report(finished):
    """The report of the finished run's hold-out."""
    return json.loads((finished[0] / "holdout.json").read_text())


@pytest.fixture
def described(finished):
    """The description beside the finished run's model."""
    return json.loads((finished[0] / "model.json").read_text())


@pytest.fixture
def held_out(finished, coursework):
    """The hold-out's rows, found by the subjects that the run names."""
    subjects = (finished[0] / "hold_out_subjects.txt").read_text().split()
    whole = readers.read(coursework, "ckplus")
    rows = np.flatnonzero(whole.frame["subject"].isin(subjects))
    return whole.take(rows)


def test_every_file_is_there(finished):
    """A run leaves exactly the promised files, and no part of one."""
    folder, _ = finished
    assert names(folder) == FILES


def test_selection_follows_from_the_kept_predictions(finished, coursework, report):
    """Each trial's score is that of its file's rows, and the report has the same."""
    folder, answer = finished
    selection = json.loads((folder / "selection.json").read_text())
    data = read_labels(read_study(str(folder / "study.toml")), coursework,
                       synthetic=True)  # fmt: skip
    rows = np.concatenate([fold.validation for fold in data.split.folds])
    targets = data.scoring_targets.take(rows)
    assert selection["compared"] == selection["completed"] == 2
    values = {}
    for number in (0, 1):
        with np.load(folder / "predictions" / f"trial-{number:04}.npz") as file:
            assert {head.dtype for head in file.values()} == {np.dtype(np.float16)}
            found = scores(targets, Predictions.of(dict(file)))
        values[number] = np.mean(
            [found["emotion.macro_f1"], found["action_units.mean_auc"]]
        )
    for row in selection["tied"]:
        assert row["score"] == pytest.approx(values[row["trial"]])
        assert row["low"] <= row["behind"] <= row["high"]
    corrected = selection["corrected"]
    assert report["selection"]["corrected"] == corrected
    assert report["selection"]["tied"] == len(selection["tied"])
    assert corrected["low"] < corrected["value"] < corrected["high"]
    assert f"corrected for its selection {corrected['value']:.3f}" in answer.out


def test_result_is_printed(finished):
    """A run prints that faces are synthetic, its folder, and how to view it."""
    folder, answer = finished
    assert "SYNTHETIC" in answer.out
    assert f"results: {folder}" in answer.out
    view = f"python -m search.dashboard --study {folder.name} --out {folder.parent}"
    assert view in answer.out
    assert len(list((folder / "artifacts").iterdir())) == 2, "a picture of each"
    assert "[2/2] trial 1: completed" in answer.out


def test_report_has_every_key(report, held_out):
    """The report counts the hold-out; each metric has an interval and a baseline."""
    assert report["guarantee"] == "subject"
    assert report["subjects"] == held_out.frame["subject"].nunique() > 0
    assert (report["images"], report["opened"]) == (len(held_out), 1)
    assert report["synthetic"] is True
    for head in ("emotion", "action_units"):
        assert set(report[head]["metrics"]) == set(report[head]["baseline"])
        for name, found in report[head]["metrics"].items():
            assert set(found) == {"value", "low", "high"}
            if name not in NO_INTERVAL:
                assert found["low"] <= found["value"] <= found["high"]
    assert report["emotion"]["per_class"]
    assert report["emotion"]["confusion"]["labels"]
    assert report["action_units"]["per_au"]


def test_report_has_a_linear_baseline(finished, report):
    """Each metric has that of a linear model, and the difference with its interval."""
    assert "Model minus linear (95 % interval): accuracy" in finished[1].out
    fitted = report["baselines"]["linear_pixels"]
    assert fitted["features"] == 32 * 32
    assert set(fitted["penalties"]) == {"emotion", "action_units"}
    assert set(fitted["thresholds"]) == set(report["action_units"]["per_au"])
    for head in ("emotion", "action_units"):
        (found,) = report[head]["baselines"].values()
        assert set(found) == set(report[head]["metrics"])
        for name, compared in found.items():
            model = report[head]["metrics"][name]["value"]
            assert compared["difference"] == pytest.approx(model - compared["value"])
            if name not in NO_INTERVAL:
                assert compared["low"] <= compared["high"]


def test_the_trial_is_compared_with_the_baseline_on_validation_rows(finished, report):
    """The difference of their values, by the rows of which both are out of fold."""
    fitted = report["baselines"]["linear_pixels"]
    selection = json.loads((finished[0] / "selection.json").read_text())
    tested = {row["trial"]: row["score"] for row in selection["tied"]}
    gain = fitted["gain"]
    found = tested[report["trial"]] - fitted["value"]
    assert gain["difference"] == pytest.approx(found)
    assert gain["low"] < gain["difference"] < gain["high"]
    assert gain["subjects"] == selection["subjects"]
    assert f"validation score {fitted['value']:.3f}, the trial's" in finished[1].out


def test_report_follows_from_its_predictions(finished, report, held_out):
    """Every score is repeated from the table, which has a line for each image."""
    folder, answer = finished
    lines = pd.read_csv(folder / "holdout_predictions.csv")
    assert lines["image"].tolist() == held_out.frame["image"].tolist()
    found = StudyRun.find("tiny", out=folder.parent).rescore()
    assert found.equal
    assert found.compared > 1000
    assert found.parts["emotion"] == report["emotion"]
    assert report["primary"]["metric"] == "emotion.macro_f1"
    assert "Primary: macro F1 of emotion; the others" in answer.out
    assert set(report["search"]["space"]) == {"training.learning_rate", "head.dropout"}
    best = max(float(row["value"]) for row in table(folder))
    assert report["selection"]["value"] == best
    second = report["selection"]["runner_up"]
    assert second["low"] <= second["behind"] <= second["high"]
    people = report["by_subject"]["subjects"]
    assert list(people) == sorted(held_out.frame["subject"].unique())
    assert sum(row["images"] for row in people.values()) == len(held_out)
    counts = report["people"]["hold_out"]
    assert (counts["subjects"], counts["images"]) == (len(people), len(held_out))
    whole = report["split"]["images"]["whole"]["images"]
    assert report["people"]["development"]["images"] == whole - len(held_out)
    (machine,) = report["search"]["machines"]
    assert {"processor", "cores", "threads", "code", "backend"} < machine.keys()
    groups = report["groups"]
    assert (groups["subjects"], groups["missing"]) == (len(people), 0)
    assert set(groups["attributes"]) == {"age"}
    assert groups["attributes"]["age"]["withheld"]


def test_trials_table(finished):
    """The table has a line a trial, a column a setting, and all seconds."""
    rows = table(finished[0])
    first = [
        "number",
        "state",
        "reason",
        "value",
        "enqueued",
        "epochs",
        "model_parameters",
        "model_bytes",
        "latency_ms",
    ]
    seconds = ["sampled", "waited", "built", "traced", "trained", "validated"]
    gap = ["trained_value", "gap", "diagnosis"]
    spent = {*(f"seconds_{name}" for name in seconds), "device_memory"}
    columns = {*first, *HYPERPARAMETERS, *spent, *gap}
    assert set(rows[0]) == columns
    assert [row["number"] for row in rows] == ["0", "1"]
    for row in rows:
        assert (row["state"], row["epochs"]) == ("COMPLETE", "4")
        assert row["backbone.name"] == "residual_cnn"
        assert int(row["model_bytes"]) > 4 * int(row["model_parameters"]) > 0
        assert row["latency_ms"] == ""
        assert float(row["seconds_trained"]) > 0
        behind = float(row["trained_value"]) - float(row["value"])
        assert float(row["gap"]) == pytest.approx(behind, abs=1e-8)
        assert row["diagnosis"] in {"under-fitting", "over-fitting", "balanced"}


def test_database_agrees_with_the_table(finished):
    """The Optuna study has the run's name and the table's trials."""
    folder, _ = finished
    storage = f"sqlite:///{folder / 'optuna.db'}"
    trials = optuna.load_study(study_name="tiny-synthetic", storage=storage).trials
    values = [(str(t.number), t.state.name, str(t.value)) for t in trials]
    rows = table(folder)
    assert values == [(row["number"], row["state"], row["value"]) for row in rows]
    assert all(list(t.intermediate_values) == [1, 2, 3, 4] for t in trials)


def test_study_as_run_is_a_study(finished):
    """The study that is kept reads as the same study."""
    folder, _ = finished
    kept = read_study(str(folder / "study.toml"))
    original = read_study(str(folder.parents[1] / "tiny.toml"))
    assert kept.identity() == original.identity()
    assert (kept.search, kept.resources) == (original.search, original.resources)


def test_best_configuration_reads_back(finished, described):
    """The winner's file names the best trial; its values make a fixed section."""
    folder, _ = finished
    best = max(table(folder), key=lambda row: float(row["value"]))
    found = read_exported(folder / "best.toml")
    assert found.origin.trial == described["trial"] == int(best["number"])
    moved = found.calibration.calibration.thresholds(found.thresholds)
    assert moved == described["thresholds"]
    trained = Calibration.of(described["calibration"])
    assert trained == found.calibration.calibration
    raw = read_study(str(folder / "study.toml")).raw
    fixed = dict(found.study.raw["fixed"])
    study = check_study({**raw, "fixed": fixed, "space": {}}, name="x", place="x")
    assert dict(study.space.fixed) == fixed


def test_model_is_described(finished, described, coursework):
    """The sidecar describes the input, the outputs, and which file it belongs to."""
    folder, _ = finished
    whole = readers.read(coursework, "ckplus")
    assert described["sha256"] == sha256(folder / "model.keras")
    assert described["data"]["fingerprint"] == whole.fingerprint()
    assert described["input"] == {
        "size": 32,
        "channels": 1,
        "range": [0, 255],
        "crop": {"kind": "none", "name": "centre_square"},
    }
    assert described["emotions"] == ["negative", "positive", "surprise"]
    assert set(described["thresholds"]) == set(described["action_units"])
    assert {"keras", "tensorflow", "optuna", "ray"} <= set(described["versions"])


def test_model_loads_without_this_project(finished, report, described, held_out):
    """Plain Keras loads the model, and its predictions are those that were tested."""
    folder, _ = finished
    pixels = io.BytesIO()
    np.save(pixels, decode_all(held_out, size=32))
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", LOAD_PLAIN, str(folder / "model.keras")],
        input=pixels.getvalue(),
        capture_output=True,
        check=False,
        cwd=os.sep,
    )
    assert done.returncode == 0, done.stderr.decode()
    found = np.load(io.BytesIO(done.stdout))
    targets = read_targets(held_out, wanted=("emotion",), emotions="high_level")
    counts = np.zeros((3, 3), int)
    np.add.at(
        counts, (targets.emotion.argmax(axis=1), found["emotion"].argmax(axis=1)), 1
    )
    assert counts.tolist() == report["emotion"]["confusion"]["counts"]
    assert found["action_units"].shape[1] == len(described["action_units"])


def test_the_code_of_the_model_card_runs(finished, described, held_out, tmp_path):
    """As it stands, beside the model's files and a picture, it prints every label."""
    folder, _ = finished
    text = (folder / "model_card.md").read_text(encoding="utf-8")
    code = text.partition("```python\n")[2].partition("```")[0]
    for name in ("model.keras", "model.json"):
        shutil.copy(folder / name, tmp_path)
    shutil.copy(held_out.root / held_out.frame["image"].iloc[0], tmp_path / "face.png")
    done = subprocess.run(  # noqa: S603 - the card's own text
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    printed = done.stdout.splitlines()
    assert printed[0].split()[0] in described["emotions"]
    assert all(label in printed[0] for label in described["emotions"])
    assert all(unit in printed[1] for unit in described["action_units"])
    assert ModelCard(text, ignore_metadata_errors=False).data.library_name == "keras"


def test_report_page(finished, report):
    """The page of the run begins with the primary metric of its test."""
    page = Page((finished[0] / "report.html").read_text())
    head, _, name = report["primary"]["metric"].partition(".")
    value = report[head]["metrics"][name]["value"]
    assert f"{value:.3f}" in page.text.partition("The result on the hold-out")[0]
    assert page.open == []
    assert f"report, with charts: {finished[0] / 'report.html'}" in finished[1].out
    numbers = json.loads((finished[0] / "report.json").read_text())
    assert numbers["provenance"]["openings"]


def test_predict_repeats_the_test(finished, report, held_out, tmp_path):
    """``models.predict`` on the hold-out's images has the reported accuracy."""
    images = [held_out.root / image for image in held_out.frame["image"]]
    words = ("--model", finished[0], "--to", tmp_path / "faces.csv", *images)
    assert predict.main(list(map(str, words))) == 0
    found = pd.read_csv(tmp_path / "faces.csv")["emotion"]
    truth = held_out.frame["high_level_emotion"].reset_index(drop=True)
    labelled = truth.notna()
    accuracy = report["emotion"]["metrics"]["accuracy"]["value"]
    assert (found[labelled] == truth[labelled]).mean() == pytest.approx(accuracy)


def test_official_tree(tmp_path, official):
    """The official tree runs too, with its own emotions and action units."""
    words = ("--set", "search.trials=1", "--set", "data.emotions=basic")
    answer = searched(write_study(tmp_path), official, tmp_path / "runs", *words)
    assert (answer.code, answer.err) == (0, "")
    folder = tmp_path / "runs" / "tiny-synthetic"
    assert names(folder) == FILES
    found = json.loads((folder / "model.json").read_text())
    assert {"anger", "happiness", "surprise"} <= set(found["emotions"])
