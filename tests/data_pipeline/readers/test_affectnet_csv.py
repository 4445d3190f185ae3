"""The lists of AffectNet's full release: rows, left-out lines and refusals."""

import pandas as pd
import pytest

from data_pipeline.readers import read
from data_pipeline.system.errors import DataError
from tests.factories.data.affectnet import (
    LINES,
    labels,
    line,
    skipped,
    write_full,
    write_lists,
)


def test_csv(tmp_path):
    """None has ratings and no emotion; Uncertain and No-Face have nothing."""
    found = labels(write_full(tmp_path))
    folder = "Manually_Annotated/Manually_Annotated_Images"
    assert list(found.items()) == [
        (f"{folder}/689/737db2483489148d.jpg", ("happiness", 0.785714, -0.0555556)),
        (f"{folder}/2/9db2af5a1da8bd77.jpg", (None, 0.25, -0.125)),
        (f"{folder}/994/8fb7a123f36ae89b.jpg", (None, None, None)),
        (f"{folder}/994/0b7a123f36ae89be.jpg", (None, None, None)),
        (f"{folder}/1/a4be71d0f3.jpg", ("anger", -0.5, 0.75)),
    ]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("689/half a line", "9 columns were expected, found 1"),
        (line("3/x.jpg", 4, "11,0,0"), "an expression is 0 .neutral. to 7"),
        (line("3/x.jpg", 4, "1.5,0,0"), "found 1.5"),
        (line("3/x.jpg", 4, "1,0,-1.01"), "arousal is -1 to 1, or -2"),
        (line("3/x.jpg", 4, ",,"), "expression is a number, found ''"),
        (line("../3/x.jpg", 4, "1,0,0"), "stays in the image folder"),
        (line("", 4, "1,0,0"), "stays in the image folder"),
        (line("2/9db2af5a1da8bd77.jpg", 4, "1,0,0"), "already in .* line 3"),
    ],
)
def test_csv_skipped(tmp_path, wrong, message):
    """A malformed line and an impossible label are left out, with file and line."""
    root = write_full(tmp_path)
    write_lists(root, {**LINES, "training.csv": (*LINES["training.csv"], wrong)})
    ((place, reason),) = skipped(root)
    assert place == "Manually_Annotated_file_lists/training.csv line 6"
    assert pd.Series([reason]).str.contains(message).all(), reason
    assert len(labels(root)) == 5


@pytest.mark.parametrize("end", ["\r\n", "\n\n"])
def test_csv_ends(tmp_path, end):
    """Windows line ends and empty lines change nothing."""
    plain = labels(write_full(tmp_path))
    assert labels(write_lists(tmp_path, end=end)) == plain


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<!DOCTYPE html><p>Sign in", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid 1", "git lfs pull"),
        (b"emotion,pixels\n1,2\n", "line 1: the columns subDirectory_filePath, expr"),
    ],
)
def test_csv_refused(tmp_path, content, message):
    """Other content in place of a list is refused with its path."""
    root = write_full(tmp_path)
    path = root / "Manually_Annotated_file_lists/training.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        read(root, "affectnet")
    assert str(path) in str(caught.value)


def test_csv_no_images(tmp_path):
    """Lists without an image folder are refused with the folders looked for."""
    with pytest.raises(DataError, match="Manually_Annotated_Images"):
        read(write_lists(tmp_path), "affectnet")


def test_csv_nothing(tmp_path):
    """Lists without one readable line are refused."""
    write_lists(write_full(tmp_path), dict.fromkeys(LINES, ("nothing",)))
    with pytest.raises(DataError, match=r"no readable line.*line 2"):
        read(tmp_path, "affectnet")
