"""The published route: FER+ first, then CK+ from its model, on synthetic data."""

import json

import pytest

from data_pipeline.files.safe_open import sha256
from data_pipeline.synthetic.write import write_synthetic
from tests.factories.runs import STUDY, searched, write_study

pytestmark = pytest.mark.slow

FER = (
    STUDY.replace('"ckplus"', '"ferplus"\nemotions = "ferplus"')
    .replace('["emotion", "action_units"]', '["emotion"]')
    .replace("folds = 2", 'by = "partition"\nfolds = 1')
    .replace('"action_units.mean_auc" = 0.5\n', "")
    .replace("trials = 2", "trials = 1")
)
CK = (
    STUDY.replace("trials = 2", "trials = 1")
    .replace("folds = 2", "folds = 1")
    .replace("image_size = 32", "image_size = 40")
    .replace('"backbone.blocks"', '"backbone.weights" = "study:fer"\n"backbone.blocks"')
)


def test_one_study_starts_from_another(tmp_path, coursework):
    """CK+ loads the whole backbone of the FER+ run, and all reports state it."""
    tree, runs = tmp_path / "tree", tmp_path / "runs"
    write_synthetic(tree, layout="ferplus", subjects=10, seed=4)
    study = write_study(tmp_path, "ck", CK)
    early = searched(study, coursework, runs)
    assert early.code == 2
    assert "python -m search.run --study fer --data synthetic" in early.err

    before = searched(write_study(tmp_path, "fer", FER), tree, runs)
    assert (before.code, before.err) == (0, "")
    answer = searched(study, coursework, runs)
    assert (answer.code, answer.err) == (0, "")
    model = runs / "fer-synthetic" / "model.keras"
    sidecar = json.loads((runs / "ck-synthetic" / "model.json").read_text())["start"]
    count = len(sidecar["loaded"])
    assert (sidecar["weights"], sidecar["skipped"]) == ("study:fer", [])
    assert sidecar["sha256"] == sha256(model)
    assert [data["dataset"] for data in sidecar["trained_on"]] == ["ferplus"]
    start = "initial weights: residual_cnn (blocks 1, filters 8)"
    assert f"{start} loads all {count} layers of study:fer" in answer.out
    assert f"Initial weights study:fer: {count} of {count} layers" in answer.out

    model.write_bytes(model.read_bytes() + b" ")
    changed = searched(study, coursework, runs, "--set", "search.trials=2")
    assert changed.code == 2
    assert "backbone.weights study:fer" in changed.err


def test_weights_that_fit_nowhere_cost_no_trial(tmp_path, coursework):
    """They are refused before the first trial, and the study may then change."""
    found, runs = tmp_path / "found.keras", tmp_path / "runs"
    found.write_bytes(b"no model")
    study = write_study(tmp_path, "ck", CK.replace("study:fer", str(found)))
    wrong = searched(study, coursework, runs)
    assert wrong.code == 2
    assert f"{found} cannot be read as a model" in wrong.err
    assert len(wrong.err.splitlines()) == 1
    assert not (runs / "ck-synthetic" / "optuna.db").exists()

    words = ("--set", "backbone.weights=none", "--until", "search")
    answer = searched(study, coursework, runs, *words)
    assert (answer.code, answer.err) == (0, "")
    assert "start:" not in answer.out
