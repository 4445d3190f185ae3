"""A study's classes and its data: classes without images, and other labels."""

import pytest

from data_pipeline.config.data_config import DataConfig
from data_pipeline.dataset.sequence_frames import Frames
from data_pipeline.labels.labels import FER2013_EMOTIONS, Emotion
from data_pipeline.readers import read
from data_pipeline.targets.class_checks import class_problems
from tests.factories.data.fer2013 import write_microsoft
from tests.strategies.tables import (
    sample,
    table_of,
    write_ck48,
    write_image,
    write_official,
)


def messages(table, emotions, *, labels=None, neutral="none"):
    """Lists the messages about a table."""
    data = DataConfig(
        dataset="ckplus",
        targets=("emotion",),
        image_size=48,
        emotions=emotions,
        labels=labels,
        neutral=neutral,
    )
    problems = class_problems(table, data)
    return [problem.message for problem in problems]


def fer_tree(root, classes=FER2013_EMOTIONS, *, test=None):
    """Writes FER2013 with an image of each class in both parts."""
    for part, names in (("train", classes), ("test", test or classes)):
        for name in names:
            write_image(root / part / str(name) / "im0.png")
    return read(root, "fer2013")


def test_no_problem(tmp_path):
    """Where every class has images in every part, there is no message."""
    assert messages(fer_tree(tmp_path), "fer2013") == []
    assert messages(read(write_ck48(tmp_path / "ck"), "ckplus"), "basic") == []


@pytest.mark.parametrize("gone", FER2013_EMOTIONS)
def test_nowhere(tmp_path, gone):
    """A class that occurs nowhere is named."""
    kept = [emotion for emotion in FER2013_EMOTIONS if emotion is not gone]
    assert messages(fer_tree(tmp_path, kept), "fer2013") == [
        f"the class {gone} occurs nowhere in the data"
    ]


@pytest.mark.parametrize("gone", FER2013_EMOTIONS)
def test_in_one_part_only(tmp_path, gone):
    """A class that a published part lacks is named, with both parts."""
    kept = [emotion for emotion in FER2013_EMOTIONS if emotion is not gone]
    assert messages(fer_tree(tmp_path, test=kept), "fer2013") == [
        f"the class {gone} is in train, not in test"
    ]


def test_no_class_of_the_study(tmp_path):
    """Images of an eighth class are counted and named."""
    table = fer_tree(tmp_path, list(Emotion))
    (found,) = messages(table, "fer2013")
    assert found.startswith("2 images are labelled contempt, which is not a class")
    assert messages(table, "affectnet") == []
    assert messages(table, "affectnet7") == []


def test_neutral(tmp_path):
    """Neutral faces of CK+ are named unless the study uses them."""
    root = write_ck48(tmp_path / "ck")
    write_image(root / "CK+48/neutral/S010_004_00000001.png")
    (found,) = messages(read(root, "ckplus"), "basic")
    assert found.startswith("1 images are labelled neutral")
    assert messages(read(root, "ckplus"), "basic_neutral") == []
    table = read(write_official(tmp_path / "tree"), "ckplus", Frames(neutral="first"))
    assert not any(
        "labelled" in text for text in messages(table, "basic", neutral="first")
    )


def test_votes(tmp_path):
    """Where votes make labels, classes are those of the rule that is scored."""
    table = read(write_microsoft(tmp_path), "ferplus")
    found = messages(table, "ferplus", labels="crossentropy")
    assert "the class contempt occurs nowhere in the data" in found
    assert not any("labelled" in text for text in found)


def test_no_labels():
    """A table without any label of the level gives no message here."""
    assert messages(table_of([sample("S001", 1)]), "basic") == []
