"""Keys of own data: which fit, which are refused, and what tells sets apart."""

import pytest

from data_pipeline.config.data_config import DataConfig
from data_pipeline.config.dataset_identity import dataset_name
from data_pipeline.config.split_config import SplitConfig
from data_pipeline.system.errors import StudyError
from search.study.study import check_study, read_study
from tests.factories.texts.study_file import study


def config(dataset="table", **keys):
    """Makes a section ``[data]``."""
    words = {"targets": ("emotion",), "image_size": 32}
    return DataConfig(dataset=dataset, **(words | keys))


def test_words_are_the_default():
    """Own data without named emotions has the words found; others their level."""
    assert config().level == "own"
    assert config("folders").level == "own"
    assert config("ckplus").level == "high_level"
    assert config(emotions=("calm", "tense")).own().emotions == ("calm", "tense")
    assert config().own().emotions == ()


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"columns": {"imag": "file"}}, ["columns.imag", "did you mean image?"]),
        ({"columns": {"AU0": "x"}}, ["columns.AU0", "AU12"]),
        ({"columns": {"subject": " "}}, ["columns.subject", "must name a column"]),
        (
            {"columns": {"image": "a", "subject": "A"}},
            ["columns.subject", "columns.image", "drop one"],
        ),
        ({"subject": "p[0-9]+"}, ["subject", "group", "'p[0-9]+'"]),
        ({"subject": "(p"}, ["subject", "regular expression", "'(p'"]),
        ({"name": ""}, ["name", "1 to 60 characters", "found ''", "drop the key"]),
        ({"name": "a\nb"}, ["name"]),
        ({"emotions": "basic"}, ["emotions", '"basic"', "list the words"]),
        ({"dataset": "ckplus", "channels": 1}, ["channels", '"ckplus"', "drop"]),
        ({"dataset": "ckplus", "emotions": ("a", "b")}, ["own data", '"ckplus"']),
        ({"dataset": "ckplus", "emotions": "own"}, ["own data", '"ckplus"']),
        ({"dataset": "folders", "columns": {"image": "a"}}, ["columns", '"folders"']),
        ({"dataset": "folders", "present_from": 2}, ["present_from", '"folders"']),
    ],
)
def test_contradictions(keys, words):
    """A key that does not fit is refused with key, value and the way out."""
    messages = "\n".join(config(**keys).problems())
    assert messages
    for word in words:
        assert word in messages


@pytest.mark.parametrize(
    "text",
    ["['calm']", "['calm', 'Calm']", "['calm', '']", "['calm', 3]", "7", "[' a', 'b']"],
)
def test_no_words(text):
    """Words are two or more, different, and printable."""
    with pytest.raises(StudyError, match=r"\[data\] emotions: must be .*words"):
        own_study(f"data.emotions={text}")


def test_two_columns_of_one_role():
    """A role with two columns in the study file is refused with its key."""
    with pytest.raises(StudyError, match=r"columns\.image: must be a valid string"):
        own_study('data.columns={ image = ["a", "b"] }')


def own_study(*settings):
    """Reads a study of own data."""
    words = ("data.dataset=table", "data.labels=", "data.emotions=")
    return read_study("ckplus", settings=[*words, *settings])


def test_identity():
    """What describes own data is part of a run's identity; other runs keep theirs."""
    usual = study().identity()
    assert not {"data.columns", "data.name", "data.channels"} & set(usual)
    found = own_study("data.channels=1", 'data.columns={ image = "path" }').identity()
    assert found["data.channels"] == 1
    assert found["data.columns"] == {"image": "path"}
    assert found["data.emotions"] == "own"


def test_study_text():
    """A study of own data is written as it was read."""
    found = own_study('data.columns={ image = "path", AU12 = "smile" }')
    again = check_study(dict(found.raw), name="ckplus", place="a")
    assert again.data == found.data
    assert "AU12" in found.text()


def test_name(tmp_path):
    """Own data are named after their folder, or as the study says."""
    faces = tmp_path / "faces"
    faces.mkdir()
    (faces / "faces.csv").write_text("")
    assert dataset_name(config(), faces) == "own: faces"
    assert dataset_name(config(), faces / "faces.csv") == "own: faces"
    assert dataset_name(config("folders", name="lab"), faces) == "own: lab"
    assert dataset_name(config(name="ckplus"), faces) == "ckplus"
    assert dataset_name(config("ckplus"), faces) == "ckplus"


def test_validation_leaves_something():
    """Shares of images that leave none to train on are refused, too."""
    keys = {"hold_out": 0.5, "validation": 0.5, "folds": 1}
    (message,) = SplitConfig(by="image", **keys).problems()
    assert "leave no images to train on" in message
