"""Drafts of layouts that are no plain table and no folders of classes."""

import pytest

from data_pipeline import draft
from data_pipeline.config.study_data import read_study_data
from data_pipeline.development import read_table
from data_pipeline.labels.labels import FERPLUS_EMOTIONS
from tests.factories.data.layouts import LAYOUTS, draw
from tests.factories.data.own import write_rows
from tests.factories.runs import run_main

PEOPLE = ("Ann Ö", "bob", "Carl 3", "dée", "Eve", "Fritz")
EMOTIONS = ("Happy", "sad", "SURPRISE")
FACES = [
    (person, emotion, take)
    for person in PEOPLE
    for emotion in EMOTIONS
    for take in "12"
]


def drafted(root, to):
    """Drafts a study; returns its data, and the table that they read."""
    answer = run_main(draft.main, "--data", str(root), "--to", str(to / "mine.toml"))
    assert (answer.code, answer.err) == (0, "")
    data = read_study_data(str(to / "mine.toml")).data
    return data, read_table(root, data, lambda *_: None)


def put(root, paths):
    """Draws a face at each path."""
    for number, path in enumerate(paths):
        draw(root / path, number, number % 7)


@pytest.mark.parametrize("name", LAYOUTS)
def test_ready_studies(tmp_path, name):
    """The draft of a documented layout is what its ready study says."""
    drafted(LAYOUTS[name](tmp_path / "faces"), tmp_path)
    mine, ready = read_study_data(str(tmp_path / "mine.toml")), read_study_data(name)
    assert (mine.data, mine.split) == (ready.data, ready.split)
    text = (tmp_path / "mine.toml").read_text()
    assert f"studies/{name}.toml" in text


TREES = {
    "people": lambda who, what, take: f"{who}/{what}/img {take}.png",
    "emotions": lambda who, what, take: f"{what}/{who}/{take}.png",
    "parts": lambda who, what, take: f"{PARTS[who]}/{who}/{what}/{take}.png",
    "names": lambda who, what, take: f"{who}/{what}_{take}.png",
}
PARTS = {who: "Test" if who == "bob" else "train" for who in PEOPLE}


@pytest.mark.parametrize("kind", TREES)
def test_nested_folders(tmp_path, kind):
    """Emotions and people are found at any level of folders, and in file names."""
    put(tmp_path / "my faces", [TREES[kind](*face) for face in FACES])
    data, table = drafted(tmp_path / "my faces", tmp_path)
    assert f"--data '{tmp_path}/my faces'" in (tmp_path / "mine.toml").read_text()
    assert data.dataset == "folders"
    assert set(table.frame["subject"]) == set(PEOPLE)
    assert len(table) == len(FACES)
    assert {word.casefold() for word in table.words} == {"happy", "sad", "surprise"}
    assert table.frame["partition"].notna().all() == (kind == "parts")


def test_emotions_in_several_spellings(tmp_path):
    """An emotion that is written in several ways is one class of the draft."""
    words = {"Ann": "Happy", "bob": "HAPPY", "cid": "joy"}
    faces = [(who, what) for who, word in words.items() for what in (word, "sad")]
    put(tmp_path / "faces", [f"{who}/{what}/1.png" for who, what in faces])
    _, table = drafted(tmp_path / "faces", tmp_path)
    assert table.words == ("happiness", "sadness")


def test_a_spreadsheet_of_another_country(tmp_path):
    """Semicolons, decimal commas, a byte-order mark and images elsewhere are found."""
    root = tmp_path / "faces"
    lines = ["\ufeffFile name;Participant ID;Expression;Valence;Arousal;Age"]
    for number, (who, what, _) in enumerate(FACES):
        draw(root / f"my images/{number}.png", number, number % 7)
        lines.append(f"{number}.png;{who};{what};0,5;-0,25;33")
    write_rows(root, *lines)
    data, table = drafted(root, tmp_path)
    assert "image is my images/{File name}" in (tmp_path / "mine.toml").read_text()
    assert data.columns["image"] == "my images/{File name}"
    assert set(table.frame["subject"]) == set(PEOPLE)
    assert set(table.frame["valence"]) == {0.5}
    assert data.targets == ("emotion", "valence_arousal")


def test_a_list_without_a_header(tmp_path):
    """A list in a folder of its own is found, with its images, parts and classes."""
    root = tmp_path / "faces"
    names = [f"{'test' if n < 4 else 'train'}_{n}" for n in range(12)]
    put(root, [f"pictures/{name}_face.png" for name in names])
    lines = [f"{name}.jpg {number % 3}" for number, name in enumerate(names)]
    write_rows(root / "meta", *lines, name="list.txt")
    (root / "notes.txt").write_text("My faces\n")
    data, table = drafted(root, tmp_path)
    assert (data.table, data.separator, data.header) == ("meta/list.txt", " ", False)
    assert data.columns["image"] == "pictures/{1.stem}_face.png"
    assert table.words == ("0", "1", "2")
    assert set(table.frame["partition"]) == {"test", "train"}


def test_votes(tmp_path):
    """Columns that count votes are told from columns of one emotion."""
    root = tmp_path / "faces"
    head = "image name,subject,neutral,Happy,sad,NF"
    lines = [f"{n}.png,{n // 2},{n},{9 - n},1,0" for n in range(8)]
    put(root, [f"{n}.png" for n in range(8)])
    write_rows(root, head, *lines)
    data, table = drafted(root, tmp_path)
    assert (data.emotions, data.labels) == ("ferplus", "majority")
    assert data.columns["votes_happiness"] == "Happy"
    happy = list(FERPLUS_EMOTIONS).index("happiness")
    assert table.vote_counts()[:, happy].tolist() == [9 - n for n in range(8)]


def test_missing_units(tmp_path):
    """A number that is no intensity means that a unit was not coded."""
    root = tmp_path / "faces"
    lines = [f"{n}.png,{n // 2},{n % 2},{999 if n < 4 else 1}" for n in range(8)]
    put(root, [f"{n}.png" for n in range(8)])
    write_rows(root, "file,who,AU1,AU2", *lines)
    data, table = drafted(root, tmp_path)
    assert (data.missing, data.present_from) == (("999",), None)
    assert table.frame["AU2"].isna().sum() == 4
