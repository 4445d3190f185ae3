"""The coursework table: real rows, students' variants, and refusals."""

import errno

import pandas as pd
import pytest

from data_pipeline.dataset import table_checks
from data_pipeline.readers import read
from data_pipeline.system.errors import DataError
from tests.strategies.tables import (
    COURSEWORK_HEADER,
    COURSEWORK_ROWS,
    write_coursework,
    write_table,
)

PATH = "./cohn-kanade-images/S005/001/S005_001_00000011.png"
OTHER = "./cohn-kanade-images/S010/001/S010_001_00000014.png"


def refused(root, *lines):
    """Returns the message about a table."""
    write_table(root, *lines)
    with pytest.raises(DataError) as caught:
        read(root, "ckplus")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_real_rows(tmp_path):
    """The real table's first and last rows are read unchanged."""
    frame = read(write_coursework(tmp_path), "ckplus").frame
    first, last = frame.iloc[0], frame.iloc[-1]
    assert first["image"] == "cohn-kanade-images/S005/001/S005_001_00000011.png"
    assert (first["subject"], first["sequence"]) == ("S005", "1")
    assert first["high_level_emotion"] == "negative"
    assert (first["AU17"], first["AU1"]) == (1, 0)
    assert first["place"] == "data_labels.csv row 2"
    assert last["subject"] == "S999"
    present = [unit for unit in frame.columns if unit[:2] == "AU" and last[unit] == 1]
    assert present == ["AU1", "AU2", "AU25", "AU4", "AU14"]
    assert frame["high_level_emotion"].tolist() == [
        "negative", "negative", "surprise", "positive", "negative", "negative",
        "negative",
    ]  # fmt: skip


def test_order_of_units(tmp_path):
    """Action units keep the table's order, which is not numeric."""
    units = read(write_coursework(tmp_path), "ckplus").action_units
    assert units == tuple(
        column for column in COURSEWORK_HEADER.split(",") if column.startswith("AU")
    )


def test_line_ends(tmp_path):
    """CRLF, LF and a byte-order mark make no difference."""
    lines = [COURSEWORK_HEADER, *COURSEWORK_ROWS]
    frames = []
    for name, text in (
        ("crlf", "\r\n".join(lines)),
        ("lf", "\n".join(lines) + "\n\n"),
        ("bom", "\ufeff" + "\r\n".join(lines) + "\r\n"),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "data_labels.csv").write_bytes(text.encode())
        frames.append(read(tmp_path / name, "ckplus").frame)
    pd.testing.assert_frame_equal(frames[0], frames[1])
    pd.testing.assert_frame_equal(frames[0], frames[2])


def test_dropped_columns(tmp_path):
    """Without subject and sequence columns both are recovered from the path."""
    write_table(
        tmp_path,
        "filepath,AU12,high_level_emotion,emotion_num",
        f"{PATH},0,negative,-1",
        f"{OTHER},1,positive,1",
        name="cleaned.csv",
    )
    table = read(tmp_path, "ckplus")
    assert table.frame["subject"].tolist() == ["S005", "S010"]
    assert table.frame["sequence"].tolist() == ["001", "001"]
    assert table.action_units == ("AU12",)
    assert table.frame["place"].iloc[1] == "cleaned.csv row 3"


def test_named_table(tmp_path):
    """A table among several can be named itself."""
    write_table(tmp_path, "filepath,AU12", f"{PATH},0", name="train.csv")
    write_table(tmp_path, "filepath,AU12", f"{OTHER},1", name="test.csv")
    with pytest.raises(DataError, match="no known layout"):
        read(tmp_path, "ckplus")
    table = read(tmp_path / "test.csv", "ckplus")
    assert table.frame["subject"].tolist() == ["S010"]
    assert table.root == tmp_path


def test_masked(tmp_path):
    """Empty labels are masked, and a pandas round trip of 0 and 1 is understood."""
    write_table(
        tmp_path,
        "filepath,AU1,AU2,high_level_emotion",
        f"{PATH},,1.0,",
        f"{OTHER},0.0,nan,surprise",
    )
    frame = read(tmp_path, "ckplus").frame
    assert frame["high_level_emotion"].tolist() == [None, "surprise"]
    assert frame["AU1"].tolist() == [pd.NA, 0]
    assert frame["AU2"].tolist() == [1, pd.NA]


def test_no_subject(tmp_path):
    """Where neither column nor path has a subject, the subject is None."""
    write_table(tmp_path, "filepath,AU1", "images/face.png,1")
    assert read(tmp_path, "ckplus").frame["subject"].tolist() == [None]


@pytest.mark.parametrize("spelled", ["s011", "S-011", "SO11"])
def test_another_subject_in_another_spelling(tmp_path, spelled):
    """A path that names somebody else is refused, however the id is spelled there."""
    path = f"cohn-kanade-images/{spelled}/001/a.png"
    message = refused(tmp_path, "subject,filepath,AU1", f"S010,{path},1")
    assert "row 2, column subject" in message
    assert spelled in message


@pytest.mark.parametrize("path", ["s010/001/a.png", "S-010/s01/a.png", "sad/021.png"])
def test_own_subject_in_another_spelling(tmp_path, path):
    """A path that names the row's own subject, or none, changes no id."""
    write_table(tmp_path, "subject,filepath,AU1", f"S010,{path},1")
    assert read(tmp_path, "ckplus").frame["subject"].tolist() == ["S010"]


def test_backslashes(tmp_path):
    """Paths written on Windows are understood."""
    write_table(tmp_path, "filepath,AU1", PATH.replace("/", "\\") + ",1")
    image = read(tmp_path, "ckplus").frame["image"].iloc[0]
    assert image == PATH.removeprefix("./")


@pytest.mark.parametrize(
    "content", [b"", b"\r\n\r\n", b"\xef\xbb\xbf", b"filepath,AU1\n"]
)
def test_empty(tmp_path, content):
    """A table without header or rows is refused by file."""
    (tmp_path / "data_labels.csv").write_bytes(content)
    with pytest.raises(
        DataError, match=r"data_labels\.csv: the table (is empty|has a)"
    ):
        read(tmp_path, "ckplus")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:3b8d\nsize 9\n",
            "Git LFS pointer.*git lfs pull",
        ),
        (b"\n<!DOCTYPE html>\n<html><body>Sign in</body></html>", "a web page"),
        (b"PK\x03\x04\x14\x00\xe9\xff", "byte 0xe9 at offset 6"),
        (b'filepath,AU1\n"a.png,1\n', "row 2: not a line of a CSV table"),
    ],
)
def test_other_files(tmp_path, content, message):
    """Other files in place of a table are recognized and named."""
    (tmp_path / "data_labels.csv").write_bytes(content)
    with pytest.raises(DataError, match=rf"data_labels\.csv.*{message}"):
        read(tmp_path, "ckplus")


@pytest.mark.parametrize(
    ("lines", "parts"),
    [
        (("subject,AU1", "S005,1"), ("lacks the column filepath", "subject, AU1")),
        (("filepath,sex", f"{PATH},f"), ("lacks", "high_level_emotion or an action")),
        (("filepath,AU1,AU1", f"{PATH},1,1"), ("row 1: AU1 names two columns",)),
        (("filepath,AU1,AU01", f"{PATH},1,1"), ("AU1 and AU01 are the same AU",)),
        (("filepath,AU1", f"{PATH},1", f"{OTHER},2"), ("row 3, column AU1", "'2'")),
        (
            ("filepath,high_level_emotion", f"{PATH},angry"),
            (
                "row 2, column high_level_emotion",
                "negative, positive, surprise",
                "angry",
            ),
        ),
        (("filepath,AU1", f"{PATH},1,0"), ("row 2", "2 columns, found 3 cells")),
        (("filepath,AU1", "/etc/face.png,1"), ("row 2, filepath", "/etc/face.png")),
        (("filepath,AU1", "../S005/face.png,1"), ("row 2, filepath", "../S005")),
        (("filepath,AU1", "a/../../face.png,1"), ("stays in it", "a/../../face.png")),
        (("filepath,AU1", r"C:\faces\S005.png,1"), ("stays in it", "faces")),
        (("filepath,AU1", ",1"), ("row 2, filepath", "found ''")),
        (
            ("filepath,AU1", f"{PATH},1", f"{OTHER},1", f"{PATH[2:]},0"),
            ("row 4: image", "is already in data_labels.csv row 2"),
        ),
        (
            ("subject,filepath,AU1", f"S011,{PATH},1"),
            ("row 2, column subject", "S005", "'S011'"),
        ),
    ],
)
def test_refused(tmp_path, lines, parts):
    """A wrong table is refused with file, row, column, value and a rule."""
    message = refused(tmp_path, *lines)
    assert "data_labels.csv" in message
    for part in parts:
        assert part in message


def test_linked_folder(tmp_path):
    """An image folder that is a link out of the data folder is refused."""
    root = write_coursework(tmp_path / "data")
    (root / "cohn-kanade-images").rename(tmp_path / "elsewhere")
    (root / "cohn-kanade-images").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DataError, match=r"row 2: image .* through a link"):
        read(root, "ckplus")


def test_unreadable_file(tmp_path, monkeypatch):
    """A table that cannot be opened is refused with its name."""
    write_table(tmp_path, "filepath,AU1", f"{PATH},1")

    def denied(_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(table_checks, "read_bytes", denied)
    with pytest.raises(DataError, match=r"data_labels\.csv: .*Permission denied"):
        read(tmp_path, "ckplus")
