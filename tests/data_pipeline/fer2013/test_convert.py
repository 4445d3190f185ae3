"""Laws of the command that writes FER2013's images and labels."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from data_pipeline import ferplus
from data_pipeline.fer2013 import convert
from data_pipeline.fer2013.convert import write_tree
from data_pipeline.fer2013.fer2013_csv import read_fer2013
from data_pipeline.fer2013.ferplus_csv import read_ferplus
from data_pipeline.readers import read
from data_pipeline.system.errors import DataError
from tests.factories.data.fer2013 import (
    FERPLUS_ROWS,
    pixels,
    write_fer2013,
    write_votes,
)


@pytest.fixture
def tables(tmp_path):
    """The two tables of one fixture."""
    return write_fer2013(tmp_path), write_votes(tmp_path)


def contents(folder):
    """Reads every file."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def image(path):
    """Reads the pixels of a file."""
    with Image.open(path) as opened:
        assert opened.mode == "L"
        return np.asarray(opened)


def test_pixels_and_votes_of_one_row(tables, tmp_path):
    """Every image has the votes of its own row, also with repeated names."""
    write_tree(*tables, tmp_path / "out")
    table = read(tmp_path / "out", "ferplus")
    rows = [row for row, text in enumerate(FERPLUS_ROWS) if ",," not in text]
    assert len(table) == len(rows)
    by_votes = {tuple(map(int, FERPLUS_ROWS[row].split(",")[2:])): row for row in rows}
    for place, votes in zip(table.frame["image"], table.vote_counts(), strict=True):
        row = by_votes.pop(tuple(votes.tolist()))
        assert (image(table.root / place) == pixels(row)).all()
    assert not by_votes


@pytest.mark.parametrize("header", ["emotion,pixels,Usage", "emotion, Usage, pixels"])
def test_both_orders(tmp_path, header):
    """Both header orders give the same rows."""
    faces = list(read_fer2013(write_fer2013(tmp_path, header=header)))
    for row, face in enumerate(faces):
        assert face.index == row
        assert face.usage == FERPLUS_ROWS[row].partition(",")[0]
        assert (face.pixels == pixels(row)).all()
    assert [str(face.emotion) for face in faces[:7]] == [
        *("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral"),
    ]


def test_without_votes(tables, tmp_path):
    """Without votes every row has an image, in the folder of its own label."""
    written = write_tree(tables[0], None, tmp_path / "out")
    assert written.images == len(FERPLUS_ROWS)
    table = read(tmp_path / "out", "fer2013")
    assert len(table) == len(FERPLUS_ROWS)
    assert (
        image(tmp_path / "out" / "test" / "sadness" / "PrivateTest_11.png")
        == pixels(11)
    ).all()


def test_goes_on(tables, tmp_path, monkeypatch):
    """A call that was stopped anywhere leaves no folder, and the next completes it."""
    write_tree(*tables, tmp_path / "whole")
    whole = contents(tmp_path / "whole")
    written = convert.png
    for stop in (0, 5, 11):
        out = tmp_path / f"stopped{stop}"
        calls = iter(range(99))

        def stopping(face, calls=calls, stop=stop):
            if next(calls) == stop:
                raise KeyboardInterrupt
            return written(face)

        monkeypatch.setattr(convert, "png", stopping)
        with pytest.raises(KeyboardInterrupt):
            write_tree(*tables, out)
        assert not out.exists()
        drawn = []
        monkeypatch.setattr(
            convert,
            "png",
            lambda face, drawn=drawn: drawn.append(face) or written(face),
        )
        write_tree(*tables, out)
        monkeypatch.setattr(convert, "png", written)
        assert contents(out) == whole
        assert len(drawn) == 12 - stop
        assert not (tmp_path / f".{out.name}.growing").exists()


def test_again(tables, tmp_path):
    """A finished tree is left as it is; other tables never write over it."""
    out = tmp_path / "out"
    assert write_tree(*tables, out).new
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    assert not write_tree(*tables, out).new
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == before
    with pytest.raises(DataError, match=r"holds other files.*name a new folder"):
        write_tree(tables[0], None, out)


@pytest.mark.parametrize("voted", [True, False])
def test_lost(tables, tmp_path, voted):
    """Only the missing files of a finished tree are written again."""
    fer, votes, out = tables[0], tables[1] if voted else None, tmp_path / "out"
    write_tree(fer, votes, out)
    whole = contents(out)
    kept = {path: path.stat().st_ino for path in out.rglob("*.png")}
    lost = [sorted(kept)[4], *out.rglob("label.csv")]
    for path in lost:
        path.unlink()
    assert write_tree(fer, votes, out).new
    assert contents(out) == whole
    same = [path for path in kept if path.stat().st_ino == kept[path]]
    assert set(kept) - set(same) <= {lost[0]}
    assert not write_tree(fer, votes, out).new


def test_at_once(tables, tmp_path):
    """Of calls at once one writes the tree, and the others find it; no lock stays."""
    out = tmp_path / "out"
    with ThreadPoolExecutor(4) as pool:
        written = list(pool.map(lambda _: write_tree(*tables, out).new, range(4)))
    assert sorted(written) == [False, False, False, True]
    assert list(tmp_path.glob(".out*")) == []


def test_stopped_before_its_first_file(tables, tmp_path):
    """An empty folder of a stopped call is continued."""
    growing = tmp_path / ".out.growing"
    growing.mkdir()
    (growing / ".origin.json.part").write_text('{"fer')
    assert write_tree(*tables, tmp_path / "out").new


def test_left_over_of_other_tables(tables, tmp_path):
    """Files of other tables are not mixed in."""
    growing = tmp_path / ".out.growing"
    growing.mkdir()
    (growing / "origin.json").write_text('{"fer": "other", "ferplus": null}')
    with pytest.raises(DataError, match="remove this folder"):
        write_tree(*tables, tmp_path / "out")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows[:-1], "13 in all|more than 12 rows"),
        (lambda rows: [*rows, rows[-1]], "found 13 rows"),
        (lambda rows: [rows[0], rows[7], *rows[2:]], "Usage Training in row 3"),
    ],
)
def test_tables_that_do_not_fit(tmp_path, change, message):
    """Votes of other rows are refused, and nothing is published."""
    votes = write_votes(tmp_path, change(list(FERPLUS_ROWS)))
    with pytest.raises(DataError, match=message):
        write_tree(write_fer2013(tmp_path), votes, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "columns are emotion, pixels and Usage"),
        ("pixels\n1 2", "columns are emotion, pixels and Usage"),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:3b\n", "git lfs pull"),
        ("<!DOCTYPE html>\n", "web page"),
        ("emotion,pixels,Usage\n7,0,Training\n", "row 2: emotion.*found '7'"),
        ("emotion,pixels,Usage\n0,0,Test\n", "row 2: Usage.*found 'Test'"),
        ("emotion,pixels,Usage\n0,1 2 3,Training\n", "row 2: pixels are 2304"),
        ("emotion,pixels,Usage\n0,1 x 3,Training\n", "row 2: pixels are whole"),
        (f"emotion,pixels,Usage\n0,{'256 ' * 2304},Training\n", "from 0 to 255"),
        (f"emotion,pixels,Usage\n0,{'-1 ' * 2304},Training\n", "from 0 to 255"),
        ("emotion,pixels,Usage\n0,1\n", "row 2: a row has 3 cells"),
    ],
)
def test_wrong_pixels(tmp_path, text, message):
    """A row with wrong pixels is refused with its number; no tree appears."""
    path = tmp_path / "fer2013.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=message):
        write_tree(path, None, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("Training,fer0000000.png,4,0,0,1,3,2,0,0,0", "line 2: a row has 12 cells"),
        ("Test,fer0000000.png,4,0,0,1,3,2,0,0,0,0", "line 2: the Usage"),
        ("Training,../0.png,4,0,0,1,3,2,0,0,0,0", "line 2: an image name"),
        ("Training,0.png,4,0,0,1,3,2,0,0,0,9", "line 2: votes are counts"),
    ],
)
def test_wrong_votes(tmp_path, row, message):
    """A wrong row of votes is refused with its line."""
    with pytest.raises(DataError, match=message):
        read_ferplus(write_votes(tmp_path, [row]))


def test_wrong_header(tmp_path):
    """Another table in place of the votes is refused."""
    with pytest.raises(DataError, match="line 1: the header is Usage,Image name,neut"):
        read_ferplus(write_fer2013(tmp_path))


def test_command(tables, tmp_path, capsys):
    """The command prints what it wrote, and answers wrong input with 2."""
    words = ["--fer", str(tables[0]), "--ferplus", str(tables[1])]
    assert ferplus.main([*words, "--out", str(tmp_path / "out")]) == 0
    assert "12 images written, 1 rows have no face" in capsys.readouterr().out
    assert ferplus.main([*words, "--out", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert ferplus.main(["--fer", "none.csv", "--out", str(tmp_path / "x")]) == 2
    assert "none.csv" in capsys.readouterr().err


def test_progress(tables, tmp_path):
    """Progress counts rows, and all rows where the votes give their number."""
    calls = []
    write_tree(*tables, tmp_path / "out", lambda *counts: calls.append(counts))
    assert calls
    assert all(total == len(FERPLUS_ROWS) for _, total in calls)
    assert all(one[0] < other[0] for one, other in pairwise(calls))
