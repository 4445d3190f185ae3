"""What a reader does not recognize is named and counted, by every reader alike."""

import os

import pytest

from data_pipeline.dataset.skipped_files import Kind, files_below, skipped_folder
from tests.factories.data.affectnet import write_full, write_npy
from tests.factories.data.fer2013 import write_classes, write_microsoft
from tests.factories.data.own import write_own_folders, write_own_table
from tests.factories.data.readers import READERS
from tests.strategies.tables import (
    write_ck48,
    write_coursework,
    write_image,
    write_official,
)

WRITERS = {
    "ckplus_csv": write_coursework,
    "ckplus": write_official,
    "ckplus48": write_ck48,
    "fer2013": write_classes,
    "ferplus": write_microsoft,
    "affectnet_csv": write_full,
    "affectnet": write_npy,
    "table": write_own_table,
    "folders": write_own_folders,
}
"""Reader -> what writes a tree for it."""

FILES = {
    "ckplus_csv": "other.csv",
    "ckplus": "FACS/S005/001/S005_001_00000011_facs.doc",
    "ckplus48": "CK+48/anger/S010_004_00000020.heic",
    "fer2013": "train/angry/Training_1.heic",
    "ferplus": "FER2013Train/fer9999999.png",
    "affectnet_csv": "Manually_Annotated_file_lists/more.csv",
    "affectnet": "train_set/images/99.heic",
    "table": "notes.txt",
    "folders": "train/calm/p9_1.heic",
}
"""Reader -> a file that it does not recognize."""

COLUMNS = {
    "ckplus_csv": "data_labels.csv",
    "affectnet_csv": "Manually_Annotated_file_lists/training.csv",
}
"""Reader of a table with a header of its own -> the table."""


def written(name, tmp_path):
    """Writes a reader's tree; returns what was left out of it."""
    root = WRITERS[name](tmp_path / "tree")
    return root, READERS[name].read(root).skipped


@pytest.mark.parametrize("name", READERS)
def test_nothing_foreign(name, tmp_path):
    """A clean tree leaves nothing out, whatever hidden files systems put in it."""
    root, skipped = written(name, tmp_path)
    assert skipped == ()
    (root / ".hidden").mkdir()
    (root / "__MACOSX").mkdir()
    write_image(root / "__MACOSX/S010_004_00000020.png")
    (root / "Thumbs.db").write_bytes(b"\0")
    assert READERS[name].read(root).skipped == ()


@pytest.mark.parametrize("name", READERS)
def test_foreign_file(name, tmp_path):
    """A file of an unrecognized kind is named with its ending."""
    root, _ = written(name, tmp_path)
    (root / FILES[name]).write_bytes(b"?")
    (found,) = READERS[name].read(root).skipped
    assert (found.kind, found.count) == (Kind.FILE, 1)
    assert os.path.basename(FILES[name]) in found.reason  # noqa: PTH119
    assert os.path.splitext(FILES[name])[1] in found.reason  # noqa: PTH122


@pytest.mark.parametrize("name", READERS)
def test_foreign_folder(name, tmp_path):
    """An unrecognized folder of images is named and counted."""
    root, _ = written(name, tmp_path)
    for number in range(3):
        write_image(root / f"more faces/{number}.png", number)
    (found,) = READERS[name].read(root).skipped
    assert (found.kind, found.place) == (Kind.FOLDER, "more faces/")
    assert "3 files" in found.reason


@pytest.mark.parametrize("name", COLUMNS)
def test_foreign_column(name, tmp_path):
    """An unrecognized column is named with its table."""
    root, _ = written(name, tmp_path)
    path = root / COLUMNS[name]
    lines = path.read_text().splitlines()
    text = [f"{lines[0]},mood", *(f"{line},1" for line in lines[1:])]
    path.write_text("\n".join(text))
    (found,) = READERS[name].read(root).skipped
    assert found.kind is Kind.COLUMN
    assert path.name in found.place
    assert "mood" in found.reason


@pytest.mark.parametrize(
    ("name", "folder"),
    [("ckplus48", "CK+48/suprise"), ("fer2013", "train/suprise")],
)
def test_misspelt_class(name, folder, tmp_path):
    """A folder that may be a class is named with the spelling that it may mean."""
    root, _ = written(name, tmp_path)
    write_image(root / folder / "S010_004_00000017.png")
    (found,) = READERS[name].read(root).skipped
    assert (found.kind, found.place) == (Kind.FOLDER, f"{folder}/")
    assert found.reason == (
        "not the name of an emotion; did you mean surprise?; it holds 1 file"
    )


def test_pictures_without_labels(tmp_path):
    """A sequence of pictures without any label file is named."""
    root, _ = written("ckplus", tmp_path)
    write_image(root / "cohn-kanade-images/S005/009/S005_009_00000004.png")
    (found,) = READERS["ckplus"].read(root).skipped
    assert found.place == "cohn-kanade-images/S005/009/"
    assert "no label file of this sequence" in found.reason


def test_deep_folders(tmp_path):
    """Folders nested deeper than Python's stack are walked and named."""
    depth, home = 1200, os.open(".", os.O_RDONLY)
    outer = tmp_path / "a"
    try:
        os.chdir(tmp_path)
        for _ in range(depth):
            os.mkdir("a")  # noqa: PTH102 - the path is too long for a Path
            os.chdir("a")
        open("x.png", "wb").close()  # noqa: PTH123
        assert len(list(files_below(outer))) == 1
        assert "1 file" in skipped_folder(tmp_path, outer, "why").reason
        os.remove("x.png")  # noqa: PTH107
        for _ in range(depth):
            os.chdir("..")
            os.rmdir("a")  # noqa: PTH106
    finally:
        os.fchdir(home)
        os.close(home)


def test_linked_folders(tmp_path):
    """A folder that leads back to itself is entered once."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in/x.png").touch()
    (tmp_path / "in/again").symlink_to(tmp_path)
    assert len(list(files_below(tmp_path))) == 1
