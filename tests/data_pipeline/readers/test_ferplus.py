"""Readers of FER+ and FER2013: the laws of readers, and each oddity of the sets."""

import shutil

import pytest

from data_pipeline.fer2013.convert import write_tree
from data_pipeline.labels.labels import Emotion
from data_pipeline.readers import read
from data_pipeline.system.errors import DataError
from data_pipeline.targets.targets import read_targets
from tests.data_pipeline.readers.test_readers import ReaderLaws
from tests.factories.data.fer2013 import (
    pixels,
    write_classes,
    write_fer2013,
    write_microsoft,
    write_votes,
)

LINE = 'fer0000000.png,"(0, 0, 48, 48)",4,0,0,1,3,2,0,0,0,0'


class FerLaws(ReaderLaws):
    """What both sets have in common: no subjects, a published partition."""

    def test_labels(self, table):
        """Emotions are of the closed set, or missing and then None."""
        assert set(table.frame["emotion"]) - {None} <= set(Emotion)
        assert table.frame["high_level_emotion"].isna().all()
        assert table.action_units == ()

    def test_subjects(self, table):
        """No subject is named; every image has its part and a place of its label."""
        assert table.frame["subject"].isna().all()
        assert set(table.frame["partition"]) == {"train", "validation", "test"}
        assert table.frame["place"].all()


class TestMicrosoft(FerLaws):
    """Microsoft's tree with its own label files."""

    reader = "ferplus"
    write = staticmethod(write_microsoft)


class TestWritten(FerLaws):
    """The tree as the command writes it."""

    reader = "ferplus"

    @staticmethod
    def write(root):
        """Writes the tree from the two tables."""
        tables = root.parent / "tables"
        write_tree(write_fer2013(tables), write_votes(tables), root)


class TestClasses(FerLaws):
    """FER2013 in folders of its classes."""

    reader = "fer2013"
    write = staticmethod(write_classes)

    def test_blind(self):
        """Here the files themselves are the labels."""


def written(lines, folder):
    """Writes one label file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "label.csv").write_text(lines)
    return folder.parent


def test_votes_stay_votes(tmp_path):
    """All ten counts are in the table as they were, and change its fingerprint."""
    root = written(f"{LINE}\n", tmp_path / "FER2013Train")
    table = read(root, "ferplus")
    assert table.vote_counts().tolist() == [[4, 0, 0, 1, 3, 2, 0, 0, 0, 0]]
    assert table.frame["emotion"].tolist() == ["neutral"]
    assert table.frame["place"].tolist() == ["FER2013Train/label.csv line 1"]
    written(f"{LINE.replace('3,2', '2,3')}\n", tmp_path / "FER2013Train")
    assert read(root, "ferplus").fingerprint() != table.fingerprint()


def test_partition_counts(tmp_path):
    """The same labels in another part are other data."""
    train = read(written(f"{LINE}\n", tmp_path / "a" / "FER2013Train"), "ferplus")
    test = read(written(f"{LINE}\n", tmp_path / "a2" / "FER2013Test"), "ferplus")
    assert train.fingerprint() != test.fingerprint()


def test_targets_of_votes(tmp_path):
    """Eight classes in one order: distributions in training, one class when scored."""
    table = read(written(f"{LINE}\n", tmp_path / "FER2013Train"), "ferplus")
    soft = read_targets(
        table, wanted=("emotion",), emotions="ferplus", labels="crossentropy"
    )
    assert soft.emotions == tuple(map(str, Emotion))
    shares = dict(zip(soft.emotions, soft.emotion[0].tolist(), strict=True))
    assert shares["neutral"] == pytest.approx(4 / 7)
    assert shares["anger"] == pytest.approx(3 / 7)
    strict = read_targets(
        table, wanted=("emotion",), emotions="ferplus", labels="strict"
    )
    assert strict.emotion[0].max() == 1
    hard = read_targets(table, wanted=("emotion",), emotions="ferplus", required=False)
    assert hard.emotion_mask.tolist() == [False]


def test_no_votes(tmp_path):
    """Data without votes have no FER+ labels; the message names what they have."""
    table = read(write_classes(tmp_path), "fer2013")
    with pytest.raises(DataError, match="no votes that agree"):
        read_targets(table, wanted=("emotion",), emotions="ferplus")
    seven = read_targets(table, wanted=("emotion",), emotions="fer2013")
    assert len(seven.emotions) == 7
    assert "contempt" not in seven.emotions
    assert seven.emotion_mask.all()


def test_data_folder(tmp_path):
    """Microsoft's repository has the tree in its folder ``data``."""
    write_microsoft(tmp_path / "data")
    assert read(tmp_path, "ferplus").root == tmp_path / "data"


def test_usage_in_names(tmp_path):
    """FER2013's file names separate validation from test; else the folder does."""
    root = write_classes(tmp_path)
    (root / "test" / "sad").mkdir()
    shutil.copy(root / "test/angry/PrivateTest_88.png", root / "test/sad/im0.png")
    frame = read(root, "fer2013").frame
    parts = dict(zip(frame["image"], frame["partition"], strict=True))
    assert parts["test/surprise/PublicTest_3.png"] == "validation"
    assert parts["test/angry/PrivateTest_88.png"] == "test"
    assert parts["test/sad/im0.png"] == "test"
    assert parts["train/happy/Training_12.png"] == "train"


@pytest.mark.parametrize("dataset", ["ferplus", "fer2013"])
@pytest.mark.parametrize("name", ["fer2013.csv", "icml_face_data.csv"])
def test_table_in_place_of_images(tmp_path, dataset, name):
    """The table of pixels is answered with the command that writes the images."""
    path = write_fer2013(tmp_path, name=name)
    for place in (tmp_path, path):
        with pytest.raises(DataError, match=r"-m data_pipeline\.ferplus --fer"):
            read(place, dataset)


@pytest.mark.parametrize("dataset", ["ferplus", "fer2013"])
def test_no_folder(tmp_path, dataset):
    """A missing folder: the layout, where to get the set, a command without it."""
    with pytest.raises(DataError) as caught:
        read(tmp_path / "none", dataset)
    for part in (str(tmp_path / "none"), "Kaggle", "--out DIR", "--data synthetic"):
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "table is empty"),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:3b\n", "git lfs pull"),
        ("\n <!DOCTYPE html><html></html>", "web page"),
        (LINE.replace('"', ""), r"line 1.*\(0, 0, 48, 48\)"),
        (LINE.replace("48)", "47)"), "line 1.*found"),
        (f"{LINE}\n{LINE[:-2]}", "line 2"),
        (LINE.replace("4,0,0", "-4,0,0"), r"line 1: votes are counts"),
        (LINE.replace("4,0,0", "x,0,0"), r"line 1: votes are counts"),
        (LINE.replace("4,0,0", "9,0,0"), r"add up to 10 or fewer"),
        (LINE.replace("4,0,0,1,3,2", "0,0,0,0,0,0"), "votes are counts"),
        (f"{LINE}\n{LINE}", r"line 2: image .* is already in .* line 1"),
        (LINE.replace("fer0000000.png", ""), "line 1: an image needs a name"),
        (LINE.replace("fer0", "../../fer0"), "relative to the data folder"),
        (LINE.replace("fer0", '"fer0'), "line 1"),
    ],
)
def test_wrong_labels(tmp_path, text, message):
    """A wrong label file is refused with its line."""
    root = written(text, tmp_path / "FER2013Train")
    with pytest.raises(DataError, match=message):
        read(root, "ferplus")


def test_no_label_file(tmp_path):
    """A folder of images without labels is refused with where to get them."""
    (tmp_path / "FER2013Test").mkdir()
    with pytest.raises(DataError, match=r"FER2013Test: there is no label\.csv; take"):
        read(tmp_path, "ferplus")


def test_no_images(tmp_path):
    """Folders of classes without images are refused."""
    (tmp_path / "train" / "angry").mkdir(parents=True)
    with pytest.raises(DataError, match="hold no images"):
        read(tmp_path, "fer2013")


def test_fixture_images_differ():
    """The images of the fixtures have different pixels."""
    assert (pixels(0) != pixels(1)).any()
