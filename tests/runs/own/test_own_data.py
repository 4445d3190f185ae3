"""Own data without code: a table and folders go through every command."""

import csv
import json
from functools import partial

import pytest

from data_pipeline import check, draft, explore
from data_pipeline.files.csv_writer import FORMULA
from data_pipeline.split.holdout_history import held_out_line
from data_pipeline.system.terminal import is_printable
from models import predict
from tests.factories.data.own import (
    SUBJECT,
    SUBJECTS,
    WORDS,
    write_own_folders,
    write_own_table,
    write_rows,
)
from tests.factories.runs import STUDY, run_main, searched, write_study

ONE = STUDY.replace("trials = 2", "trials = 1").replace(
    '"training.epochs" = 2', '"training.epochs" = 1'
)
ONLY_EMOTION = ONE.replace(', "action_units"]', "]").replace(
    '"action_units.mean_auc" = 0.5\n', ""
)
TABLE = ONE.replace(
    '"ckplus"', '"table"\nemotions = ["tense", "calm"]\nchannels = 1'
).replace('"action_units"]', '"action_units", "action_unit_intensities"]')
FOLDERS = ONLY_EMOTION.replace('"ckplus"', f"\"folders\"\nsubject = '{SUBJECT}'")
BY_IMAGE = ONLY_EMOTION.replace('"ckplus"', '"folders"').replace(
    "[split]", '[split]\nby = "image"'
)
EVIL = ("<script>alert({})</script>", "=1+{}", "\x1b[31mred{}\x1b[0m", "# {}")
"""What the people of the table are called: no page, cell or terminal obeys it."""

TEXTS = ("hold_out_subjects.txt", "holdout_predictions.csv", "results.md", "run.log")
"""Files of a run in which its people may be named, beside the page."""


def evil(person):
    """Calls a person a name that attacks."""
    number = int(person[1:])
    return EVIL[number % len(EVIL)].format(number)


def assert_harmless(text):
    """Checks that a text has no control and no tag of a name."""
    assert all(one == "\n" or is_printable(one) for one in text)
    assert "<script>alert" not in text


ALL = {
    "table": (TABLE, partial(write_own_table, called=evil)),
    "folders": (FOLDERS, write_own_folders),
    "by image": (BY_IMAGE, write_own_folders),
}
WARNING = "Warning: split by image"


@pytest.fixture(params=ALL)
def own(request, tmp_path):
    """Gives the kind of own data, a study of them, and their folder."""
    text, write = ALL[request.param]
    return request.param, write_study(tmp_path, text=text), write(tmp_path / "faces")


def test_check(own):
    """The check reads own data, and warns of a split by image."""
    kind, study, root = own
    answer = run_main(check.main, "--study", str(study), "--data", str(root))
    assert (answer.code, answer.err) == (0, ""), answer.out
    assert "48 images" in answer.out
    assert_harmless(answer.out)
    assert (WARNING in answer.out) == (kind == "by image")


def test_explore(own, tmp_path):
    """The page shows the words of own data, and warns of a split by image."""
    kind, study, root = own
    words = ("--study", str(study), "--data", str(root), "--out", str(tmp_path / "out"))
    answer = run_main(explore.main, *words)
    assert (answer.code, answer.err) == (0, "")
    page = (tmp_path / "out/index.html").read_text()
    assert all(word in page for word in WORDS)
    assert_harmless(page)
    assert ("Images by intensity" in page) == (kind == "table")
    assert "Of the eight emotions" not in page
    assert (WARNING in page) == (kind == "by image")


@pytest.mark.slow
def test_search_and_predict(own, tmp_path):
    """A search ends with a tested model, which predicts the words of own data."""
    kind, study, root = own
    answer = searched(study, root, tmp_path / "runs")
    assert (answer.code, answer.err) == (0, "")
    assert (WARNING in answer.out) == (kind == "by image")
    run = tmp_path / "runs" / "tiny"
    report = json.loads((run / "holdout.json").read_text())
    assert report["guarantee"] == ("image" if kind == "by image" else "subject")
    sidecar = json.loads((run / "model.json").read_text())
    order = ["tense", "calm"] if kind == "table" else ["calm", "tense"]
    assert sidecar["emotions"] == order
    assert sidecar["data"]["dataset"] == "own: faces"

    images = [str(path) for path in sorted(root.rglob("*.png"))[:3]]
    out = tmp_path / "found.csv"
    words = ("--model", str(run / "model.keras"), "--to", str(out), *images)
    assert run_main(predict.main, *words).code == 0
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3
    assert {row["emotion"] for row in rows} <= set(WORDS)
    assert ("action_unit_intensities" in report) == (kind == "table")
    if kind == "table":
        assert_intensities(report["action_unit_intensities"], rows, answer.out)
        assert_people_are_text(run, answer.out)


def assert_people_are_text(run, printed):
    """Checks that names of people neither run, compute nor steer anything."""
    assert_harmless(printed)
    assert_harmless((run / "report.html").read_text())
    listed = (run / TEXTS[0]).read_text().splitlines()
    assert set(listed) <= {held_out_line(evil(person)) for person in SUBJECTS}
    for name in TEXTS:
        text = (run / name).read_text()
        assert all(one == "\n" or is_printable(one) for one in text)
    with (run / "holdout_predictions.csv").open(newline="") as file:
        people = [row["subject"] for row in csv.DictReader(file)]
    assert not [one for one in people if one.startswith(FORMULA)]


def assert_intensities(report, rows, printed):
    """Checks that intensities are tested, printed, and predicted."""
    mean, unit = (report["metrics"][name] for name in ("mean_icc", "AU12_icc"))
    assert mean["value"] == unit["value"]
    assert unit["low"] is None, "too few people have it"
    assert report["baseline"]["mean_icc"] == 0.0
    linear = report["baselines"]["linear_pixels"]["mean_icc"]
    assert linear["value"] > 0.5, "calm mouths are higher, in every picture"
    assert report["per_au"]["AU12"]["levels"][0] * 2 == report["images"]
    assert "mean ICC" in printed
    levels = [float(row["AU12_intensity"]) for row in rows]
    assert all(0 <= level <= 5 for level in levels)


def test_no_subjects(tmp_path):
    """Folders without subjects are refused, and two weaker splits are offered."""
    study = write_study(tmp_path, text=BY_IMAGE.replace('by = "image"\n', ""))
    answer = searched(study, write_own_folders(tmp_path / "faces"), tmp_path / "runs")
    words = ('by = "image"', 'by = "partition"', "REGEX", str(study))
    assert is_refused(answer, *words)


HARMS = {
    "no image": ("path,emotion,AU1", "a.png,calm,1", ["faces.csv row 1", "image ="]),
    "label": ("image,emotion,AU1", "a.png,angry,1", ["row 2", "'angry'", "tense"]),
    "intensity": ("image,emotion,AU1", "a.png,calm,4", ["AU1", "'4'", "present_from"]),
}


@pytest.mark.parametrize("name", HARMS)
def test_bad_table(tmp_path, name):
    """A wrong table is refused in one message with file, row and the way out."""
    header, line, words = HARMS[name]
    root = write_rows(tmp_path / "faces", header, line)
    study = write_study(tmp_path, text=TABLE)
    assert is_refused(searched(study, root, tmp_path / "runs"), "faces.csv", *words)
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("subject = 'p[0-9]+'", ["subject", "group"]),
        ("subject = '^(q)'", ["subject", "none of 48"]),
    ],
)
def test_bad_expression(tmp_path, line, words):
    """An expression that finds nobody is refused with its key."""
    text = FOLDERS.replace(f"subject = '{SUBJECT}'", line)
    root = write_own_folders(tmp_path / "faces")
    answer = searched(write_study(tmp_path, text=text), root, tmp_path / "runs")
    assert is_refused(answer, *words)


def test_a_subject_in_two_given_parts(tmp_path):
    """Given parts that share a subject are refused with both rows."""
    text = TABLE.replace("[split]", '[split]\nby = "partition"')
    rows = [
        f"{number}.png,p{number // 2},{word},1,{part}"
        for number, (word, part) in enumerate(
            zip(WORDS * 4, ("train",) * 5 + ("test",) * 3, strict=True)
        )
    ]
    root = write_rows(tmp_path / "faces", "image,subject,emotion,AU1,part", *rows)
    answer = searched(write_study(tmp_path, text=text), root, tmp_path / "runs")
    assert is_refused(answer, "subject p2", "row 6", "row 7", 'by = "subject"')


def test_missing_image(tmp_path):
    """An image that is not there is refused with its row, before any training."""
    root = write_own_table(tmp_path / "faces")
    for image in root.glob("faces/*.png"):
        image.unlink()
    answer = searched(write_study(tmp_path, text=TABLE), root, tmp_path / "runs")
    assert answer.code == 2
    assert "faces.csv row" in answer.err
    assert ".png" in answer.err
    assert "quarantine" in answer.err


def is_refused(answer, *words):
    """Checks that input was refused with one message and nothing else."""
    assert (answer.code, answer.out) == (2, ""), answer.err
    assert answer.err.startswith("error: ")
    assert "Traceback" not in answer.err
    return all(word in answer.err for word in words)


@pytest.mark.slow
def test_from_a_draft_to_a_report(tmp_path):
    """A folder that nobody described is drafted, searched and tested."""
    root = write_own_folders(tmp_path / "faces")
    study = tmp_path / "mine.toml"
    words = ("--data", str(root), "--to", str(study))
    assert run_main(draft.main, *words).code == 0
    small = (
        *("search.trials=1", "search.pruner=none", "split.folds=2"),
        *("backbone.blocks=1", "backbone.filters=8", "head.dense_units=8"),
        *("training.epochs=1", "training.batch_size=16", "data.image_size=32"),
    )
    sets = [word for text in small for word in ("--set", text)]
    answer = searched(study, root, tmp_path / "runs", *sets)
    assert (answer.code, answer.err) == (0, "")
    report = json.loads((tmp_path / "runs/mine/holdout.json").read_text())
    assert (report["guarantee"], report["subjects"]) == ("subject", 2)
