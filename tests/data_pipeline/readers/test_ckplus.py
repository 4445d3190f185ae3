"""The official CK+ tree: its read-me's rules, its oddities, and refusals."""

import pandas as pd
import pytest

from data_pipeline.dataset.sequence_frames import Frames
from data_pipeline.labels.labels import CKPLUS_ACTION_UNITS
from data_pipeline.readers import read
from data_pipeline.system.errors import DataError
from tests.strategies.tables import write_label, write_official


@pytest.fixture
def root(tmp_path):
    """Gives the official fixture tree."""
    return write_official(tmp_path / "tree")


@pytest.fixture
def frame(root):
    """Gives its rows by subject and sequence."""
    return read(root, "ckplus").frame.set_index(["subject", "sequence"])


def refused(root):
    """Returns the message about a tree."""
    with pytest.raises(DataError) as caught:
        read(root, "ckplus")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_order(frame):
    """Rows are ordered by subject and sequence number."""
    assert list(frame.index) == [
        ("S005", "001"), ("S005", "002"), ("S010", "001"), ("S010", "010"),
        ("S999", "003"),
    ]  # fmt: skip


def test_emotions(frame):
    """Emotion codes are those of the read-me, and no file means no emotion."""
    assert frame["emotion"].tolist() == [
        "disgust", None, None, "happiness", "surprise",
    ]  # fmt: skip
    assert frame["high_level_emotion"].tolist() == [
        "negative", None, None, "positive", "surprise",
    ]  # fmt: skip


def test_presence(frame):
    """An action unit is present where its line exists, also at intensity 0."""
    shown = {
        index: [
            u for u in frame.columns if u[:2] == "AU" and row[u] is not pd.NA and row[u]
        ]
        for index, row in frame.iterrows()
    }
    assert shown["S005", "001"] == ["AU9", "AU17"]
    assert shown["S005", "002"] == ["AU12"]
    assert shown["S010", "001"] == ["AU1"]


def test_intensities(frame):
    """Intensities are 1 to 5, 0 where absent; present but not given is missing."""
    levels = frame[[f"intensity_AU{unit}" for unit in (9, 17, 12, 1)]]
    assert levels.dtypes.unique().tolist() == [pd.Int8Dtype()]
    assert levels.loc[("S005", "001")].tolist() == [4, 2, 0, 0]
    assert levels.loc[("S005", "002")].tolist() == [0, 0, pd.NA, 0]
    assert levels.loc[("S010", "001")].tolist() == [0, 0, 0, 3]
    assert bool(levels.loc[("S999", "003")].isna().all())


def test_intensities_of_neutral(root):
    """A neutral frame of a coded sequence shows every unit at intensity 0."""
    table = read(root, "ckplus", Frames(neutral="first"))
    neutral = table.frame[table.frame["emotion"] == "neutral"].set_index("subject")
    assert table.intensities == table.action_units
    columns = [f"intensity_{unit}" for unit in table.intensities]
    assert neutral.loc["S005", columns].eq(0).all()
    assert neutral.loc["S999", columns].isna().all()


def test_masked_units(frame):
    """Without a FACS file every action unit is masked; with one, none is."""
    units = [f"AU{number}" for number in CKPLUS_ACTION_UNITS]
    assert bool(frame.loc[("S999", "003"), units].isna().all())
    assert not bool(frame.drop(index=("S999", "003"))[units].isna().any(axis=None))


def test_peak(frame):
    """The image is the frame that the label file is named after."""
    image = frame.loc[("S010", "010"), "image"]
    assert image == "cohn-kanade-images/S010/010/S010_010_00000011.png"


def test_empty_facs(root):
    """An empty FACS file means coded, and nothing present."""
    write_label(root / "FACS", "S010", "002", "facs", "")
    frame = read(root, "ckplus").frame
    row = frame[(frame["subject"] == "S010") & (frame["sequence"] == "002")]
    assert row["AU12"].tolist() == [0]


def test_neutral(root):
    """A neutral face has a basic emotion and no high-level one."""
    write_label(root / "Emotion", "S010", "001", "emotion", "   0.0000000e+00\n")
    row = read(root, "ckplus").frame.iloc[2]
    assert (row["emotion"], row["high_level_emotion"]) == ("neutral", None)


def test_facs_only(tmp_path):
    """A tree without emotion labels is read, with every emotion masked."""
    write_label(tmp_path / "FACS", "S005", "001", "facs", " 1.0e+00 0.0e+00\n")
    (tmp_path / "cohn-kanade-images" / "S005").mkdir(parents=True)
    frame = read(tmp_path, "ckplus").frame
    assert frame["emotion"].tolist() == [None]
    assert frame["AU1"].tolist() == [1]


def test_litter(root):
    """Hidden copies and notes beside label files are no labels."""
    (root / "FACS/S005/001/._S005_001_00000011_facs.txt").write_bytes(b"\0\5\x16")
    (root / "FACS/S005/001/notes.txt").write_text("checked twice")
    (root / "FACS/README.txt").write_text("hello")
    assert len(read(root, "ckplus")) == 5


@pytest.mark.parametrize(
    ("kind", "text", "parts"),
    [
        ("emotion", "   8.0000000e+00\n", ("0 (neutral) to 7", "found 8")),
        ("emotion", "   2.5000000e+00\n", ("found 2.5",)),
        ("emotion", "", ("an empty file",)),
        ("emotion", "   1.0e+00\n   2.0e+00\n", ("found 1; 2",)),
        ("emotion", "happy\n", ("line 1", "'happy'")),
        ("emotion", "nan\n", ("line 1", "'nan'")),
        ("facs", "   1.0e+00\n", ("line 1: 2 numbers",)),
        ("facs", "1 2\n1.5 2\n", ("line 2", "found 1.5 2")),
        ("facs", "0 2\n", ("1 to 99", "found 0 2")),
        ("facs", "12 7\n", ("intensity 0 to 5", "found 12 7")),
        ("facs", "12 2.5\n", ("intensity 0 to 5", "found 12 2.5")),
        ("facs", "inf 2\n", ("line 1", "'inf 2'")),
    ],
)
def test_refused(root, kind, text, parts):
    """A wrong label file is refused with its path, line, value and a rule."""
    folder = {"emotion": "Emotion", "facs": "FACS"}[kind]
    path = write_label(root / folder, "S005", "001", kind, text)
    message = refused(root)
    assert str(path) in message
    for part in parts:
        assert part in message


def test_misplaced(root):
    """A label file in another subject's folder is refused: it would mix people."""
    source = root / "FACS/S010/001/S010_001_00000011_facs.txt"
    source.rename(root / "FACS/S005/001/S010_001_00000011_facs.txt")
    assert "S005/001" in refused(root)


def test_two_peaks(root):
    """Two label files of one sequence are refused, naming both."""
    first = root / "FACS/S005/001/S005_001_00000011_facs.txt"
    first.with_name("S005_001_00000010_facs.txt").write_text(first.read_text())
    message = refused(root)
    assert "S005_001_00000010_facs.txt" in message
    assert "S005_001_00000011_facs.txt" in message


def test_peaks_differ(root):
    """FACS and emotion files that name different frames are refused."""
    path = root / "Emotion/S005/001/S005_001_00000011_emotion.txt"
    path.rename(path.with_name("S005_001_00000009_emotion.txt"))
    assert "one peak frame" in refused(root)


def test_no_images(root):
    """A tree without any image folder is refused with the folders looked for."""
    (root / "cohn-kanade-images").rename(root / "pictures")
    message = refused(root)
    assert "extended-cohn-kanade-images" in message


def test_no_labels(tmp_path):
    """Label folders without label files are refused."""
    (tmp_path / "FACS/S005/001").mkdir(parents=True)
    assert "_facs.txt" in refused(tmp_path)
