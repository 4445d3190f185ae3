"""Duplicates across parts are counted, reported, and dropped on request."""

import json

import numpy as np
import pytest
from PIL import Image

from data_pipeline import check
from data_pipeline.checks.leaks import parts_of
from data_pipeline.readers import read
from data_pipeline.split.duplicates import (
    ImageKeys,
    count_duplicates,
    drop_duplicates,
    file_keys,
    pixel_keys,
)
from data_pipeline.split.rules import Guarantee
from data_pipeline.split.split import Fold, split
from data_pipeline.system.errors import DataError
from search.holdout.duplicates import achieved_guarantee, score_without_duplicates
from search.inputs.prepare import prepare_job
from search.inputs.run import Run
from search.inputs.study_data import read_labels
from search.reports.console import print_split
from search.reports.holdout_report import WIDTH, describe_report
from search.run_folder import RunFolder
from search.study.study import read_study
from tests.factories.data.clean_tree import write_clean
from tests.factories.runs import STUDY, run_main, searched, write_study
from tests.search.reports.test_holdout_report import report_of
from tests.strategies.metrics import labels, outputs

SETTINGS = ("split.hold_out=0.25",)
DROP = (*SETTINGS, "split.duplicates=drop_from_training")
FOLDS = (
    Fold(train=np.array([0, 2, 3]), validation=np.array([1, 4, 5])),
    Fold(train=np.array([0, 1]), validation=np.array([2, 3])),
)
FILES = ImageKeys(keys=(np.array([7, 7, 3, 4, 4, 4]),))


def test_count_duplicates():
    """A validation image counts where its fold trains on the same file, once a fold."""
    assert count_duplicates(FOLDS, FILES) == 3


def test_drop_duplicates():
    """Training parts lose their duplicates; validation parts stay whole."""
    folds = drop_duplicates(FOLDS, FILES)
    assert count_duplicates(folds, FILES) == 0
    assert folds[0].train.tolist() == [2]
    assert [fold.validation.tolist() for fold in folds] == [[1, 4, 5], [2, 3]]
    assert folds[1].train.tolist() == [0, 1]


def test_either_key():
    """Equal pixels or equal files are duplicates; unreadable files never are."""
    pixels = np.arange(8, dtype=np.uint8).reshape(4, 2)
    one = ImageKeys(keys=(file_keys(["a", "b", "c"]), pixel_keys(pixels[:3])))
    other = ImageKeys(keys=(file_keys(["c", "d"]), pixel_keys(pixels[[1, 3]])))
    assert one.isin(other).tolist() == [False, True, True]
    lost = ImageKeys(keys=(file_keys(["unreadable", "unreadable"]),))
    assert lost.isin(lost.take(np.array([1]))).tolist() == [False, True]


@pytest.fixture
def tree(tmp_path):
    """Gives a clean tree, and the images of each part of its split."""
    root = write_clean(tmp_path / "tree")
    study = read_study(str(write_study(tmp_path)), settings=SETTINGS)
    table = read(root, "ckplus")
    parts = parts_of(table, split(table, study.split))
    images = {}
    for image, part in zip(table.frame["image"], parts, strict=True):
        images.setdefault(str(part), []).append(image)
    return root, images


def copied(root, source, target, *, same_bytes=True):
    """Replaces an image by a copy of another one, perhaps encoded again."""
    if same_bytes:
        (root / target).write_bytes((root / source).read_bytes())
        return
    with Image.open(root / source) as image:
        image.save(root / target, compress_level=0)
    assert (root / source).read_bytes() != (root / target).read_bytes()


def prepared(root, tmp_path, settings):
    """Reads a tree into a job; returns what a start prints."""
    study = read_study(str(write_study(tmp_path)), settings=settings)
    data = read_labels(study, root, synthetic=False)
    lines = []
    folder = RunFolder(out=tmp_path, name="run")
    run = Run(study=study, data=data, folder=folder, print=lines.append)
    job, identity = prepare_job(run)
    print_split(run, job)
    names = data.split.development.frame["image"].to_numpy()
    return job, identity, names, "\n".join(lines)


@pytest.mark.parametrize("same_bytes", [True, False])
def test_validation_duplicates(tree, tmp_path, same_bytes):
    """Duplicates of validation images are reported, or dropped from training."""
    root, images = tree
    first, second = images["fold 1"][0], images["fold 2"][0]
    copied(root, first, second, same_bytes=same_bytes)
    job, before, names, message = prepared(root, tmp_path, SETTINGS)
    assert ("2 validation images are also training images" in message) == same_bytes
    job, after, names, message = prepared(root, tmp_path, DROP)
    one, two = (int(np.flatnonzero(names == name)[0]) for name in (first, second))
    assert one in job.folds[0].validation
    assert two not in job.folds[0].train
    assert two in job.folds[1].validation
    assert one not in job.folds[1].train
    assert {one, two} <= set(job.rows.tolist())
    assert "Warning" not in message
    assert "0 development images that are also held out" in message
    assert "and 2\n  training images that are also validation images" in message
    assert before["data.folds"] != after["data.folds"]


def test_hold_out_duplicates(tree, tmp_path):
    """A duplicate of a held-out image is in no part of a search that drops them."""
    root, images = tree
    copied(root, images["fold 1"][0], images["hold-out"][0])
    (root / images["hold-out"][1]).unlink()  # a search runs without such files
    job, _, names, message = prepared(root, tmp_path, DROP)
    (row,) = np.flatnonzero(names == images["fold 1"][0])
    rows = [job.rows, *(part for f in job.folds for part in (f.train, f.validation))]
    assert row not in np.concatenate(rows)
    assert "1 development images that are also held out" in message
    job, _, names, _ = prepared(root, tmp_path, SETTINGS)
    assert row in job.rows


def test_nothing_left(tree, tmp_path):
    """Where all development images are held out too, search and check refuse."""
    root, images = tree
    for part in ("fold 1", "fold 2"):
        for name in images[part]:
            copied(root, images["hold-out"][0], name)
    with pytest.raises(DataError, match="train part of 0 images"):
        prepared(root, tmp_path, DROP)
    text = STUDY.replace("[split]", '[split]\nduplicates = "drop_from_training"')
    study = write_study(tmp_path, text=text)
    answer = run_main(check.main, "--study", str(study), "--data", str(root), "--all")
    assert "train part of 0 images" in answer.out


def test_text():
    """The report has the number of duplicates, and the scores without them."""
    targets, predictions = labels([0, 1, 0, 1]), outputs([0, 1, 0, 0])
    kept = np.array([0, 1, 2])
    without = report_of(targets.take(kept), predictions.take(kept), ["a", "b", "c"])
    report = report_of(targets, predictions, ["a", "b", "c", "d"])
    report["duplicates"] = {"rule": "keep", "images": 1, "without": without}
    lines = describe_report(report).splitlines()
    assert (
        "Duplicates: 1 image is also a development image; 3 images without them"
        in lines
    )
    assert max(map(len, lines)) <= WIDTH
    (heads,) = (line.split() for line in lines if "95 %" in line)
    assert heads[-1] == "distinct"
    (emotion,) = (line for line in lines if line.startswith("Emotion ("))
    assert emotion.split()[-3:] == ["n", "=", "3"]
    (accuracy,) = (line for line in lines if line.startswith("  accuracy"))
    assert (accuracy.split()[1], accuracy.split()[-1]) == ("0.750", "1.000")
    report["duplicates"] = {"rule": "keep", "images": 0}
    assert "distinct" not in describe_report(report)
    assert (
        "Duplicates: no hold-out image is also a development image"
        in describe_report(report)
    )


def test_all_duplicates():
    """Where every image is a duplicate only the count is reported."""
    run = Run(study=read_study("ckplus"), data=None, folder=None)
    found = score_without_duplicates(run, None, np.ones(3, bool))
    assert found == {
        "duplicates": {"rule": "keep", "images": 3, "without": {"images": 0}}
    }
    found = score_without_duplicates(run, None, np.zeros(3, bool))
    assert found == {"duplicates": {"rule": "keep", "images": 0}}


@pytest.mark.parametrize(
    ("promised", "duplicates", "kept"),
    [
        (Guarantee.SUBJECT, 0, "subject"),
        (Guarantee.SUBJECT, 1, "subject_ids"),
        (Guarantee.PARTITION, 1, "partition"),
    ],
)
def test_guarantee(promised, duplicates, kept):
    """A picture in two parts takes the promise back that no subject is."""
    assert achieved_guarantee(promised, duplicates=duplicates) == kept
    report = report_of(labels([0, 1]), outputs([0, 1]), ["a", "b"], guarantee=kept)
    message = describe_report(report)
    assert ("no subject is in two parts" in message) == (kept == "subject")
    assert ("but images are" in message) == (kept == "subject_ids")


@pytest.mark.slow
def test_report(tree, tmp_path):
    """The hold-out test counts duplicates and also scores the other images."""
    root, images = tree
    copied(root, images["fold 1"][0], images["hold-out"][0])
    copied(root, images["fold 2"][1], images["hold-out"][1], same_bytes=False)
    words = [f"--set={text}" for text in (*SETTINGS, "training.epochs=1")]
    study = write_study(tmp_path)
    answer = searched(study, root, tmp_path / "runs", *words, "--set=search.trials=1")
    assert (answer.code, answer.err) == (0, "")
    report = json.loads((tmp_path / "runs" / "tiny" / "holdout.json").read_text())
    held = len(images["hold-out"])
    assert report["images"] == held
    assert report["duplicates"]["images"] == 2
    assert report["guarantee"] == "subject_ids"
    without = report["duplicates"]["without"]
    assert without["images"] == without["emotion"]["images"] == held - 2
    assert set(without["emotion"]) == set(report["emotion"])
    message = f"Duplicates: 2 images are also development images; {held - 2} images"
    assert message in answer.out
