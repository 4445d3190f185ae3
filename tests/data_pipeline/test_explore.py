"""The explore command: what it reads and writes; it opens no hold-out."""

import shutil

import pytest
from PIL import Image

from data_pipeline import explore, readers
from data_pipeline.config.dataset_identity import population
from data_pipeline.config.study_data import read_study_data
from data_pipeline.exploration.material import gather
from data_pipeline.split.holdout_history import RunHistory, holdout_rule
from data_pipeline.split.receipt import Members, Opener, Receipt
from tests.factories.data.fer2013 import write_microsoft
from tests.factories.runs import contents, run_main, write_study

STUDY = '[data]\ndataset = "ckplus"\n[split]\nfolds = 2\nhold_out = 0.25\n'
FER = '[data]\ndataset = "ferplus"\n[split]\nby = "partition"\nfolds = 1\n'


def explored(tmp_path, text, data, *words, out="out"):
    """Runs the command on a study of this text."""
    study = write_study(tmp_path, text=text)
    return run_main(
        explore.main,
        *("--study", str(study), "--data", str(data), "--out", str(tmp_path / out)),
        *words,
    )


def test_command(tmp_path, coursework):
    """The command prints where it wrote; a second run replaces all, faces too."""
    answer = explored(tmp_path, STUDY, coursework, "--show-faces")
    assert (answer.code, answer.err) == (0, "")
    assert str(tmp_path / "out" / "index.html") in answer.out
    first = contents(tmp_path / "out")
    assert "SYNTHETIC faces" in first["index.html"].decode()
    assert "charts/action-unit-correlation.png" in first
    assert explored(tmp_path, STUDY, coursework).code == 0
    again = contents(tmp_path / "out")
    assert set(first) - set(again) == {"charts/faces.png"}
    assert {name for name in again if again[name] != first[name]} == {"index.html"}


def test_hold_out_changes_nothing(tmp_path):
    """Nothing on the page depends on the hold-out's labels, names or pixels."""
    root = write_microsoft(tmp_path / "fer")
    assert explored(tmp_path, FER, root, out="first").code == 0
    held = root / "FER2013Test"
    rows = (held / "label.csv").read_text().splitlines()
    for number, row in enumerate(rows):
        old = row.partition(",")[0]
        (held / old).unlink()
        votes = "0,0,0,0,0,0,0,10,0,0"
        rows[number] = f'new{number:07d}.png,"(0, 0, 48, 48)",{votes}'
    (held / "label.csv").write_text("\n".join(rows) + "\n")
    assert explored(tmp_path, FER, root, out="second").code == 0
    assert contents(tmp_path / "first") == contents(tmp_path / "second")


def test_unreadable_and_demographics(tmp_path, coursework):
    """A broken development image is named; held-out subjects are not counted."""
    data = tmp_path / "data"
    shutil.copytree(coursework, data)
    for image in data.glob("cohn-kanade-images/*/*/*.png"):
        image.write_bytes(b"broken")
    whole = next(data.glob("cohn-kanade-images/*/*/*.png"))
    subjects = sorted(path.name for path in data.glob("cohn-kanade-images/*"))
    for image in (data / "cohn-kanade-images" / subjects[0]).glob("*/*.png"):
        Image.new("L", (60, 40), 90).save(image)
    Image.new("L", (60, 40), 90).save(whole)
    who = tmp_path / "who.csv"
    lines = [f"{subject},f,30,a" for subject in [*subjects, "S998"]]
    who.write_text("\n".join(["subject,sex,age,ethnicity", *lines]))
    answer = explored(tmp_path, STUDY, data, "--demographics", str(who))
    assert (answer.code, answer.err) == (0, "")
    page = contents(tmp_path / "out")["index.html"].decode()
    assert "cannot be decoded" in page
    assert "The table has 12 of the 12 subjects shown here; 0 have no row. " in page
    assert "Rows of subjects not in the data: 1." in page


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["--study", "smoek"], "did you mean smoke?"),
        (["--study", "ckplus"], "no data folder at data/ckplus"),
        (["--study", "ckplus", "--demographics", "who.csv"], "who.csv"),
        (["--study", "ckplus", "--out", "."], "mine.txt"),
    ],
)
def test_refused(tmp_path, monkeypatch, words, found):
    """Wrong input is refused in one message, and nothing is written."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.txt").write_text("mine")
    before = contents(tmp_path)
    answer = run_main(explore.main, *words)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.count("error: ") == 1
    assert found in answer.err
    assert contents(tmp_path) == before


def test_tested_subjects_stay_held_out(tmp_path, coursework):
    """Subjects of an opened hold-out stay out of the page, even if labels changed."""
    ids = readers.read(coursework, "ckplus").frame["subject"].unique()
    people = population("ckplus", coursework, synthetic=True)
    keys = read_study_data(str(write_study(tmp_path, text=STUDY)))
    receipt = Receipt(
        members=Members(data=people, subjects=tuple(ids[:4])),
        opener=Opener(run="tiny-synthetic", model="m"),
        rule=holdout_rule(keys.split),
        time="",
    )
    found = gather(
        coursework, keys, study="tiny", synthetic=True, demographics=None,
        history=RunHistory(receipts=[receipt]), progress=lambda *_: None,
    )  # fmt: skip
    assert set(found.table.frame["subject"]) == set(ids[4:])
    assert found.held_out.subjects == 4
