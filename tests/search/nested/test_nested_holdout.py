"""A whole nested run: every person is tested once, and the receipts know it."""

import json
import tomllib

import pytest

from data_pipeline.synthetic.write import write_synthetic
from search.api import StudyRun
from tests.factories.runs import STUDY, searched, write_study
from tests.fakes.outer_parts import NESTED

pytestmark = pytest.mark.slow

TEXT = (
    NESTED.replace("outer_folds = 3", "outer_folds = 2")
    .replace("trials = 3", "trials = 1\nbaselines = false")
    .replace('"training.epochs" = 2', '"training.epochs" = 1')
)

ONE_BY_ONE = (
    STUDY.replace("folds = 2", 'folds = 2\nouter_folds = "subjects"')
    .replace(', "action_units"', "")
    .replace('"emotion.macro_f1" = 0.5', 'mode = "pareto"\n"emotion.macro_f1" = 1.0')
    .replace('"action_units.mean_auc" = 0.5', "model_mb = 1.0")
    .replace("trials = 2", "trials = 2\nbaselines = false")
    .replace('"training.epochs" = 2', '"training.epochs" = 1')
)


def nested(place, data, *words, text=TEXT):
    """Runs the study, or what is left of it; returns its output and receipts."""
    answer = searched(write_study(place, text=text), data, place / "runs", *words)
    assert (answer.code, answer.err) == (0, "")
    lines = (place / "runs" / "holdout_receipts.jsonl").read_text().splitlines()
    return answer.out, [json.loads(line) for line in lines]


def test_everybody_is_tested_once(tmp_path, coursework):
    """All people are in one receipt each; a lost report costs no second opening."""
    out, receipts = nested(tmp_path, coursework)
    names = [name for receipt in receipts for name in receipt["subjects"]]
    assert len(names) == len(set(names)) == 16
    run = StudyRun.find("tiny-synthetic-nested/outer-1", out=tmp_path / "runs")
    assert [receipt["run"] for receipt in receipts] == [
        f"tiny-synthetic-nested/outer-{number}" for number in (1, 2)
    ]
    assert "Tested: 16 subjects" in out
    assert "Opened" not in out.rpartition("Nested evaluation")[2]
    whole = StudyRun.find("tiny-synthetic-nested", out=tmp_path / "runs")
    report = whole.nested()
    assert (report["subjects"], report["opened"], report["tested_before"]) == (16, 1, 0)
    assert whole.parts[0].folder == run.folder
    images = [part.holdout()["images"] for part in whole.parts]
    assert report["images"] == sum(images) == report["emotion"]["images"]
    best = tomllib.loads((run.path / "best.toml").read_text())
    assert (best["split"]["outer_part"], best["split"]["folds"]) == (1, 1)
    assert run.best.number == report["parts"][0]["trial"]

    (run.path / "holdout.json").unlink()
    out, receipts = nested(tmp_path, coursework)
    assert len(receipts) == 2
    assert "outer part 1 of 2" in out
    assert "outer part 2 of 2" not in out, "it had finished"
    assert whole.nested() == report

    out, receipts = nested(tmp_path, coursework, "--reopen")
    assert len(receipts) == 4
    assert "Opened: up to 2 times; 16 subjects were tested before" in out
    again = whole.nested()
    assert (again["opened"], again["tested_before"]) == (2, 16)
    assert again["emotion"] == report["emotion"]


def test_one_person_at_a_time_for_two_objectives(tmp_path):
    """Each of four people is held out from a search of its own, which has a front."""
    write_synthetic(tmp_path / "four", layout="coursework", subjects=4, seed=3)
    out, receipts = nested(tmp_path, tmp_path / "four", text=ONE_BY_ONE)
    assert [len(receipt["subjects"]) for receipt in receipts] == [1, 1, 1, 1]
    assert len({receipt["subjects"][0] for receipt in receipts}) == 4
    assert "Nested evaluation: 4 outer parts" in out
    assert "Tested: 4 subjects" in out
    whole = StudyRun.find("tiny-synthetic-nested", out=tmp_path / "runs")
    report = whole.nested()
    assert (report["outer_folds"], report["subjects"]) == ("subjects", 4)
    assert report["objective"]["metrics"] == {"emotion.macro_f1": 1.0}
    for part, entry in zip(whole.parts, report["parts"], strict=True):
        assert (entry["subjects"], entry["opened"]) == (1, 1)
        selection = json.loads((part.path / "selection.json").read_text())
        (row,) = selection["front"]
        assert row["trial"] == entry["trial"]
        assert row["emotion.macro_f1"] == entry["validation"]
        assert 0 < row["model_mb"] < 1
        search = part.holdout()["search"]
        assert search["objectives"] == ["emotion.macro_f1", "model_mb"]
