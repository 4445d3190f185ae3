"""The same command again: finished work stays, and missing work is done."""

import json
import shutil

import pytest

from tests.factories.runs import STUDY, contents, searched, table, write_study

pytestmark = pytest.mark.slow

RESULT = ("best.toml", "model.keras", "model.json", "holdout.json", "trials.csv")


@pytest.fixture(scope="module")
def original(tmp_path_factory, coursework):
    """A finished run, its study and its data; copied for each test."""
    place = tmp_path_factory.mktemp("original")
    answer = searched(write_study(place), coursework, place / "runs")
    assert (answer.code, answer.err) == (0, "")
    return place


@pytest.fixture
def place(tmp_path, original):
    """A copy of a finished run that a test may go on with."""
    shutil.copytree(original, tmp_path / "copy")
    return tmp_path / "copy"


def again(place, data, *words):
    """Gives the command of the finished run again."""
    return searched(place / "tiny.toml", data, place / "runs", *words)


def results(place):
    """Reads the files that hold a run's result."""
    folder = place / "runs" / "tiny-synthetic"
    return {name: (folder / name).read_bytes() for name in RESULT}


def test_same_command_changes_nothing(place, coursework):
    """A finished run prints its result again and changes no byte of it."""
    before = results(place)
    receipts = (place / "runs" / "holdout_receipts.jsonl").read_bytes()
    answer = again(place, coursework)
    assert (answer.code, answer.err) == (0, "")
    assert "Opened: once" in answer.out
    assert "trials: 2 completed" in answer.out
    assert results(place) == before
    assert (place / "runs" / "holdout_receipts.jsonl").read_bytes() == receipts


def test_larger_budget_goes_on(place, coursework):
    """A larger budget keeps the trials there are and adds the missing ones."""
    folder = place / "runs" / "tiny-synthetic"
    before = table(folder)
    words = ("--set", "search.trials=4", "--until", "search")
    answer = again(place, coursework, *words)
    assert (answer.code, answer.err) == (0, "")
    after = table(folder)
    assert after[:2] == before
    assert [row["number"] for row in after] == ["0", "1", "2", "3"]
    learned = [row["training.learning_rate"] for row in after]
    assert len(set(learned)) == 4, "a sampler that goes on does not repeat itself"


@pytest.mark.parametrize(
    ("words", "key"),
    [
        (["--set", "split.folds=3"], "split.folds: was 2, is 3"),
        (["--set", "split.hold_out_seed=2"], "split.hold_out_seed: was 1, is 2"),
        (["--set", "data.image_size=24"], "data.image_size: was 32, is 24"),
        (["--set", "head.dense_units=16"], "fixed.head.dense_units: was 8, is 16"),
        (["--set", "head.dropout=0.5"], "was {low = 0.0, high = 0.6, step = 0.1}"),
        (["--set", "objective.emotion.accuracy=1"], "objective.emotion.accuracy"),
        (["--seed", "8"], "search.seed: was 7, is 8"),
    ],
)
def test_changed_study_is_refused(place, coursework, words, key):
    """A changed space, split or objective is an error that names the key."""
    before = results(place)
    answer = again(place, coursework, *words)
    assert (answer.code, answer.out.count("trial ")) == (2, 0)
    assert answer.err.startswith("error: ")
    assert key in answer.err
    assert results(place) == before


def test_other_final_settings_are_refused_after_the_test(place, coursework):
    """Each is named with both values, whatever the stage, and nothing is rewritten."""
    folder = place / "runs" / "tiny-synthetic"
    before = unlogged(folder)
    changed = {
        "calibrate": ("true", "false"),
        "seeds": ("1", "2"),
        "model": ("ensemble", "median"),
        "choose": ("best", "smallest_tied"),
    }
    for key, (old, new) in changed.items():
        for words in ((), ("--until", "search"), ("--reopen", "--until", "retrain")):
            answer = again(place, coursework, "--set", f"final.{key}={new}", *words)
            assert answer.code == 2
            assert f"  final.{key}: was {old}, is {new}\nRestore it" in answer.err
            assert "--reopen" in answer.err
            assert "another name" in answer.err
    assert unlogged(folder) == before

    # A kill between the receipt and the report.
    (folder / "holdout.json").unlink()
    answer = again(place, coursework, "--set", "final.calibrate=false")
    assert answer.code == 2
    assert "final.calibrate: was true, is false" in answer.err
    tested = {name: before[name] for name in RESULT}
    assert again(place, coursework).code == 0
    assert results(place) == tested


def unlogged(folder):
    """Reads the files of a run, but for its log and its lock."""
    found = contents(folder)
    return {
        n: text for n, text in found.items() if n not in ("run.log", ".driver.lock")
    }


def test_other_final_settings_are_tested_with_reopen(place, coursework):
    """The model is retrained and tested again, which is recorded; so are its settings.

    The settings of the first test are then the changed ones.
    """
    folder = place / "runs" / "tiny-synthetic"
    answer = again(place, coursework, "--set", "final.calibrate=false", "--reopen")
    assert (answer.code, answer.err) == (0, "")
    assert "retraining trial" in answer.out
    report = json.loads((folder / "holdout.json").read_text())
    assert (report["opened"], report["final"]["calibrate"]) == (2, False)
    assert "calibration" not in json.loads((folder / "model.json").read_text())
    assert "calibrate = false" in (folder / "study.toml").read_text()
    answer = again(place, coursework)
    assert answer.code == 2
    assert "final.calibrate: was false, is true" in answer.err


def test_changed_labels_are_refused(place, coursework, tmp_path):
    """One label that changed is an error that names the data."""
    data = tmp_path / "data"
    shutil.copytree(coursework, data)
    labels = data / "data_labels.csv"
    labels.write_text(labels.read_text().replace("positive", "negative", 1))
    before = results(place)
    answer = again(place, data)
    assert answer.code == 2
    assert "data.labels: was " in answer.err
    assert results(place) == before


def test_stages_stop_and_go_on(tmp_path, coursework):
    """Each stage writes its own files, and the next start begins after it."""
    study = write_study(tmp_path)
    folder = tmp_path / "runs" / "tiny-synthetic"
    receipts = tmp_path / "runs" / "holdout_receipts.jsonl"

    answer = searched(study, coursework, tmp_path / "runs", "--until", "search")
    assert (answer.code, answer.err) == (0, "")
    assert (folder / "best.toml").exists()
    assert not (folder / "model.keras").exists()
    searched_once = (folder / "trials.csv").read_bytes()

    answer = searched(study, coursework, tmp_path / "runs", "--until", "retrain")
    assert (answer.code, answer.err) == (0, "")
    model = (folder / "model.keras").read_bytes()
    assert not (folder / "holdout.json").exists()
    assert not receipts.exists()

    answer = searched(study, coursework, tmp_path / "runs", "--until", "holdout")
    assert (answer.code, answer.err) == (0, "")
    assert (folder / "holdout.json").exists()
    assert len(receipts.read_text().splitlines()) == 1
    assert (folder / "model.keras").read_bytes() == model
    assert (folder / "trials.csv").read_bytes() == searched_once


def test_no_completed_trial(tmp_path, coursework):
    """Where every trial diverges there is no winner: one message with the reason."""
    text = STUDY.replace("low = 1e-4, high = 1e-2", "low = 900.0, high = 1e3")
    study = write_study(tmp_path, text=text)
    answer = searched(study, coursework, tmp_path / "runs")
    assert answer.code == 1
    assert answer.err.startswith("error: no trial completed")
    assert "diverged" in answer.err
    assert len(answer.err.splitlines()) == 1
    rows = table(tmp_path / "runs" / "tiny-synthetic")
    assert {(row["state"], row["reason"]) for row in rows} == {("PRUNED", "diverged")}


def test_another_winner_is_tested_only_with_reopen(place, coursework):
    """A tested model stays until ``--reopen``; then it is moved away, and counted."""
    folder = place / "runs" / "tiny-synthetic"
    for name in ("model.json", "holdout.json"):
        # As if another trial had won and been tested before the budget grew.
        found = json.loads((folder / name).read_text())
        (folder / name).write_text(json.dumps(found | {"trial": 99}))
    before = contents(folder)
    answer = again(place, coursework)
    assert (answer.code, answer.err) == (0, "")
    assert (
        "the model in this folder is trial 99, which was tested on the hold-out"
        in answer.out
    )
    assert "--reopen" in answer.out
    kept = contents(folder)
    assert all(kept[name] == before[name] for name in RESULT)

    answer = again(place, coursework, "--reopen")
    assert (answer.code, answer.err) == (0, "")
    report = json.loads((folder / "holdout.json").read_text())
    assert (report["opened"], report["trial"] in (0, 1)) == (2, True)
    assert "Opened: 2 times" in answer.out
    earlier = folder / "earlier-1"
    assert json.loads((earlier / "holdout.json").read_text())["trial"] == 99
    assert (earlier / "model.keras").read_bytes() == before["model.keras"]


def test_journal_as_storage(tmp_path, coursework):
    """A journal file in place of a database holds the trials, and is resumed too."""
    study = write_study(tmp_path)
    journal = tmp_path / "trials.log"
    words = ("--storage", str(journal), "--until", "search")
    for trials in ("1", "2"):
        budget = ("--set", f"search.trials={trials}")
        answer = searched(study, coursework, tmp_path / "runs", *words, *budget)
        assert (answer.code, answer.err) == (0, "")
        assert f"trials: {trials} completed" in answer.out
        assert "search.dashboard --study tiny-synthetic --out " in answer.out
        assert f" --storage {journal}\n" in answer.out
    assert not (tmp_path / "runs" / "tiny-synthetic" / "optuna.db").exists()
