"""A search on synthetic AffectNet: emotion, valence, arousal, and missing labels."""

import json
import shutil

import pytest

from data_pipeline import check, readers
from data_pipeline.labels.labels import Emotion
from data_pipeline.synthetic.write import write_synthetic
from search.inputs.prepare import prepare_job
from search.inputs.run import Run
from search.inputs.study_data import read_labels
from search.run_folder import RunFolder
from search.study.study import read_study
from tests.factories.data.affectnet import write_labels
from tests.factories.runs import STUDY, run_main, searched, write_study

SMALL = (
    *("search.trials=1", "search.sampler=random", "search.pruner=none"),
    *("backbone.name=residual_cnn", "backbone.blocks=1", "backbone.filters=8"),
    *("head.dense_units=8", "training.epochs=2", "training.optimizer=adam"),
    *("data.image_size=32", "resources.max_concurrent=1", "training.batch_size=16"),
)
EMOTION = (
    STUDY.replace('"ckplus"', '"affectnet"\nemotions = "affectnet7"')
    .replace('["emotion", "action_units"]', '["emotion"]')
    .replace("folds = 2", 'by = "partition"\nfolds = 1\nvalidation = 0.2')
    .replace('"action_units.mean_auc" = 0.5\n', "")
)
SEVEN = [str(emotion) for emotion in Emotion if emotion is not Emotion.CONTEMPT]
WORDS = [word for setting in SMALL for word in ("--set", setting)]


@pytest.fixture(scope="session")
def drawn(tmp_path_factory):
    """A drawn AffectNet tree of a few people."""
    out = tmp_path_factory.mktemp("affectnet") / "synthetic"
    write_synthetic(out, layout="affectnet", subjects=8, seed=5)
    return out


@pytest.fixture
def tree(drawn, tmp_path):
    """A copy with labels impossible or missing, images unreadable or missing."""
    root = shutil.copytree(drawn, tmp_path / "tree")
    write_labels(root / "train_set", 700, "11", "0", "0")
    shutil.copy(root / "val_set/images/0.jpg", root / "val_set/images/900.jpg")
    (root / "train_set/images/0.jpg").write_bytes(b"\xff\xd8 no picture")
    (root / "val_set/images/0.jpg").unlink()
    return root


def job_of(study, data, out):
    """Prepares a run's job."""
    folder = RunFolder(out=out, name="run")
    return prepare_job(Run(study=study, data=data, folder=folder))[0]


def labelled_of(root, *settings):
    """Reads a tree as the study does."""
    study = read_study("affectnet", settings=[*SMALL, *settings])
    return study, read_labels(study, root, synthetic=True)


def test_labels(drawn):
    """The study learns eight classes and two dimensions, on colour images."""
    _, labelled = labelled_of(drawn)
    assert len(labelled.data_spec.emotions) == 8
    assert labelled.data_spec.dimensions == ("valence", "arousal")
    assert labelled.data_spec.channels == 3
    assert labelled.split.part == "validation"
    assert labelled.scoring_targets is labelled.targets


def test_rows_without_labels(drawn, tmp_path):
    """Uncertain and No-Face teach and score nothing; None has its ratings."""
    study, labelled = labelled_of(drawn)
    job = job_of(study, labelled, tmp_path)
    frame = readers.read(drawn, "affectnet").frame
    rated = frame[(frame["partition"] == "train") & frame["valence"].notna()]
    assert labelled.unlabelled == (frame["partition"] == "train").sum() - len(rated) > 0
    kept = labelled.split.development.frame
    assert set(kept["image"]) == set(rated["image"])
    assert kept["emotion"].isna().any()
    assert sorted(job.rows) == list(range(len(kept)))
    (fold,) = job.folds
    assert sorted([*fold.train, *fold.validation]) == sorted(job.rows)


def test_emotion_alone(drawn, tmp_path):
    """Of seven emotions, rows of contempt and None are left out; 80/20 is a share."""
    study = read_study(str(write_study(tmp_path, text=EMOTION)))
    labelled = read_labels(study, drawn, synthetic=True)
    job = job_of(study, labelled, tmp_path)
    frame = readers.read(drawn, "affectnet").frame
    wanted = (frame["partition"] == "train") & frame["emotion"].isin(SEVEN)
    kept = labelled.split.development.frame["image"]
    assert set(kept) == set(frame.loc[wanted, "image"])
    assert sorted(job.rows) == list(range(len(kept)))
    share = 0.2 * len(frame) / (frame["partition"] == "train").sum()
    assert abs(len(job.folds[0].validation) - share * len(kept)) < 4


def test_check(tree):
    """The check lists rows without a readable label, each with its place and reason."""
    found = run_main(check.main, "--study", "affectnet", "--data", str(tree))
    assert (found.code, found.err) == (1, "")
    assert found.out.count("the class ") == 4  # so few people do not show all in both
    assert "8 problems found" in found.out
    assert "train_set/annotations/700_*.npy: an expression is 0 (neutral)" in found.out
    assert "val_set/annotations/900_exp.npy: the file is missing" in found.out


@pytest.mark.slow
def test_whole_run(tree, tmp_path):
    """The shipped study runs; start and report list what was left out and held out."""
    found = searched("affectnet", tree, tmp_path / "runs", *WORDS)
    assert (found.code, found.err) == (0, "")
    folder = tmp_path / "runs" / "affectnet-synthetic"
    report = json.loads((folder / "holdout.json").read_text())
    assert (report["guarantee"], report["part"]) == ("partition", "validation")
    assert (report["subjects"], report["skipped"]) == (None, 2)
    assert report["unreadable"] == {"development": 1, "hold_out": 1}
    frame = readers.read(tree, "affectnet").frame
    everything = frame[frame["partition"] == "validation"]
    held = everything[everything["image"] != "val_set/images/0.jpg"]
    assert report["images"] == len(held)
    assert report["emotion"]["images"] == held["emotion"].notna().sum()
    assert report["valence_arousal"]["images"] == held["valence"].notna().sum()
    ccc = report["valence_arousal"]["metrics"]["mean_ccc"]
    assert ccc["low"] <= ccc["value"] <= ccc["high"]
    message = (folder / "hold_out_subjects.txt").read_text()
    part = f"# the published validation part, {len(everything)} images"
    assert message.startswith(part)
    for part in ("SYNTHETIC", "left out: 2 rows", "Left out: 2 rows", "over images"):
        assert part in found.out
