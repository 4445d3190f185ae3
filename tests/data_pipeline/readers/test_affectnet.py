"""Readers of AffectNet: the laws of readers, and each oddity of its two releases."""

import shutil

import numpy as np
import pandas as pd
import pytest

from data_pipeline.dataset.landmarks import read_landmarks
from data_pipeline.labels.labels import Emotion
from data_pipeline.readers import read
from data_pipeline.system.errors import DataError
from data_pipeline.targets.targets import read_targets
from tests.data_pipeline.readers.test_readers import ReaderLaws
from tests.factories.data.affectnet import (
    POINTS,
    labels,
    skipped,
    write_full,
    write_labels,
    write_npy,
)
from tests.factories.data.readers import READERS


class AffectNetLaws(ReaderLaws):
    """What both releases have in common: no subjects, parts, ratings."""

    def test_labels(self, table):
        """Emotions are of the closed set and ratings in [-1, 1], or missing."""
        assert set(table.frame["emotion"]) - {None} <= set(Emotion)
        assert table.action_units == ()
        assert table.dimensions == ("valence", "arousal")
        for name in table.dimensions:
            assert table.frame[name].dtype == pd.Float64Dtype()
            assert table.frame[name].dropna().between(-1, 1).all()
        assert table.skipped == ()

    def test_subjects(self, table):
        """No subject is named; every image has its part and a place of its label."""
        assert table.frame["subject"].isna().all()
        assert set(table.frame["partition"]) == {"train", "validation"}
        assert table.frame["place"].all()


class TestNpy(AffectNetLaws):
    """The npy release."""

    reader = "affectnet"
    write = staticmethod(write_npy)


class TestFull(AffectNetLaws):
    """The full release."""

    reader = "affectnet_csv"
    write = staticmethod(write_full)


class TestFullFlat(AffectNetLaws):
    """The full release with its images one folder higher."""

    reader = "affectnet_csv"

    @staticmethod
    def write(root):
        """Writes the images' folder beside that of the lists."""
        write_full(root, images="Manually_Annotated_Images")


def test_npy(tmp_path):
    """Codes, ratings, -2 and No-Face are read as they are meant, sorted by number."""
    found = labels(write_npy(tmp_path))
    assert list(found.items()) == [
        ("train_set/images/0.jpg", ("happiness", 0.785714, -0.0555556)),
        ("train_set/images/3.jpg", ("contempt", None, None)),
        ("train_set/images/17.jpg", ("neutral", 0.0, -1.0)),
        ("val_set/images/0.jpg", ("fear", -0.25, 0.625)),
        ("val_set/images/11.jpg", (None, None, None)),
    ]


@pytest.mark.parametrize("expression", ["9", "10"])
def test_nothing_to_rate(tmp_path, expression):
    """Uncertain and No-Face have no rating, even where one is written beside."""
    write_labels(tmp_path, 5, expression, "0.3", "-2")
    write_labels(tmp_path, 6, "8", "0.3", "-2")
    assert labels(tmp_path) == {
        "images/5.jpg": (None, None, None),
        "images/6.jpg": (None, 0.3, None),
    }


@pytest.mark.parametrize("kind", [np.str_, np.float64, np.float32, np.bytes_])
def test_npy_types(tmp_path, kind):
    """Text and numbers, 0-d or of one element, are read alike."""
    write_labels(tmp_path, 5, "3", "-0.5", "0.25", kind=kind)
    np.save(tmp_path / "annotations/5_exp.npy", np.array([3], np.int64))
    assert labels(tmp_path) == {"images/5.jpg": ("surprise", -0.5, 0.25)}


@pytest.mark.parametrize(
    ("folder", "part"), [("Dataset", None), ("val_set", "validation")]
)
def test_single_folder(tmp_path, folder, part):
    """One folder of images and annotations is read, given itself or the one above."""
    write_labels(tmp_path / folder, 5, "3", "-0.5", "0.25")
    itself = read(tmp_path / folder, "affectnet")
    assert itself.frame["partition"].tolist() == [part]
    assert itself.frame["image"].tolist() == ["images/5.jpg"]
    assert len(read(tmp_path, "affectnet")) == 1


def test_archive_folder(tmp_path):
    """The folder that unpacking leaves around the parts may be there, and a Mac's."""
    rest = tmp_path / "__MACOSX/train_set/annotations/._0_exp.npy"
    rest.parent.mkdir(parents=True)
    rest.write_bytes(b"\0\5\x16")
    table = read(write_npy(tmp_path / "train_and_val_set").parent, "affectnet")
    assert table.root == tmp_path / "train_and_val_set"
    assert len(table) == 5


def broken(value):
    """Overwrites a label of one image of the npy tree."""

    def write(root):
        path = root / "train_set/annotations/3_val.npy"
        if value is None:
            path.unlink()
        elif isinstance(value, bytes):
            path.write_bytes(value)
        else:
            np.save(path, value, allow_pickle=True)

    return write


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "the file is missing"),
        (b"", "a .npy file was expected, found b''"),
        (
            b"version https://git-lfs.github.com/spec/v1\n",
            "found b'version https://git-",
        ),
        (b"\x93NUMPY\x01\x00v\x00{'descr': '<U1'", "the header of a .npy file"),
        (np.array({"a": 1}), "a pickle"),
        (np.array([0.1, 0.2]), r"an array of shape \(2,\)"),
        (np.array("much"), "valence is a number, found 'much'"),
        (np.array("nan"), "valence is a number"),
        (np.array("1.5"), "valence is -1 to 1, or -2 for none; found 1.5"),
        (np.zeros(5000), "more than 4096 bytes"),
    ],
)
def test_npy_skipped(tmp_path, value, message):
    """An image with a missing, broken or impossible label is left out, and listed."""
    root = write_npy(tmp_path)
    broken(value)(root)
    assert "train_set/images/3.jpg" not in labels(root)
    ((place, reason),) = skipped(root)
    assert place.startswith("train_set/annotations/3_")
    assert pd.Series([reason]).str.contains(message).all(), reason


def test_npy_no_labels(tmp_path):
    """An image without any label is left out, and listed; one without pixels stays."""
    root = write_npy(tmp_path)
    shutil.copy(root / "val_set/images/0.jpg", root / "val_set/images/8.jpg")
    (root / "val_set/images/0.jpg").unlink()
    assert "val_set/images/0.jpg" in labels(root)
    assert skipped(root) == [("val_set/annotations/8_exp.npy", "the file is missing")]


def test_npy_nothing(tmp_path):
    """A tree without one readable label is refused with the first reason."""
    write_labels(tmp_path, 4, "11", "0", "0")
    with pytest.raises(DataError, match=r"none of 1 images.*4_.*found 11"):
        read(tmp_path, "affectnet")


@pytest.mark.parametrize("write", [write_npy, write_full])
def test_progress(tmp_path, write):
    """Progress reaches the end."""
    calls = []
    write(tmp_path)
    read(tmp_path, "affectnet", progress=lambda *now: calls.append(now))
    assert calls
    assert calls[-1][0] == calls[-1][1]


def test_landmarks(tmp_path):
    """Points come from the npy file or the list; without a face there are none."""
    points = POINTS.reshape(68, 2).astype(np.float32)
    npy = read(write_npy(tmp_path / "npy"), "affectnet")
    np.testing.assert_array_equal(read_landmarks(npy, 1), points)
    assert read_landmarks(npy, 0) is None
    full = read(write_full(tmp_path / "full"), "affectnet")
    for row in (0, 1, 4):
        np.testing.assert_array_equal(read_landmarks(full, row), points)
    assert read_landmarks(full, 2) is None
    np.save(npy.root / "train_set/annotations/3_lnd.npy", np.zeros(130))
    with pytest.raises(DataError, match=r"3_lnd\.npy: 68 landmarks"):
        read_landmarks(npy, 1)


@pytest.mark.parametrize(("level", "columns"), [("affectnet", 4), ("affectnet7", 3)])
def test_levels(tmp_path, level, columns):
    """Eight classes in the project's order; of seven, contempt is masked."""
    table = read(write_npy(tmp_path), "affectnet")
    wanted = ("emotion", "valence_arousal")
    targets = read_targets(table, wanted=wanted, emotions=level)
    classes = [e for e in Emotion if level == "affectnet" or e != "contempt"]
    assert targets.emotions == tuple(classes)
    assert targets.emotion_mask.sum() == columns
    assert targets.valence_arousal_mask.tolist() == [[k] * 2 for k in (1, 0, 1, 1, 0)]


def test_level_suggested(tmp_path):
    """A study with another level is refused with AffectNet's own."""
    table = read(write_npy(tmp_path), "affectnet")
    with pytest.raises(DataError, match='use emotions = "affectnet", which'):
        read_targets(table, wanted=("emotion",), emotions="high_level")


def test_no_folder(tmp_path):
    """A missing folder: the layouts, how to get AffectNet, a way out."""
    with pytest.raises(DataError) as caught:
        read(tmp_path / "affectnet", "affectnet")
    message = str(caught.value)
    for part in ("training.csv", "val_set/", "licence", "--data synthetic"):
        assert part in message
    assert not READERS["affectnet"].detect(tmp_path)
