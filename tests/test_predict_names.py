"""``models.predict`` and names of files that a table can hardly hold."""

import os
from pathlib import Path

from models.predict import main
from tests.strategies_faces import drawn, drawn_rows
from tests.strategies_runs import said
from tests.strategies_use import exported, rows_of


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
    answer = said(main, *map(str, words))
    rows = rows_of(table.read_text(encoding="utf-8"))
    assert answer.code == 0
    assert sorted(row["file"].removeprefix(f"{place}/") for row in rows) == [
        "\\xff.png",
        'a,"b"\n.png',
        "caf\\xe9.png",
        "\u00fc.png",
    ]
    assert len({row["AU1"] for row in rows if not row["reason"]}) == 1
