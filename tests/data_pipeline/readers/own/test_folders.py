"""Own data in folders: classes, parts and subjects, and what is refused."""

import pytest

from data_pipeline.config.data_config import DataConfig
from data_pipeline.development import read_table
from data_pipeline.system.errors import DataError
from tests.factories.data.own import SUBJECT, SUBJECTS, WORDS, write_own_folders
from tests.strategies.tables import write_image


def table_of(root, **keys):
    """Reads the folders as a study with these keys does."""
    targets = ("emotion",)
    data = DataConfig(dataset="folders", targets=targets, image_size=32, **keys)
    assert list(data.problems()) == []
    return read_table(root, data, lambda *_: None)


def test_parts_and_subjects(tmp_path):
    """Folders give part and emotion, file names the subject."""
    table = table_of(write_own_folders(tmp_path), subject=SUBJECT)
    assert table.words == WORDS
    assert sorted(set(table.frame["subject"])) == list(SUBJECTS)
    held = table.frame["partition"] == "test"
    assert set(table.frame.loc[held, "subject"]) == set(SUBJECTS[-3:])
    assert table.skipped == ()


def test_without_parts(tmp_path):
    """Folders of classes may lie in the root; then there are no parts."""
    for number, name in enumerate(("2", "10", "1")):
        write_image(tmp_path / name / "a.jpg.png", number)
    table = table_of(tmp_path)
    assert table.words == ("1", "2", "10")
    assert table.frame["partition"].isna().all()


def test_no_match_is_no_subject(tmp_path):
    """A file name without a subject names nobody."""
    write_image(tmp_path / "calm/p1_a.png")
    write_image(tmp_path / "tense/other.png")
    table = table_of(tmp_path, subject=SUBJECT)
    assert table.frame["subject"].tolist() == ["p1", None]


def test_what_is_no_class_is_named(tmp_path):
    """Folders in a class, loose images and other files are named and not read."""
    root = write_own_folders(tmp_path)
    write_image(root / "train/calm/more/1.png")
    write_image(root / "train/loose.png")
    (root / "train/calm/notes.doc").write_text("?")
    places = [each.place for each in table_of(root).skipped]
    assert sorted(places) == ["train/", "train/calm/", "train/calm/more/"]


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"emotions": ("calm", "sad")}, ["tense", "calm, sad", "[data] emotions"]),
        ({"subject": "^(q)_"}, ["[data] subject", "none of 48", "'p09_calm1.png'"]),
    ],
)
def test_refused(tmp_path, keys, words):
    """Bad input is refused with the place, the value and the way out."""
    with pytest.raises(DataError) as caught:
        table_of(write_own_folders(tmp_path), **keys)
    for word in words:
        assert word in str(caught.value)


def test_two_spellings_of_a_class(tmp_path):
    """Folders that differ in case alone are refused until the words are listed."""
    write_image(tmp_path / "train/calm/1.png")
    write_image(tmp_path / "test/Calm/1.png", 1)
    write_image(tmp_path / "test/tense/1.png", 2)
    with pytest.raises(DataError, match="also written"):
        table_of(tmp_path)
    table = table_of(tmp_path, emotions=WORDS)
    assert sorted(table.frame["emotion"]) == ["calm", "calm", "tense"]


def test_no_images(tmp_path):
    """A folder without images is refused with the layout that is expected."""
    (tmp_path / "calm").mkdir()
    with pytest.raises(DataError, match=r"no known layout.*calm/1\.png"):
        table_of(tmp_path)
