"""Layouts that are no plain table or folders: the keys that describe them."""

import pytest

from data_pipeline.config.data_config import DataConfig
from data_pipeline.development import read_table
from data_pipeline.system.errors import DataError, StudyError
from tests.factories.data.own import write_rows
from tests.strategies.tables import write_image


def data_of(dataset, **keys):
    """Returns the section of a study with these keys."""
    return DataConfig(dataset=dataset, targets=("emotion",), image_size=32, **keys)


def table_of(root, dataset="table", **keys):
    """Reads own data as a study with these keys does."""
    data = data_of(dataset, **keys)
    assert list(data.problems()) == []
    return read_table(root, data, lambda *_: None)


LIST = {
    "table": "labels/list.txt",
    "separator": " ",
    "header": False,
    "columns": {"image": "faces/{1.stem}_aligned.jpg", "emotion": "2"},
    "words": {"1": "surprise", "2": "fear"},
    "part": "^(train|test)_",
}


def write_list(root, *lines):
    """Writes a list without a header in a folder of its own."""
    write_rows(root / "labels", *lines, name="list.txt")
    return root


def test_a_list_without_a_header(tmp_path):
    """Columns without names are numbers; a path is made of cells, words are given."""
    root = write_list(tmp_path, "train_1.jpg 1", "train_2.jpg  2 ", "test_1.jpg 1")
    table = table_of(root, **LIST)
    assert table.root == root
    assert table.frame["image"].tolist() == [
        "faces/train_1_aligned.jpg",
        "faces/train_2_aligned.jpg",
        "faces/test_1_aligned.jpg",
    ]
    assert table.frame["emotion"].tolist() == ["surprise", "fear", "surprise"]
    assert table.frame["partition"].tolist() == ["train", "train", "test"]
    assert table.frame["place"].tolist()[0] == "list.txt row 1"
    assert "1 is read as surprise" in table.understood


def test_a_named_table_in_a_wrapped_folder(tmp_path):
    """The table that a study names is found in the folder that an archive added."""
    write_list(tmp_path / "basic", "train_1.jpg 1", "test_1.jpg 2")
    assert table_of(tmp_path, **LIST).root == tmp_path / "basic"


@pytest.mark.parametrize(
    ("header", "line"),
    [
        ("image;emotion", "a.png;calm"),
        ("\ufeffimage\temotion", "a.png\tcalm"),
        ("'image', 'emotion','note'", "'a.png', 'calm','so, so'"),
        ('"image","emotion"', '"a.png","calm"'),
    ],
)
def test_separators_are_found(tmp_path, header, line):
    """A comma, semicolon or tab separates cells, and either mark quotes them."""
    table = table_of(write_rows(tmp_path, header, line))
    assert table.frame[["image", "emotion"]].values.tolist() == [["a.png", "calm"]]


def test_joined_columns(tmp_path):
    """Subject, sequence and image can be made of columns; an empty cell is unknown."""
    lines = (
        "site,who,clip,frame,emotion",
        "x,1,2,007,calm",
        "y,1,2,008,calm",
        ",1,2,9,",
    )
    columns = {
        "image": "{SITE}{who}/{frame}.png",
        "subject": "{site}-{who}",
        "sequence": "{site}-{who}-{clip}",
    }
    table = table_of(write_rows(tmp_path, *lines[:3]), columns=columns)
    assert table.frame["image"].tolist() == ["x1/007.png", "y1/008.png"]
    assert table.frame["subject"].tolist() == ["x-1", "y-1"]
    assert table.frame["sequence"].tolist() == ["x-1-2", "y-1-2"]
    assert table.skipped == ()
    del columns["image"]
    columns["image"] = "{frame}.png"
    table = table_of(write_rows(tmp_path, *lines), columns=columns)
    assert table.frame["subject"].tolist() == ["x-1", "y-1", None]


def test_missing_values(tmp_path):
    """Cells that the study calls missing are unknown in every column but the image."""
    root = write_rows(
        tmp_path, "image,emotion,AU1,AU2", "999,calm,999,1", "b.png,None,0,999"
    )
    table = table_of(root, missing=["999", "none"])
    assert table.frame["image"].tolist() == ["999", "b.png"]
    assert table.frame["emotion"].tolist() == ["calm", None]
    assert table.frame["AU1"].isna().tolist() == [True, False]
    assert table.frame["AU2"].isna().tolist() == [False, True]


def write_people(root):
    """Writes faces in folders of people and emotions, with names that vary in case."""
    paths = ("Ann Ö/Happy/1.png", "Ann Ö/sad/1.png", "bob/happy/1.png", "bob/SAD/2.png")
    for number, path in enumerate(paths):
        write_image(root / path, number)
    return root


PEOPLE = {
    "dataset": "folders",
    "emotion": "^[^/]+/([^/]+)/",
    "subject": "^([^/]+)/",
    "words": {"happy": "joy", "sad": "sorrow"},
}


def test_nested_folders(tmp_path):
    """An expression with a slash finds what it should in the path, at any depth."""
    table = table_of(write_people(tmp_path), **PEOPLE)
    assert table.frame["subject"].tolist() == ["Ann Ö", "Ann Ö", "bob", "bob"]
    assert table.words == ("joy", "sorrow")
    assert sorted(table.frame["emotion"]) == ["joy", "joy", "sorrow", "sorrow"]
    assert table.skipped == ()


def test_emotion_in_file_names(tmp_path):
    """Images in one folder have their emotion in the name; others are not read."""
    for number, name in enumerate(("KA.AN1.3.png", "KM.HA2.4.png", "notes.png")):
        write_image(tmp_path / name, number)
    (tmp_path / "old.heic").write_text("?")
    table = table_of(
        tmp_path,
        dataset="folders",
        subject="^([A-Z]{2})[.]",
        emotion="^[A-Z]{2}[.]([A-Z]{2})",
        words={"an": "anger"},
    )
    assert table.words == ("anger", "HA")
    assert table.frame["subject"].tolist() == ["KA", "KM"]
    assert [each.reason.partition(", such as ")[2] for each in table.skipped] == [
        "old.heic",
        "notes.png",
    ]


def test_parts_above_nested_folders(tmp_path):
    """The first folder may be a part's, where the emotion is found in the path."""
    for number, part in enumerate(("train", "Test")):
        write_image(tmp_path / part / "bob/sad" / f"{number}.png", number)
    table = table_of(tmp_path, dataset="folders", emotion="/([^/]+)/[^/]+$")
    assert table.frame["partition"].tolist() == ["test", "train"]


@pytest.mark.parametrize("dataset", ["table", "folders"])
def test_include(tmp_path, dataset):
    """Only images whose name matches are read, and their number is said."""
    for number, name in enumerate(("happy/aS.png", "happy/aHL.png", "sad/aS.png")):
        write_image(tmp_path / name, number)
    if dataset == "table":
        lines = ("image,emotion", "happy/aS.png,3", "happy/aHL.png,?", "sad/aS.png,4")
        write_rows(tmp_path, *lines)
    table = table_of(tmp_path, dataset=dataset, include="S[.]png$")
    assert table.frame["image"].tolist() == ["happy/aS.png", "sad/aS.png"]
    assert "include reads 2 of 3 images" in table.understood


KEYS = {
    "no group": ({"emotion": "x"}, ["[data] emotion", "group"]),
    "no expression": ({"include": "("}, ["[data] include", "'('"]),
    "separator": ({"separator": ", "}, ["[data] separator", "one character"]),
    "table outside": ({"table": "../a.csv"}, ["[data] table", "../a.csv", "--data"]),
    "word": ({"words": {"1": " "}}, ["[data] words.1", "' '"]),
}


@pytest.mark.parametrize("name", KEYS)
def test_keys(name):
    """A key that cannot be right is refused with its value, before data are read."""
    keys, words = KEYS[name]
    (problem,) = data_of("table", **keys).problems()
    for word in words:
        assert word in problem


@pytest.mark.parametrize(
    ("dataset", "key", "value"),
    [
        ("folders", "header", False),
        ("folders", "missing", ("9",)),
        ("ckplus", "words", {"a": "b"}),
        ("ckplus", "emotion", "(a)"),
    ],
)
def test_keys_of_other_data(dataset, key, value):
    """Keys of own data, or of tables, are refused elsewhere."""
    problems = list(data_of(dataset, **{key: value}).problems())
    assert len(problems) == 1
    assert f"[data] {key}: describes own data" in problems[0]


REFUSED = {
    "no such table": ({"table": "no.csv"}, ['"no.csv"', "[data] table"]),
    "no column in braces": (
        {"columns": {"image": "{file.stem}.png"}},
        ["row 1", "image =", "'file.stem'", "image, emotion"],
    ),
    "no part": ({"part": "^(.)"}, ["[data] part", "train", "'a'", "'a.png'"]),
    "both": ({"emotion": "^(.)"}, ["[data] emotion", "column emotion"]),
    "includes none": ({"include": "x$"}, ["[data] include", "none of 1", "'a.png'"]),
    "in a path": ({"subject": "q/(.)"}, ["[data] subject", "paths", "none of 1"]),
    "separator": ({"separator": "|"}, ["row 1", "image,emotion"]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(tmp_path, name):
    """A description that does not fit the data is refused in one message."""
    keys, words = REFUSED[name]
    with pytest.raises((DataError, StudyError)) as caught:
        table_of(write_rows(tmp_path, "image,emotion", "a.png,calm"), **keys)
    assert "\n" not in str(caught.value)
    for word in words:
        assert word in str(caught.value)


def test_a_table_named_twice(tmp_path):
    """A table is named by the study or by --data, not by both."""
    root = write_rows(tmp_path, "image,emotion", "a.png,calm")
    with pytest.raises(StudyError, match=r"\[data\] table.*drop the key"):
        table_of(root / "faces.csv", table="faces.csv")


def test_no_emotion_in_any_name(tmp_path):
    """An emotion that no name has is refused with an example."""
    with pytest.raises(DataError, match=r"\[data\] emotion.*none of 4.*with a slash"):
        table_of(write_people(tmp_path), dataset="folders", emotion="^(q)")
