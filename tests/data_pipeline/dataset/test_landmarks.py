"""Landmarks as each data set has them: found, read as floats, or not there."""

import numpy as np
import pytest
from PIL import Image

from data_pipeline.dataset.landmarks import FOLDERS, read_landmarks
from data_pipeline.dataset.sequence_frames import Frames
from data_pipeline.readers import read
from data_pipeline.system.errors import DataError
from tests.strategies.tables import write_coursework, write_official

POINTS = np.arange(136, dtype=np.float32).reshape(68, 2) * 2.5


def matlab(points):
    """Writes points as the distribution does."""
    return "".join(f"   {x:.7e}   {y:.7e}\n" for x, y in points)


def write_points(root, text, folder="Landmarks", frame=11):
    """Writes the landmarks of one frame of S005/001."""
    path = root / folder / f"S005/001/S005_001_{frame:08d}_landmarks.txt"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return path


@pytest.fixture
def root(tmp_path):
    """Gives the official fixture tree, without landmarks."""
    return write_official(tmp_path / "tree")


@pytest.mark.parametrize("folder", FOLDERS)
def test_ckplus(root, folder):
    """The 68 lines of a frame are its points, with or without a wrapper folder."""
    write_points(root, matlab(POINTS), folder)
    found = read_landmarks(read(root, "ckplus"), 0)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, POINTS)


def test_each_frame(root):
    """Every frame has its own landmarks: the neutral one those of the first."""
    write_points(root, matlab(POINTS), frame=1)
    table = read(root, "ckplus", Frames(neutral="first"))
    np.testing.assert_array_equal(read_landmarks(table, 0), POINTS)
    assert read_landmarks(table, 1) is None


def test_none(root, tmp_path):
    """Nothing is made up where a frame has no file, or a data set no landmarks."""
    table = read(root, "ckplus")
    assert {read_landmarks(table, row) is None for row in range(len(table))} == {True}
    coursework = read(write_coursework(tmp_path / "course"), "ckplus")
    assert read_landmarks(coursework, 0) is None


def test_drawn(official):
    """The drawn official tree has landmarks of each frame, in the frame."""
    table = read(official, "ckplus", Frames(neutral="first"))
    for row in range(0, len(table), 9):
        points = read_landmarks(table, row)
        with Image.open(table.root / table.frame["image"][row]) as image:
            assert (points[17:] >= 0).all()
            assert (points[17:] < image.size).all()


@pytest.mark.parametrize(
    "text",
    ["", "   1.0e+00   2.0e+00\n", matlab(POINTS)[:-20], "x " * 136, "nan " * 136],
)
def test_refused(root, text):
    """Anything but 68 points is refused with the path of the file."""
    path = write_points(root, text)
    with pytest.raises(DataError, match="68 landmarks") as caught:
        read_landmarks(read(root, "ckplus"), 0)
    assert str(path) in str(caught.value)
