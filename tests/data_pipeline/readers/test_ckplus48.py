"""CK+48: labels from names, three frames a sequence, and refusals."""

import pytest

from data_pipeline.config.split_config import SplitConfig
from data_pipeline.labels.labels import BASIC_EMOTIONS
from data_pipeline.readers import read
from data_pipeline.split.split import split
from data_pipeline.system.errors import DataError
from data_pipeline.targets.targets import read_targets
from tests.factories.data.readers import READERS
from tests.strategies.tables import write_ck48, write_coursework, write_image


@pytest.fixture
def root(tmp_path):
    """Gives the CK+48 fixture tree."""
    return write_ck48(tmp_path / "tree")


def refused(root):
    """Returns the message about a tree."""
    with pytest.raises(DataError) as caught:
        read(root, "ckplus")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_rows(root):
    """Rows are ordered by subject, sequence and frame, three for each sequence."""
    frame = read(root, "ckplus").frame
    assert len(frame) == 21
    names = [image.rpartition("/")[2] for image in frame["image"]]
    assert names == sorted(names)
    assert set(frame.groupby(["subject", "sequence"]).size()) == {3}


def test_emotions(root):
    """Folders name the basic emotion; the high-level one follows from it."""
    frame = read(root, "ckplus").frame
    shown = dict(zip(frame["emotion"], frame["high_level_emotion"], strict=True))
    assert set(shown) == set(BASIC_EMOTIONS)
    assert shown["happiness"] == "positive"
    assert shown["surprise"] == "surprise"
    assert {shown[e] for e in ("anger", "contempt", "fear")} == {"negative"}


def test_targets(root):
    """All seven emotions are targets; there are no action units."""
    table = read(root, "ckplus")
    targets = read_targets(table, wanted=("emotion",), emotions="basic")
    assert targets.emotion.sum(axis=0).tolist() == [3.0] * 7
    with pytest.raises(DataError, match=r"no action units.*targets"):
        read_targets(table, wanted=("action_units",), emotions="basic")


def test_frames_stay_together(root):
    """The frames of a sequence, nearly one picture, are in one part."""
    table = read(root, "ckplus")
    divided = split(table, SplitConfig(folds=2))
    for fold in divided.folds:
        frame = divided.development.frame
        train = set(frame["subject"].iloc[fold.train])
        assert not train & set(frame["subject"].iloc[fold.validation])
        assert not train & set(divided.hold_out.subjects)


def test_capitals(root):
    """Folders in capitals and images with a capital ending are read alike."""
    fingerprint = read(root, "ckplus").fingerprint()
    folder = root / "CK+48"
    (folder / "anger").rename(folder / "Anger")
    table = read(root, "ckplus")
    assert len(table) == 21
    assert table.fingerprint() != fingerprint  # the paths differ, the labels do not
    assert table.frame["emotion"].eq("anger").sum() == 3


@pytest.mark.parametrize("name", ["S10_4_17.png", "angry face.png", "0001.png"])
def test_misnamed(root, name):
    """An image without subject and sequence in its name is refused, by its path."""
    write_image(root / "CK+48/anger" / name)
    message = refused(root)
    assert f"CK+48/anger/{name}" in message
    assert "S010_004_00000017.png" in message


def test_two_emotions(root):
    """A sequence in the folders of two emotions is refused, naming both images."""
    write_image(root / "CK+48/fear/S010_004_00000018.png")
    message = refused(root)
    assert "S010/004" in message
    assert "CK+48/anger/S010_004_00000017.png" in message
    assert "CK+48/fear/S010_004_00000018.png" in message


def test_other_layouts_win(root):
    """A folder with a table of action units as well is read by its table."""
    assert read(write_coursework(root), "ckplus").source == "ckplus_csv"


def test_emotion_folders_alone(tmp_path):
    """Folders of emotions with other images in them are not taken for CK+48."""
    write_image(tmp_path / "anger" / "im0.png")
    (tmp_path / "happy").mkdir()
    assert not READERS["ckplus48"].detect(tmp_path)
    assert "CK+48/anger/" in refused(tmp_path)
