"""``models.predict``'s table: odd file names, and readers that close the pipe."""

import os
from pathlib import Path

import pytest

from data_pipeline.system.terminal import BROKEN_PIPE
from models.predict import main
from tests.factories.data.faces import drawn, drawn_rows
from tests.factories.exported_model import exported, rows_of
from tests.factories.runs import ended, run_main, started


def test_names_that_are_no_text(tmp_path):
    """Line breaks, quotes and bytes of another encoding in a name lose no line."""
    place = tmp_path / "in"
    place.mkdir()
    drawn(drawn_rows(1)[0])[0].save(tmp_path / "face.png")
    face = (tmp_path / "face.png").read_bytes()
    for name in (b'a,"b"\n.png', b"caf\xe9.png", "\u00fc.png".encode()):
        Path(os.fsdecode(os.fsencode(place) + b"/" + name)).write_bytes(face)
    Path(os.fsdecode(os.fsencode(place) + b"/\xff.png")).write_bytes(b"broken")
    table = tmp_path / "faces.csv"
    words = ("--model", exported(tmp_path), place, "--to", table)
    answer = run_main(main, *map(str, words))
    rows = rows_of(table.read_text(encoding="utf-8"))
    assert answer.code == 0
    assert sorted(row["file"].removeprefix(f"{place}/") for row in rows) == [
        "\\xff.png",
        'a,"b"\n.png',
        "caf\\xe9.png",
        "\u00fc.png",
    ]
    assert len({row["AU1"] for row in rows if not row["reason"]}) == 1


def printing(model, place, **variables):
    """Starts the command as a process that prints its table."""
    return started("models.predict", "--model", model, place, **variables)


def faces(folder, names):
    """Writes one drawn face under several names."""
    folder.mkdir()
    drawn(drawn_rows(1)[0])[0].resize((32, 32)).save(folder / names[0])
    for name in names[1:]:
        (folder / name).write_bytes((folder / names[0]).read_bytes())
    return folder


@pytest.mark.slow
def test_a_printed_table_is_utf_8(tmp_path):
    """Names are printed as UTF-8 even on an ASCII terminal."""
    place = faces(tmp_path / "in", ["\u00fc.png"])
    answer = ended(printing(exported(tmp_path), place, PYTHONIOENCODING="ascii"))
    (row,) = rows_of(answer.out)
    assert answer.code == 0
    assert row["file"] == str(place / "\u00fc.png")


@pytest.mark.slow
def test_who_reads_no_further_ends_it_quietly(tmp_path):
    """Where ``head`` has enough, the command ends without a word."""
    names = [f"{'long' * 50}{number}.png" for number in range(400)]
    process = printing(exported(tmp_path), faces(tmp_path / "in", names))
    assert process.stdout.readline().startswith("file,frame")
    process.stdout.close()
    with process.stderr as said_:
        assert said_.read() == ""
    assert process.wait(timeout=60) == BROKEN_PIPE


def test_others_may_read_the_table(tmp_path):
    """A table that is written has the mode of any new file, not a secret one's."""
    place, table = faces(tmp_path / "in", ["a.png"]), tmp_path / "a.csv"
    umask = os.umask(0o022)
    try:
        words = ("--model", exported(tmp_path), place, "--to", table)
        assert run_main(main, *map(str, words)).code == 0
    finally:
        os.umask(umask)
    assert table.stat().st_mode & 0o777 == 0o644
