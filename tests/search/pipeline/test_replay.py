"""A recorded trial is trained again: a fake trainer stands for Keras."""

import shutil

import pytest
from PIL import Image, ImageOps

from search import replay
from search.api import StudyRun
from search.executors import machine
from search.executors.machine import repeats_exactly
from search.trial import worker
from tests.factories.runs import STUDY, run_main, searched, table, write_study
from tests.fakes.seeded_trainer import SeededTrainer

TEXT = (
    STUDY.replace('"none"', '"successive_halving"')
    .replace("trials = 2", "trials = 6")
    .replace('"training.epochs" = 2', '"training.epochs" = 4')
)


@pytest.fixture(scope="module")
def place(tmp_path_factory, coursework):
    """A folder with a search of completed, pruned and diverged trials."""
    place = tmp_path_factory.mktemp("place")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker, "Trainer", SeededTrainer)
        study = write_study(place, text=TEXT)
        answer = searched(study, coursework, place / "runs", "--until", "search")
    assert (answer.code, answer.err) == (0, "")
    return place


@pytest.fixture(autouse=True)
def _fake(monkeypatch):
    monkeypatch.setattr(worker, "Trainer", SeededTrainer)


def replayed(place, data, number, *words):
    """Replays a trial by the command."""
    return run_main(
        replay.main,
        *("--study", "tiny", "--trial", str(number), "--data", str(data)),
        *("--out", str(place / "runs"), *words),
    )


def rows(place):
    """Reads the trials of the run."""
    return table(place / "runs" / "tiny-synthetic")


def test_every_trial_repeats_to_the_bit(place, coursework):
    """Completed, pruned and diverged trials repeat up to their last epoch."""
    ends = {(row["state"], row["reason"]) for row in rows(place)}
    assert ends == {("COMPLETE", ""), ("PRUNED", "pruner"), ("PRUNED", "diverged")}
    for row in rows(place):
        answer = replayed(place, coursework, row["number"])
        assert (answer.code, answer.err) == (0, "")
        lines = answer.out.splitlines()
        assert lines[-1].startswith(f"equal: trial {row['number']} of tiny-synthetic")
        assert "to the bit" in lines[-1]
        count = sum(line.split()[:1] in (["1"], ["2"]) for line in lines)
        assert count == int(row["epochs"]) - (row["reason"] == "diverged")
        assert any("value" in line.split() for line in lines) == bool(row["value"])


def test_another_training_is_different(place, coursework, monkeypatch):
    """Numbers that do not repeat are exit code 1, with the largest difference."""
    monkeypatch.setattr(SeededTrainer, "noise", 0.3)
    answer = replayed(place, coursework, 0)
    assert (answer.code, answer.err) == (1, "")
    assert "different: trial 0 of tiny-synthetic" in answer.out.splitlines()[-1]
    assert replayed(place, coursework, 0, "--tolerance", "1").code == 0


def test_another_machine_is_told_and_allowed_for(place, coursework, monkeypatch):
    """Other versions are named, and small differences then count as equal."""
    monkeypatch.setattr(machine, "_version", lambda _: "0.0")
    monkeypatch.setattr(SeededTrainer, "noise", 1e-9)
    answer = replayed(place, coursework, 0)
    assert answer.code == 0
    assert "changed since the trial: keras: was" in answer.out
    assert ", is 0.0" in answer.out


def test_other_data_are_told(place, coursework, tmp_path):
    """Changed images are named, whatever the numbers are."""
    other = shutil.copytree(coursework, tmp_path / "other")
    for path in other.rglob("*.png"):
        ImageOps.mirror(Image.open(path)).save(path)
    answer = replayed(place, other, 0)
    assert answer.code == 0, "a fake trainer looks at labels only"
    assert "changed since the search: data.pixels: was" in answer.out


def test_from_python(place, coursework):
    """The door for Python does what the command does."""
    run = StudyRun.find("tiny", out=place / "runs")
    found = run.replay(0, data=coursework)
    assert found.equal
    recorded = [value.recorded for value in found.values if value.fold is not None]
    assert recorded == [value.replayed for value in found.values if value.fold]


@pytest.mark.parametrize(
    ("number", "words", "found"),
    [
        (99, [], ["--trial 99: there is no such trial", "with epochs: 0"]),
        (0, ["--tolerance", "2"], ["must be 0 to 1, found 2"]),
        (0, ["--study", "tinny"], ["tinny", "tiny-synthetic"]),
        (0, ["--data", "nowhere"], ["no data folder at nowhere"]),
    ],
)
def test_wrong_input(place, coursework, number, words, found):
    """A trial that is not there is refused with those that are."""
    answer = replayed(place, coursework, number, *words)
    assert answer.code == 2
    assert all(word in answer.err for word in found)


def test_real_faces_for_a_run_on_synthetic_ones(place, coursework, tmp_path):
    """The data must be of the run's kind."""
    real = shutil.copytree(coursework, tmp_path / "real")
    (real / "SYNTHETIC.txt").unlink()
    answer = replayed(place, real, 0)
    assert answer.code == 2
    assert "has real faces" in answer.err


def test_a_replay_changes_nothing(place, coursework):
    """The run's folder is the same afterwards, but for times of files."""
    before = rows(place)
    assert replayed(place, coursework, 0).code == 0
    assert rows(place) == before


@pytest.mark.parametrize(
    ("changed", "exact"),
    [
        ({}, True),
        ({"code": "other", "python": "3.12.0"}, True),
        ({"commit": "0123abc", "cores": "64"}, True),
        ({"keras": "9"}, False),
        ({"threads": "2"}, False),
        ({"processor": "another"}, False),
        ({"device": "gpu of compute capability 9.0"}, False),
    ],
)
def test_where_bits_must_repeat(changed, exact):
    """To the bit on a CPU with the same versions, threads and processor; else not."""
    before = {
        "keras": "3",
        "threads": "1",
        "processor": "one",
        "device": "cpu",
        "code": "a",
        "python": "3.11.0",
    }
    assert repeats_exactly(before, before | changed) == exact
    assert not repeats_exactly(None, before)
    on_gpu = before | {"device": "gpu"}
    assert not repeats_exactly(on_gpu, on_gpu)
