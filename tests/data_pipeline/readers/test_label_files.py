"""Damaged label files: one message, whatever they contain."""

import csv
import io
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.dataset.landmarks import read_landmarks
from data_pipeline.demographics.table import read_demographics
from data_pipeline.fer2013.fer2013_csv import read_fer2013
from data_pipeline.fer2013.ferplus_csv import HEADER, read_ferplus, read_label_csv
from data_pipeline.files.npy_scalar import read_scalar
from data_pipeline.readers import read
from data_pipeline.system.errors import DataError
from tests.factories.data.affectnet import (
    HEADER as LIST_HEADER,
)
from tests.factories.data.affectnet import (
    LINES,
    line,
    skipped,
    write_full,
    write_labels,
    write_lists,
    write_npy,
)
from tests.strategies.tables import write_label, write_official, write_table

PATH = "cohn-kanade-images/S005/001/S005_001_00000011.png"
LONG = 2000
"""Characters that no message has, whatever was found."""

VOTES = "4,0,0,1,3,2,0,0,0,0"
LABEL = f'fer0000000.png,"(0, 0, 48, 48)",{VOTES}'
DIGITS = "9" * 5000
HUGE = "1" * (csv.field_size_limit() + 1)


def refused(reading, path, content):
    """Writes a file; returns the short message that refuses it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        reading(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    assert len(message) < LONG
    return message


def coursework(path):
    """Reads a coursework table."""
    return read(path, "ckplus")


def faces(path):
    """Reads a table of pixels whole."""
    return list(read_fer2013(path))


READINGS = {
    "coursework": (coursework, "filepath,AU1", f"{PATH},{{}}"),
    "votes": (read_ferplus, ",".join(HEADER), f"Training,0.png,{{}}{VOTES[1:]}"),
    "pixels": (
        lambda p: list(read_fer2013(p)),
        "emotion,pixels,Usage",
        "0,{},Training",
    ),
    "people": (read_demographics, "subject,sex,age,ethnicity", "S1,f,{},a"),
}
"""Table -> how it is read, its header, and a row with a cell to fill."""


@pytest.mark.parametrize("cell", [DIGITS, HUGE, "\uff11", "1_0", "1\0", '"', "-1"])
@pytest.mark.parametrize("name", READINGS)
def test_cells(tmp_path, name, cell):
    """A cell that is no number of that table is refused in one short message."""
    reading, header, row = READINGS[name]
    text = f"{header}\n{row.format(cell)}\n"
    refused(reading, tmp_path / "table.csv", text.encode())


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("name", READINGS)
def test_other_encodings(tmp_path, name, codec):
    """A table in two or four bytes a letter is refused in one short message."""
    reading, header, row = READINGS[name]
    text = f"{header}\n{row.format(1)}\n"
    refused(reading, tmp_path / "table.csv", text.encode(codec))


@pytest.mark.parametrize("name", READINGS)
def test_header_alone(tmp_path, name):
    """A table with a header and no row is an error."""
    reading, header, _ = READINGS[name]
    message = refused(reading, tmp_path / "table.csv", f"{header}\n".encode())
    assert "header" in message


def test_list_with_a_header_alone(tmp_path):
    """A list of AffectNet with a header and no line is an error, the others full."""
    root = write_full(tmp_path)
    path = root / "Manually_Annotated_file_lists/validation.csv"
    path.write_text(f"{LIST_HEADER}\n")
    with pytest.raises(DataError, match=r"validation\.csv: the list has a header"):
        read(root, "affectnet")


@pytest.mark.parametrize("start", ["\ufeff", ""])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_marks_and_line_ends(tmp_path, start, end):
    """A byte-order mark and any line ends change nothing in a table."""
    tables = {
        coursework: ["filepath,AU1", f"{PATH},1"],
        read_ferplus: [",".join(HEADER), f"Training,0.png,{VOTES}"],
        read_label_csv: [LABEL],
        faces: [
            "emotion,pixels,Usage",
            f"0,{'7 ' * 2304},Training",
        ],
        read_demographics: ["subject,sex,age,ethnicity", "S1,f,20,a"],
    }
    path = tmp_path / "table.csv"
    for reading, lines in tables.items():
        path.write_bytes((start + "".join(f"{row}{end}" for row in lines)).encode())
        found = reading(path)
        rows = found.people if reading is read_demographics else found
        assert len(rows) == 1


def test_lone_carriage_returns_of_a_list(tmp_path):
    """A list of AffectNet with lone carriage returns is refused."""
    root = write_full(tmp_path)
    write_lists(root, end="\r")
    with pytest.raises(DataError, match="carriage returns only"):
        read(root, "affectnet")


def test_column_twice_in_a_list(tmp_path):
    """A list of AffectNet with a column twice is refused."""
    root = write_full(tmp_path)
    path = root / "Manually_Annotated_file_lists/training.csv"
    path.write_text(f"{LIST_HEADER},valence\n")
    with pytest.raises(DataError, match="valence' occur twice"):
        read(root, "affectnet")


@pytest.mark.parametrize("kind", ["facs", "emotion"])
@pytest.mark.parametrize("word", ["\uff11", "1_0", DIGITS, "1e999", "0x1", "\u0661"])
def test_facs_numbers(tmp_path, kind, word):
    """FACS and emotion files accept ASCII digits of a sane length only."""
    root = write_official(tmp_path)
    folder = {"emotion": "Emotion", "facs": "FACS"}[kind]
    text = f"   {word}\n" if kind == "emotion" else f"   {word}   2.0e+00\n"
    path = write_label(root / folder, "S005", "001", kind, text)
    with pytest.raises(DataError) as caught:
        read(root, "ckplus")
    assert str(path) in str(caught.value)
    assert len(str(caught.value)) < LONG


def test_unit_twice(tmp_path):
    """A repeated unit in a FACS file is an error with its line."""
    root = write_official(tmp_path)
    text = "   1.0e+00   2.0e+00\n   4.0e+00   0.0e+00\n   1.0e+00   3.0e+00\n"
    write_label(root / "FACS", "S005", "001", "facs", text)
    with pytest.raises(
        DataError, match="line 3: action unit 1 is already in an earlier"
    ):
        read(root, "ckplus")


@pytest.mark.parametrize("value", ["\uff11", "1_0", DIGITS[:3000], "1e999", "\u0661"])
def test_affectnet_numbers(tmp_path, value):
    """AffectNet's labels accept ASCII digits only, in files and in lists."""
    root = write_full(tmp_path / "lists")
    wrong = line("3/x.jpg", 4, f"1,0,{value}")
    write_lists(root, {**LINES, "training.csv": (*LINES["training.csv"], wrong)})
    ((_, reason),) = skipped(root)
    assert "arousal is a number" in reason
    assert len(reason) < LONG
    if len(value) < 900:  # more does not fit into a file of one value
        write_labels(tmp_path / "npy", 1, "1", "0", "0")
        write_labels(tmp_path / "npy", 2, "1", "0", value)
        ((_, reason),) = skipped(tmp_path / "npy")
        assert "arousal is a number" in reason


def saved(value):
    """Gives the bytes of a file of one value."""
    file = io.BytesIO()
    np.save(file, value)
    return file.getvalue()


HEADS = (
    b"(" * 3000,
    b"{'descr': '<U1', 'fortran_order': False, 'shape': (" + b"9" * 3000 + b",), }",
    b"{'descr': '<U99999999999', 'fortran_order': False, 'shape': (), }",
    b"{'descr': '<i3', 'fortran_order': False, 'shape': (), }",
    b"{'descr': '|O', 'fortran_order': False, 'shape': (), }",
    b"{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (), }",
    b"{'descr': '<U0', 'fortran_order': False, 'shape': (), }",
    b"__import__('os').abort()",
    b"\xff\xfe",
    b"",
)


@pytest.mark.parametrize("head", HEADS)
def test_npy_heads(tmp_path, head):
    """A head of nonsense is a ValueError in one line, and nothing of it is run."""
    path = tmp_path / "0_exp.npy"
    size = len(head).to_bytes(2, "little")
    path.write_bytes(b"\x93NUMPY\x01\x00" + size + head + b"\0" * 64)
    with pytest.raises(ValueError, match=r"^[^\n]{1,300}$"):
        read_scalar(str(path))


@pytest.mark.parametrize("last", [b"\xff\xff\xff\xff", b"\x00\x00\x11\x00"])
def test_npy_characters(tmp_path, last):
    """Text with a character beyond Unicode is a ValueError."""
    path = tmp_path / "0_exp.npy"
    path.write_bytes(saved(np.array("1", "<U1"))[:-4] + last)
    with pytest.raises(ValueError, match="no characters"):
        read_scalar(str(path))


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_npy_changed(tmp_path_factory, data):
    """A file of which any bytes are changed is read, or is a ValueError."""
    content = bytearray(saved(np.array(data.draw(st.sampled_from(["1", "-0.5"])))))
    places = st.integers(0, len(content) - 1)
    for place in data.draw(st.lists(places, min_size=1, max_size=4)):
        content[place] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("npy") / "0_exp.npy"
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    with suppress(ValueError):
        assert isinstance(read_scalar(str(path)), str)


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.int8, np.int64, np.bytes_])
@pytest.mark.parametrize("shape", [(), (1,), (1, 1)])
def test_npy_kinds(tmp_path, kind, shape):
    """Every kind that copies of the release have is read as NumPy reads it."""
    value = np.full(shape, kind(1))
    path = tmp_path / "0_exp.npy"
    np.save(path, value)
    found = np.load(path).reshape(-1)[0]
    expected = found.decode() if isinstance(found, bytes) else str(found)
    assert read_scalar(str(path)) == expected


def test_header_of_nonsense(tmp_path):
    """A header of thousands of names is refused in one short message."""
    names = ",".join(f"{'x' * 300}{number}" for number in range(3000))
    write_table(tmp_path, names, "1")
    with pytest.raises(DataError) as caught:
        read(tmp_path, "ckplus")
    assert len(str(caught.value)) < 3000


@pytest.mark.parametrize("head", HEADS)
def test_landmark_heads(tmp_path, head):
    """Landmarks in a file with a head of nonsense are refused by its path."""
    root = write_npy(tmp_path)
    path = root / "train_set/annotations/3_lnd.npy"
    size = len(head).to_bytes(2, "little")
    path.write_bytes(b"\x93NUMPY\x01\x00" + size + head + b"\0" * 64)
    table = read(root, "affectnet")
    row = table.frame["image"].tolist().index("train_set/images/3.jpg")
    with pytest.raises(DataError, match="landmarks cannot be read") as caught:
        read_landmarks(table, row)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("word", ["\uff11", "1_0", DIGITS, "1e300", "nan"])
def test_landmark_numbers(tmp_path, word):
    """Landmarks accept ASCII digits only, for places that an image can have."""
    root = write_official(tmp_path)
    name = "Landmarks/S005/001/S005_001_00000011_landmarks.txt"
    (root / name).parent.mkdir(parents=True)
    (root / name).write_text(f"   {word}   2.0e+00\n" + "   1.0e+00   2.0e+00\n" * 67)
    with pytest.raises(DataError, match="68 landmarks of two numbers"):
        read_landmarks(read(root, "ckplus"), 0)
