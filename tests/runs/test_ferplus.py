"""A search on the drawn FER+ tree, from the study file to the report."""

import json

import numpy as np
import pytest

from data_pipeline import readers
from data_pipeline.labels.votes import vote_distributions
from data_pipeline.readers import ferplus
from data_pipeline.readers.location import find_data
from data_pipeline.synthetic.write import write_synthetic
from data_pipeline.system.errors import StudyError
from search.inputs.prepare import prepare_job
from search.inputs.run import Run
from search.inputs.study_data import read_labels
from search.run_folder import RunFolder
from search.study.study import read_study
from tests.factories.runs import searched

SMALL = (
    *("augmentation.mixup=0", "loss.label_smoothing=0"),
    *("search.trials=1", "search.sampler=random", "search.pruner=none"),
    *("backbone.name=residual_cnn", "backbone.blocks=1", "backbone.filters=8"),
    *("head.dense_units=8", "training.epochs=2", "training.optimizer=adam"),
    *("data.image_size=32", "resources.max_concurrent=1"),
)


@pytest.fixture(scope="session")
def tree(tmp_path_factory):
    """A drawn FER+ tree of a few people."""
    out = tmp_path_factory.mktemp("ferplus") / "synthetic"
    write_synthetic(out, layout="ferplus", subjects=10, seed=4)
    return out


def prepared(tree, cache, *settings):
    """Reads a synthetic tree into a job."""
    study = read_study("ferplus", settings=[*SMALL, *settings])
    labelled = read_labels(study, tree, synthetic=True)
    folder = RunFolder(out=cache, name="run")
    job, _ = prepare_job(Run(study=study, data=labelled, folder=folder))
    return labelled, job


def test_drawn_tree(tree):
    """The synthetic tree is read as FER+: every part, its votes, small grey faces."""
    table = readers.read(tree, "ferplus")
    assert set(table.frame["partition"]) == set(ferplus.FOLDERS.values())
    assert set(table.vote_counts().sum(axis=1)) == {10}
    assert all((table.root / image).is_file() for image in table.frame["image"])
    _, kept = vote_distributions(table.vote_counts(), "majority")
    assert 0.6 < kept.mean() < 1.0
    assert table.frame["emotion"].nunique() > 4


def test_drawn_classes(tmp_path):
    """The same faces are drawn in FER2013's folders too, without contempt."""
    write_synthetic(tmp_path / "synthetic", layout="fer2013", subjects=3, seed=4)
    table = readers.read(tmp_path / "synthetic", "fer2013")
    assert "contempt" not in set(table.frame["emotion"])
    assert "test" in set(table.frame["partition"])


@pytest.mark.parametrize("labels", ["crossentropy", "majority", "argmax"])
def test_job(tree, tmp_path, labels):
    """Training learns distributions, scoring takes one class, others are left out."""
    labelled, job = prepared(tree, tmp_path, f"data.labels={labels}")
    (fold,) = job.folds
    votes = labelled.split.development.vote_counts()
    scored = "argmax" if labels == "argmax" else "majority"
    for rows, rule in ((fold.train, labels), (fold.validation, scored)):
        _, kept = vote_distributions(votes, rule)
        assert kept[rows].all()
    assert job.scoring_targets.emotion[fold.validation].max(axis=1).tolist() == [
        1.0
    ] * len(fold.validation)
    soft = ((job.targets.emotion > 0).sum(axis=1) > 1)[fold.train]
    assert soft.any() == (labels == "crossentropy")
    assert np.isin(fold.train, job.rows).all()


def test_hold_out_blind_to_rule(tree, tmp_path):
    """Another label rule has the same hold-out: opening it again is noticed."""
    keys = {
        prepared(tree, tmp_path, f"data.labels={rule}")[0].split.hold_out.key
        for rule in ("crossentropy", "majority", "strict")
    }
    assert len(keys) == 1


def test_labels_without_votes():
    """A rule for votes is refused where the study reads none."""
    with pytest.raises(StudyError, match=r"\[data\] labels: turns votes into labels"):
        read_study("ckplus", settings=["data.labels=majority"])


def test_what_several_emotions_have_no_use_for():
    """A setting that ``multi_target`` would not look at is refused, not searched."""
    settings = ["data.labels=multi_target", "loss.focal_gamma=[0.0, 2.0]"]
    with pytest.raises(StudyError, match=r'"loss.focal_gamma": has no effect with'):
        read_study("ferplus", settings=settings)
    dropped = ["augmentation.mixup=0", "loss.label_smoothing=0"]
    read_study("ferplus", settings=[*settings[:1], *dropped])
    read_study("ferplus", settings=settings[1:])


def test_identity_has_the_rule():
    """Votes under another rule are another run's data."""
    assert read_study("ckplus").identity()["data.label_rule"] is None
    assert read_study("ferplus").identity()["data.label_rule"] == "crossentropy"


@pytest.mark.parametrize(
    ("dataset", "folder"), [("ferplus", "synthetic-ferplus"), ("ckplus", "synthetic")]
)
def test_stand_in(tmp_path, monkeypatch, dataset, folder):
    """``--data synthetic`` renders each study's own layout, once."""
    monkeypatch.chdir(tmp_path)
    drawn = []
    monkeypatch.setattr(
        "data_pipeline.synthetic.write.write_synthetic",
        lambda root, **words: drawn.append((root, words)),
    )
    root, marked = find_data(dataset, "synthetic", lambda *_: None)
    assert (root.as_posix(), marked) == (f"data/{folder}", True)
    layout = "ferplus" if dataset == "ferplus" else "coursework"
    assert drawn[0][1]["layout"] == layout


@pytest.mark.parametrize(
    ("labels", "learned"),
    [
        ("majority", "distribution"),
        ("crossentropy", "distribution"),
        ("probability", "sampled"),
        ("multi_target", "multi_target"),
    ],
)
def test_learned(tree, tmp_path, labels, learned):
    """Each of Microsoft's modes learns in its own way, and is scored in one."""
    labelled, job = prepared(tree, tmp_path, f"data.labels={labels}")
    assert job.targets.learning_mode == learned
    assert job.scoring_targets.learning_mode == "distribution"
    assert labelled.data_spec.multi_target == (learned == "multi_target")


@pytest.mark.slow
@pytest.mark.parametrize("labels", ["probability", "multi_target"])
def test_other_modes_run(tree, tmp_path, labels):
    """A trial of the modes with a way of their own completes."""
    settings = (*SMALL, f"data.labels={labels}")
    words = [word for setting in settings for word in ("--set", setting)]
    answer = searched("ferplus", tree, tmp_path / "runs", *words, "--until", "search")
    assert (answer.code, answer.err) == (0, "")
    assert "1 completed" in answer.out


@pytest.mark.slow
def test_whole_run(tree, tmp_path):
    """The shipped study runs on the synthetic tree; the report has what was tested."""
    words = [word for setting in SMALL for word in ("--set", setting)]
    answer = searched("ferplus", tree, tmp_path / "runs", *words)
    assert (answer.code, answer.err) == (0, "")
    folder = tmp_path / "runs" / "ferplus-synthetic"
    report = json.loads((folder / "holdout.json").read_text())
    assert report["guarantee"] == "partition"
    assert report["subjects"] is None
    assert report["synthetic"] is True
    assert report["labels"] == {"trained": "crossentropy", "scored": "majority"}
    table = readers.read(tree, "ferplus")
    held = table.take((table.frame["partition"] == "test").to_numpy())
    _, kept = vote_distributions(held.vote_counts(), "majority")
    assert report["images"] == len(held)
    assert report["emotion"]["images"] == kept.sum()
    _, shared = vote_distributions(held.vote_counts(), "crossentropy")
    assert report["votes"]["images"] == shared.sum() >= kept.sum()
    assert report["votes"]["metrics"]["kl_divergence"]["value"] > 0
    accuracy = report["emotion"]["metrics"]["accuracy"]
    assert accuracy["low"] <= accuracy["value"] <= accuracy["high"]
    described = json.loads((folder / "model.json").read_text())
    assert described["labels"] == report["labels"]
    assert len(described["emotions"]) == 8
    message = (folder / "hold_out_subjects.txt").read_text()
    assert message == (
        f"# the published test part, {len(held)} images: the data name no subjects\n"
    )
    for part in (
        "SYNTHETIC",
        "no subject ids",
        "scored by majority",
        "over images",
        "KL div",
    ):
        assert part in answer.out
