"""A draft of a stranger's folder is a study that the other commands accept."""

import shutil

import pytest

from data_pipeline import check, draft
from data_pipeline.config.data_config import TARGETS
from data_pipeline.config.study_data import read_study_data
from search.study.study import read_study
from tests.factories.data.own import (
    HEADER,
    SUBJECTS,
    WORDS,
    draw_face,
    write_own_folders,
    write_own_table,
    write_rows,
)
from tests.factories.runs import run_main
from tests.strategies.tables import write_ck48, write_image


def drafted(root, to):
    """Drafts a study; returns what was printed and the study."""
    answer = run_main(draft.main, "--data", str(root), "--to", str(to))
    assert (answer.code, answer.err) == (0, "")
    return answer.out, read_study(str(to))


def test_table_of_a_stranger(tmp_path):
    """Columns of usual names are recognized, and the drafted study passes the check."""
    root = write_own_table(tmp_path / "faces")
    renamed = HEADER.replace("image", "File Name").replace("subject", "participant_id")
    renamed = renamed.replace("emotion", "Expression")
    path = root / "faces.csv"
    path.write_text(path.read_text().replace(HEADER, renamed))
    printed, study = drafted(root, tmp_path / "mine.toml")
    assert study.data.columns == {
        "image": "File Name",
        "subject": "participant_id",
        "emotion": "Expression",
    }
    assert study.data.targets == TARGETS
    assert study.split.by == "subject"
    assert "48 images" in printed
    assert "the column participant_id is the subject" in printed
    words = ("--study", str(tmp_path / "mine.toml"), "--data", str(root))
    answer = run_main(check.main, *words)
    assert (answer.code, answer.err) == (0, ""), answer.out


def test_folders_of_a_stranger(tmp_path):
    """Folders with subjects in the file names are split by them."""
    root = write_own_folders(tmp_path / "faces")
    _, study = drafted(root, tmp_path / "mine.toml")
    assert (study.data.dataset, study.data.channels) == ("folders", 3)
    assert study.split.by == "subject"
    words = ("--study", str(tmp_path / "mine.toml"), "--data", str(root))
    answer = run_main(check.main, *words)
    assert (answer.code, answer.err) == (0, ""), answer.out
    assert f"{2 * len(WORDS) * len(SUBJECTS)} images" in answer.out


def test_no_subjects(tmp_path):
    """Running numbers are no subjects: the weak split is said in capitals."""
    for number in range(20):
        name = f"{WORDS[number % 2]}/im{number}.png"
        draw_face(tmp_path / "faces" / name, number, tense=bool(number % 2))
    printed, study = drafted(tmp_path / "faces", tmp_path / "mine.toml")
    assert study.data.subject is None
    assert study.split.by == "image"
    assert "NO SUBJECTS ARE NAMED" in printed
    assert "NO SUBJECTS ARE NAMED" in (tmp_path / "mine.toml").read_text()


def test_intensities(tmp_path):
    """Intensities get the usual threshold, which is among the assumptions."""
    root = write_rows(tmp_path / "faces", "path,AU1,who", "1.png,4,a", "2.png,0,b")
    for number in (1, 2):
        write_image(root / f"{number}.png", number)
    printed, study = drafted(root, tmp_path / "mine.toml")
    assert study.data.present_from == 2
    assert study.data.targets == ("action_units", "action_unit_intensities")
    assert study.data.channels == 1
    assert "intensity 2" in printed


def test_a_known_data_set(tmp_path):
    """A data set with its own reader is named, with its ready study."""
    root = write_ck48(tmp_path / "faces")
    printed, study = drafted(root, tmp_path / "mine.toml")
    assert (study.data.dataset, study.data.emotions) == ("ckplus", "basic")
    assert "studies/ckplus.toml" in printed


def test_hostile_words(tmp_path):
    """Whatever the table contains, the draft is a study file that can be read."""
    root = write_rows(
        tmp_path / "faces", 'image,"label","mood""\\ # [x]"', "1.png,a # b,1"
    )
    write_image(root / "1.png")
    drafted(root, tmp_path / "mine.toml")
    assert read_study_data(str(tmp_path / "mine.toml")).data.dataset == "table"


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        ("nothing", ["no known layout", "calm/1.png"]),
        ("no folder", ["there is no such folder"]),
        ("two tables", ["one table was expected", "a.csv, b.csv"]),
        ("no images", ["none of the first images", "paths are relative"]),
    ],
)
def test_refused(tmp_path, harm, words):
    """What cannot be drafted is refused, and nothing is written."""
    root = tmp_path / "faces"
    root.mkdir()
    if harm == "two tables":
        write_rows(write_rows(root, "a", name="a.csv"), "a", name="b.csv")
    if harm == "no images":
        write_rows(root, "image,emotion", "a.png,calm")
    if harm == "no folder":
        shutil.rmtree(root)
    to = tmp_path / "mine.toml"
    answer = run_main(draft.main, "--data", str(root), "--to", str(to))
    assert answer.code == 2
    assert all(word in answer.err for word in words), answer.err
    assert not to.exists()


@pytest.mark.parametrize("name", ["mine.toml", "mine.txt"])
def test_to(tmp_path, name):
    """A study file that is there is kept; another ending is refused."""
    (tmp_path / "mine.toml").write_text("mine")
    root = write_own_table(tmp_path / "faces")
    words = ("--data", str(root), "--to", str(tmp_path / name))
    answer = run_main(draft.main, *words)
    assert answer.code == 2
    assert "--to" in answer.err
    assert (tmp_path / "mine.toml").read_text() == "mine"
