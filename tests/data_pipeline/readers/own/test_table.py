"""Own data in a table: what columns mean, and what is refused with a way out."""

import pandas as pd
import pytest

from data_pipeline.config.data_config import DataConfig
from data_pipeline.development import read_table
from data_pipeline.readers import find
from data_pipeline.readers.own import sheet
from data_pipeline.system.errors import DataError, InputError, StudyError
from tests.factories.data.own import HEADER, WORDS, write_own_table, write_rows


def table_of(root, **keys):
    """Reads the table in a folder as a study with these keys does."""
    targets = ("emotion",)
    data = DataConfig(dataset="table", targets=targets, image_size=32, **keys)
    assert list(data.problems()) == []
    return read_table(root, data, lambda *_: None)


def test_words_are_found(tmp_path):
    """Without a list the classes are the words found, in the order of the alphabet."""
    table = table_of(write_own_table(tmp_path))
    assert table.words == WORDS
    assert len(table) == 48
    assert (table.source, table.channels) == ("table", 3)
    assert table.dimensions == ("valence", "arousal")


def test_listed_words(tmp_path):
    """A list gives the order and the spelling of the classes, also of absent ones."""
    words = ("Tense", "sleepy", "Calm")
    table = table_of(write_own_table(tmp_path), emotions=words, channels=1)
    assert table.words == words
    assert set(table.frame["emotion"]) == {"Tense", "Calm"}
    assert table.channels == 1


def test_mapped_columns(tmp_path):
    """Columns have any names; they are read as the study says, others are named."""
    root = write_rows(
        tmp_path,
        "file,who,subject,mood,smile,AU04_c,split,age",
        "a.png,ann,7,fine,1,0,Training,33",
        "b.png,bob,8,bad,0,,val,44",
    )
    columns = {
        "image": "FILE", "subject": "who", "emotion": "mood", "AU12": "smile",
        "part": "split",
    }  # fmt: skip
    table = table_of(root, columns=columns)
    assert table.frame["subject"].tolist() == ["ann", "bob"]
    assert table.frame["partition"].tolist() == ["train", "validation"]
    assert table.action_units == ("AU12", "AU4")
    assert table.frame["AU4"].isna().tolist() == [False, True]
    assert [each.reason.split()[2] for each in table.skipped] == ["subject"]
    assert "columns without a role: age" in table.understood
    assert "column smile is read as AU12" in table.understood


def test_empty_cells_are_unknown(tmp_path):
    """An empty label is masked, and the row is kept."""
    root = write_rows(tmp_path, HEADER, "a.png,,,,,nan,,,", "b.png,p,1,calm,1,0,1,-1,0")
    table = table_of(root)
    first = table.frame.iloc[0]
    assert first[["subject", "emotion"]].tolist() == [None, None]
    assert first[["AU1", "AU12", "valence"]].isna().all()


def test_units_that_nobody_coded(tmp_path):
    """A unit that is unknown in every row is left out, and named."""
    table = table_of(write_rows(tmp_path, "image,AU1,au 2", "a.png,1,", "b.png,0,NA"))
    assert table.action_units == ("AU1",)
    assert table.understood == ("unknown in every row, and left out: AU2",)


def test_intensities(tmp_path):
    """Intensities are present from the level that the study says, and are kept."""
    root = write_rows(tmp_path, "image,AU1", "a.png,0", "b.png,1", "c.png,2", "d.png,5")
    table = table_of(root, present_from=2)
    assert table.frame["AU1"].tolist() == [0, 0, 1, 1]
    assert table.frame["intensity_AU1"].tolist() == [0, 1, 2, 5]
    assert table_of(root, present_from=1).frame["AU1"].tolist() == [0, 1, 1, 1]


def test_intensities_of_their_own_columns(tmp_path):
    """A column of intensities says nothing of presence where another column does."""
    root = write_rows(
        tmp_path,
        "image,AU6,intensity_AU06,cheek",
        "a.png,1,0,2",
        "b.png,,,1",
        "c.png,0,5,",
    )
    columns = {"intensity_AU10": "cheek"}
    table = table_of(root, columns=columns, present_from=2)
    assert table.action_units == table.intensities == ("AU6", "AU10")
    assert table.frame["AU6"].tolist() == [1, pd.NA, 0]
    assert table.frame["intensity_AU6"].tolist() == [0, pd.NA, 5]
    assert table.frame["AU10"].tolist() == [1, 0, pd.NA]
    assert table.frame["intensity_AU10"].tolist() == [2, 1, pd.NA]
    assert "column cheek is read as intensity_AU10" in table.understood
    one = write_rows(tmp_path / "one", "image,AU1,AU6,intensity_AU6", "a.png,1,1,3")
    assert table_of(one).intensities == ("AU6",)


@pytest.mark.parametrize(
    ("header", "line", "words"),
    [
        ("intensity_AU6", "3", ("row 1", "intensity_AU6", "present_from", "AU6 =")),
        ("AU6,intensity_AU6", "3,3", ("row 2, column AU6", "0, 1 or", "in intensity_")),
        ("AU6,intensity_AU6", "1,6", ("row 2, column intensity_AU6", "0 to 5", "'6'")),
        ("AU6,intensity_AU6", "1,2.5", ("row 2, column intensity_AU6", "'2.5'")),
    ],
)
def test_wrong_intensities(tmp_path, header, line, words):
    """Intensities without presence, or out of range, are refused with the way out."""
    root = write_rows(tmp_path, f"image,{header}", f"a.png,{line}")
    with pytest.raises(DataError) as refused:
        table_of(root)
    assert all(word in str(refused.value) for word in words), refused.value


def test_votes(tmp_path):
    """Votes fill the categories of FER+; the emotion is the one with most votes."""
    root = write_rows(
        tmp_path,
        "image,votes_happiness,glad,votes_unknown",
        "a.png,6,2,1",
        "b.png,1,8,0",
        "c.png,1,1,7",
    )
    table = table_of(root, emotions="ferplus", columns={"votes_surprise": "glad"})
    assert table.frame["emotion"].tolist() == ["happiness", "surprise", None]
    assert table.vote_counts().sum(axis=1).tolist() == [9, 9, 9]


def test_subject_of_file_names(tmp_path):
    """A table without subjects takes them from the file names, if told how."""
    root = write_rows(tmp_path, "image,emotion", "x/p1_a.png,calm", "x/p2_a.png,tense")
    table = table_of(root, subject="^(p[0-9]+)_")
    assert table.frame["subject"].tolist() == ["p1", "p2"]


def test_parquet(tmp_path):
    """A Parquet file gives the table that the same CSV gives."""
    pytest.importorskip("pyarrow")
    root = write_own_table(tmp_path / "csv")
    plain = table_of(root)
    frame = pd.read_csv(root / "faces.csv")
    (root / "faces.csv").unlink()
    frame.to_parquet(root / "faces.parquet")
    table = table_of(root)
    assert table.fingerprint() == plain.fingerprint()
    assert table.frame["place"].iloc[0] == "faces.parquet row 2"


@pytest.mark.parametrize(
    ("keys", "found"),
    [({"separator": ";"}, "separator = ';'"), ({"header": False}, "header = false")],
)
def test_a_parquet_table_has_its_own_form(tmp_path, keys, found):
    """Keys of a text file's form are refused, because nothing would come of them."""
    (tmp_path / "faces.parquet").write_bytes(b"PAR1")
    with pytest.raises(StudyError) as refused:
        table_of(tmp_path, **keys)
    key = next(iter(keys))
    for word in (f"[data] {key}", "faces.parquet", found, "drop the key"):
        assert word in str(refused.value)


def test_not_parquet(tmp_path):
    """A file that is no Parquet table is refused with the way out."""
    (tmp_path / "faces.parquet").write_bytes(b"PAR1 and no more")
    pytest.importorskip("pyarrow")
    with pytest.raises(DataError, match=r"not a Parquet table.*save it as CSV"):
        table_of(tmp_path)


def test_without_pyarrow(tmp_path, monkeypatch):
    """Without pyarrow a Parquet file is refused with the command to install it."""

    def missing(name):
        raise ImportError(name)

    (tmp_path / "faces.parquet").write_bytes(b"PAR1")
    monkeypatch.setattr(sheet, "import_module", missing)
    with pytest.raises(DataError, match="pip install pyarrow"):
        sheet.read_sheet(tmp_path / "faces.parquet")


def test_the_table_itself(tmp_path):
    """A table among others is read if it is named itself, and not if it is not."""
    root = write_own_table(tmp_path)
    write_rows(root, "a,b", "1,2", name="other.csv")
    assert len(table_of(root / "faces.csv")) == 48
    with pytest.raises(DataError, match=r"no known layout.*--data FILE"):
        find(root, "table")


BAD = {
    "no image": (("path,emotion", "a.png,calm"), {}, ["row 1", "path", "image =", "["]),
    "no label": (("image,age", "a.png,3"), {}, ["row 1", "labels", "emotion ="]),
    "no such column": (
        ("image,emotion", "a.png,calm"),
        {"columns": {"subject": "persn"}},
        ["row 1", 'subject = "persn"', "image, emotion"],
    ),
    "two columns of one role": (
        ("image,AU12,au12_c", "a.png,1,1"),
        {},
        ["AU12 and au12_c", "AU12 =", "row 1"],
    ),
    "two columns of one name": (
        ("image,emotion,emotion", "a.png,1,1"),
        {},
        ["row 1", "emotion", "rename"],
    ),
    "outside the words": (
        ("image,mood", "a.png,calm", "b.png,angry", "c.png,tense"),
        {"columns": {"emotion": "mood"}, "emotions": WORDS},
        ["row 3, column mood", "'angry'", "calm, tense", "[data] emotions"],
    ),
    "two spellings": (
        ("image,emotion", "a.png,calm", "b.png,Calm"),
        {},
        ["row 3", "'Calm'", "row 2", "[data] emotions"],
    ),
    "intensity": (
        ("image,AU4", "a.png,0", "b.png,3"),
        {},
        ["row 3, column AU4", "'3'", "present_from"],
    ),
    "beyond intensity": (
        ("image,AU4", "a.png,9"),
        {"present_from": 2},
        ["row 2, column AU4", "'9'", "0 to 5"],
    ),
    "fraction": (("image,AU4", "a.png,0.5"), {"present_from": 2}, ["'0.5'"]),
    "valence": (
        ("image,valence,arousal", "a.png,-2,0"),
        {},
        ["row 2, column valence", "'-2'", "-1 to 1", "rescale"],
    ),
    "part": (
        ("image,emotion,part", "a.png,calm,third"),
        {},
        ["row 2, column part", "'third'", "train"],
    ),
    "votes": (
        ("image,votes_fear", "a.png,many"),
        {"emotions": "ferplus"},
        ["row 2, column votes_fear", "'many'"],
    ),
    "cells": (("image,emotion", "a.png,calm,1"), {}, ["row 2", "2 columns", "3 cells"]),
    "twice": (("image,emotion", "a.png,calm", "a.png,calm"), {}, ["row 3", "row 2"]),
    "outside": (("image,emotion", "../a.png,calm"), {}, ["row 2, column image", ".."]),
    "no rows": (("image,emotion",), {}, ["no rows"]),
    "subject in both": (
        ("image,subject,emotion", "p1.png,ann,calm"),
        {"subject": "(p1)"},
        ["[data] subject", "column subject", "drop the key"],
    ),
    "no subject found": (
        ("image,emotion", "ann.png,calm"),
        {"subject": "^(p[0-9]+)_"},
        ["[data] subject", "none of 1", "'ann.png'"],
    ),
    "emotion and votes": (
        ("image,emotion,votes_fear", "a.png,calm,3"),
        {},
        ["emotion and votes_fear"],
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_refused(tmp_path, name):
    """Bad input is refused with the place, the value and the way out."""
    lines, keys, words = BAD[name]
    with pytest.raises(InputError) as caught:
        table_of(write_rows(tmp_path, *lines), **keys)
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert word in message
