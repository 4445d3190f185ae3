"""What a run says: run.log, tracebacks, ``--quiet`` and ``--json``."""

import json
import re

import pytest

from search.pipeline.opening import output
from search.pipeline.run_study import RunRequest
from search.run_folder import RunFolder
from search.trial import worker
from tests.factories.runs import STUDY, searched, write_study
from tests.fakes.seeded_trainer import SeededTrainer

LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  ")


class BrokenTrainer(SeededTrainer):
    """Fails in its first training."""

    fits = 0
    highest_dropout = 1.0

    def fit(self, *args, **named):
        """Raises once."""
        BrokenTrainer.fits += 1
        if BrokenTrainer.fits == 1:
            raise ZeroDivisionError("no such layer")
        return super().fit(*args, **named)


@pytest.fixture(scope="module")
def told(tmp_path_factory, coursework):
    """The answer of a search with ``--json``, and its folder; one trial fails."""
    place = tmp_path_factory.mktemp("place")
    words = ("--until", "search", "--json")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker, "Trainer", BrokenTrainer)
        study = write_study(place, text=STUDY)
        answer = searched(study, coursework, place / "runs", *words)
    assert (answer.code, answer.err) == (0, ""), answer.err
    return place, answer


def test_events(told):
    """Each line is one object with its event and time, in the order of the run."""
    place, answer = told
    events = [json.loads(line) for line in answer.out.splitlines()]
    assert all(event["time"] for event in events)
    kinds = [event["event"] for event in events]
    assert {"stage", "note"} <= set(kinds)
    trials = [kind for kind in kinds if kind.startswith(("trial", "epoch"))]
    trained = ["trial_start", *(["epoch"] * 4), "trial_end"]
    assert trials == ["trial_start", "trial_end", *trained]
    starts = [event for event in events if event["event"] == "trial_start"]
    assert [event["trial"] for event in starts] == [0, 1]
    assert "head.dropout" in starts[0]["values"]
    failed, done = (event for event in events if event["event"] == "trial_end")
    assert (failed["state"], failed["value"]) == ("FAIL", None)
    assert failed["reason"] == "ZeroDivisionError: no such layer"
    assert failed["traceback"] == str(place / "runs/tiny-synthetic/trials/0.txt")
    assert (done["state"], done["epochs"], done["done"]) == ("COMPLETE", 4, 2)
    result = events[-1]
    assert (result["event"], result["failed"]) == ("result", 1)
    assert result["best"] == {"trial": 1, "value": done["value"]}
    assert result["ended"] == "all trials have run (search.trials = 2)"


def test_the_log_has_all_with_times(told):
    """run.log has every line that a terminal would show, each with its time."""
    place, answer = told
    folder = place / "runs/tiny-synthetic"
    text = (folder / "run.log").read_text()
    lines = [line for line in text.splitlines() if line]
    assert all(LINE.match(line) for line in lines)
    notes = [json.loads(line) for line in answer.out.splitlines()]
    for note in notes:
        if note["event"] == "note":
            assert all(line in text for line in note["text"].splitlines())
    assert "trial 0: failed     ZeroDivisionError: no such layer; traceback: " in text
    assert f"{folder / 'trials/0.txt'}; log: {folder / 'run.log'}" in text
    assert "[2/2] trial 1: completed" in text


def test_a_failed_trial_leaves_its_traceback(told):
    """The file has the whole traceback, down to the line that raised."""
    place, _ = told
    trace = (place / "runs/tiny-synthetic/trials/0.txt").read_text()
    assert trace.startswith("Traceback (most recent call last):")
    assert trace.endswith("ZeroDivisionError: no such layer\n")
    assert "test_run_output.py" in trace


def test_quiet(told, coursework):
    """Nothing is printed, and the log goes on; an error is still told."""
    place, _ = told
    log = place / "runs/tiny-synthetic/run.log"
    before = log.read_text()
    words = ("--until", "search", "--quiet")
    answer = searched(place / "tiny.toml", coursework, place / "runs", *words)
    assert (answer.code, answer.out, answer.err) == (0, "", "")
    assert log.read_text().startswith(before)
    assert "trials: 1 completed, 0 pruned, 1 failed" in log.read_text()[len(before) :]
    changed = (*words, "--seed", "9")
    answer = searched(place / "tiny.toml", coursework, place / "runs", *changed)
    assert (answer.code, answer.out) == (2, "")
    assert "search.seed: was 7, is 9" in answer.err
    assert "error: run tiny-synthetic" in log.read_text()


def test_a_failed_retraining_names_its_traceback(told, coursework, monkeypatch):
    """The error of the retraining names the file of its traceback, and the log."""
    place, _ = told
    monkeypatch.setattr(worker, "Trainer", SeededTrainer)  # it cannot retrain
    answer = searched(place / "tiny.toml", coursework, place / "runs")
    path = place / "runs/tiny-synthetic/trials/retraining.txt"
    assert answer.code == 1
    log = place / "runs/tiny-synthetic/run.log"
    assert f"; traceback: {path}; log: {log}" in answer.err
    assert path.read_text().startswith("Traceback (most recent call last):")


def test_an_unexpected_error_names_the_log(tmp_path):
    """Below the traceback of an error that nobody expected stands the run's log."""
    folder = RunFolder(out=tmp_path, name="tiny")
    folder.make()

    def fails():
        with output(RunRequest(study="tiny", quiet=True)) as bar:
            bar.log.open(folder)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as error:
        fails()
    assert error.value.__notes__ == [f"the log of the run: {folder.file('run.log')}"]
    assert "Traceback (most recent call last):" in folder.file("run.log").read_text()


def test_quiet_and_json_exclude_each_other(told, coursework):
    """One of them at most."""
    place, _ = told
    words = ("--quiet", "--json")
    answer = searched(place / "tiny.toml", coursework, place / "runs", *words)
    assert answer.code == 2
    assert "not allowed with" in answer.err
