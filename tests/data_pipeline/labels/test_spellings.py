"""Usual spellings of classes, columns and images are understood and reported."""

import shutil
from pathlib import Path

import pytest
from PIL import Image

from data_pipeline.dataset.sequence_frames import Frames
from data_pipeline.images.decode import decode
from data_pipeline.labels.labels import Emotion
from data_pipeline.labels.spellings import EMOTION_SPELLINGS
from data_pipeline.readers import find, read
from data_pipeline.system.errors import DataError
from tests.factories.data.affectnet import write_full, write_npy
from tests.factories.data.fer2013 import write_classes, write_microsoft
from tests.factories.data.own import write_own_folders, write_own_table
from tests.factories.data.readers import READERS
from tests.strategies.tables import (
    write_ck48,
    write_coursework,
    write_image,
    write_label,
    write_official,
    write_table,
)

PATH = "cohn-kanade-images/S005/001/S005_001_00000011.png"
FORMATS = (".jpg", ".JPEG", ".webp", ".bmp", ".tif", ".TIFF")


@pytest.mark.parametrize("name", [*EMOTION_SPELLINGS, "ANGRY", "Happy", "Fearful"])
def test_classes(tmp_path, name):
    """Each usual spelling of a class is read by both readers of class folders."""
    emotion = str(EMOTION_SPELLINGS[name.lower()])
    write_image(tmp_path / f"ck/{name}/S010_004_00000017.png")
    write_image(tmp_path / f"fer/train/{name}/im0.png")
    for dataset, folder in (("ckplus", "ck"), ("fer2013", "fer")):
        table = read(tmp_path / folder, dataset)
        assert table.frame["emotion"].tolist() == [emotion]
        assert table.skipped == ()
        message = () if name == emotion else (f"{name} is read as {emotion}",)
        assert table.understood == message


def test_neutral_class(tmp_path):
    """CK+48 may have a neutral class: its frames are neutral, and none is lost."""
    root = write_ck48(tmp_path)
    write_image(root / "CK+48/neutral/S010_004_00000001.png")
    frame = read(root, "ckplus", Frames(neutral="first", last=1)).frame
    assert frame["emotion"].eq(str(Emotion.NEUTRAL)).sum() == 1
    assert len(frame) == 8
    with pytest.raises(DataError, match="no neutral face"):
        read(write_ck48(tmp_path / "without"), "ckplus", Frames(neutral="first"))


def test_one_frame_twice(tmp_path):
    """One frame of CK+48 in two files is refused, naming both."""
    root = write_ck48(tmp_path)
    write_image(root / "CK+48/neutral/S010_004_00000017.png")
    with pytest.raises(DataError, match=r"neutral/S010_004.*anger/S010_004|anger.*neu"):
        read(root, "ckplus")


TREES = {
    "ckplus": write_official,
    "ckplus48": write_ck48,
    "fer2013": write_classes,
    "affectnet": write_npy,
}


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize("name", TREES)
def test_pictures(tmp_path, name, ending):
    """Pictures of every usual format are read, in small letters and capitals."""
    root = TREES[name](tmp_path)
    before = READERS[name].read(root).frame
    for image in before["image"]:
        path = root / image
        with Image.open(path) as picture:
            picture.load()
        path.unlink()
        picture.save(path.with_suffix(ending))
    table = READERS[name].read(root)
    assert table.frame["emotion"].tolist() == before["emotion"].tolist()
    assert table.skipped == ()
    for image in table.frame["image"]:
        assert image.endswith(ending)
        assert decode(root / image, size=8, channels=1).shape == (8, 8, 1)


def test_frames_of_one_ending(tmp_path):
    """Each frame of a sequence is found by its own ending."""
    root = write_official(tmp_path)
    folder = root / "cohn-kanade-images/S005/001"
    write_image(folder / "S005_001_00000010.jpg")
    table = read(root, "ckplus", Frames(last=2))
    names = table.frame.loc[table.frame["subject"].eq("S005"), "image"].tolist()
    assert [name.rpartition("_")[2] for name in names[:2]] == [
        "00000010.jpg",
        "00000011.png",
    ]


def test_label_files_in_capitals(tmp_path):
    """Label files are found in any case, and respellings are reported."""
    root = write_official(tmp_path)
    before = read(root, "ckplus")
    for path in root.rglob("*_emotion.txt"):
        path.rename(path.with_name(path.name.replace("_emotion.txt", "_Emotion.TXT")))
    table = read(root, "ckplus")
    assert table.frame["emotion"].tolist() == before.frame["emotion"].tolist()
    assert table.understood == ("_Emotion.TXT is read as _emotion.txt",)


def test_label_folders_in_capitals(tmp_path):
    """Folders of the official tree are found in any case."""
    root = write_official(tmp_path, facs="Facs", emotion="EMOTION", images="Images")
    assert len(read(root, "ckplus")) == 5


@pytest.mark.parametrize(
    "column", ["au17", "AU 17", "AU_17", "AU-17", "AU017", "AU17_c", " au17_C "]
)
def test_columns(tmp_path, column):
    """Each usual spelling of a unit's presence is read as that unit and reported."""
    write_table(tmp_path, f"FilePath,{column}", f"{PATH},1.00")
    table = read(tmp_path, "ckplus")
    assert table.action_units == ("AU17",)
    assert table.frame["AU17"].tolist() == [1]
    assert table.skipped == ()
    assert table.understood == (f"{column.strip()} is read as AU17",)


def test_openface(tmp_path):
    """Of OpenFace's columns the presence is read; the intensity is named, not read."""
    write_table(tmp_path, "filepath, AU17_c, AU17_r", f"{PATH}, 0.00, 2.31")
    table = read(tmp_path, "ckplus")
    assert table.frame["AU17"].tolist() == [0]
    (found,) = table.skipped
    assert "AU17_r holds intensities" in found.reason


@pytest.mark.parametrize("other", ["au17", "AU17_c", "AU 017"])
def test_two_columns_of_one_unit(tmp_path, other):
    """Two columns of one unit are refused, naming both."""
    write_table(tmp_path, f"filepath,AU17,{other}", f"{PATH},1,1")
    with pytest.raises(DataError, match=f"AU17 and {other} are the same AU"):
        read(tmp_path, "ckplus")


@pytest.mark.parametrize("column", ["AU0", "AU17x", "AU\uff11\uff17", "AU", "AU171"])
def test_no_columns(tmp_path, column):
    """A column that is no unit is named and not read."""
    write_table(tmp_path, f"filepath,AU1,{column}", f"{PATH},1,0")
    table = read(tmp_path, "ckplus")
    assert table.action_units == ("AU1",)
    assert [column in found.reason for found in table.skipped] == [True]


WRAPPED = {
    "ckplus_csv": ("ckplus", write_coursework),
    "ckplus": ("ckplus", write_official),
    "ckplus48": ("ckplus", write_ck48),
    "fer2013": ("fer2013", write_classes),
    "ferplus": ("ferplus", write_microsoft),
    "affectnet_csv": ("affectnet", write_full),
    "affectnet": ("affectnet", write_npy),
    "table": ("table", write_own_table),
    "folders": ("folders", write_own_folders),
}


@pytest.mark.parametrize("name", READERS)
def test_wrapped(tmp_path, name):
    """Every layout is read in the folders that its archive unpacks to."""
    dataset, write = WRAPPED[name]
    plain = read(write(tmp_path / "plain"), dataset)
    inner = tmp_path / "archive/ck/more"
    inner.mkdir(parents=True)
    (tmp_path / "archive/ck/__MACOSX").mkdir()
    (tmp_path / "archive/notes.txt").write_text("unpacked on Monday")
    shutil.move(tmp_path / "plain", inner)
    reader, folder = find(tmp_path / "archive", dataset)
    found = reader.read(folder)
    assert found.source == name
    assert found.fingerprint() == plain.fingerprint()


def test_second_copy(tmp_path):
    """A second CK+48 beside the one that is read is named."""
    root = write_ck48(tmp_path)
    write_ck48(root / "ck")
    table = read(root, "ckplus")
    assert len(table) == 21
    assert [found.place for found in table.skipped] == ["ck/"]


def test_flat_label_files(tmp_path):
    """Label files outside a sequence's folder are named and not read."""
    root = write_official(tmp_path)
    path = write_label(root / "FACS", "S011", "001", "facs", "   1.0e+00   2.0e+00\n")
    path.rename(root / "FACS" / path.name)
    table = read(root, "ckplus")
    assert len(table) == 5
    assert path.name in " ".join(found.reason for found in table.skipped)


def test_ferplus_in_small_letters(tmp_path):
    """Folders and label files of FER+ are found in any case."""
    root = write_microsoft(tmp_path)
    before = read(root, "ferplus")
    for folder in sorted(root.iterdir()):
        (folder / "label.csv").rename(folder / "Label.CSV")
        folder.rename(folder.with_name(folder.name.lower()))
    table = read(root, "ferplus")
    assert table.skipped == ()
    for column in ("emotion", "partition"):
        assert table.frame[column].tolist() == before.frame[column].tolist()


@pytest.mark.parametrize("dataset", ["ckplus", "fer2013", "ferplus", "affectnet"])
def test_no_folder_at_all(dataset):
    """A device in place of the data folder has no layout."""
    with pytest.raises(DataError, match="has no known layout"):
        read(Path("/dev/null"), dataset)
