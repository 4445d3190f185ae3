"""A nested run, part by part: a fake trainer stands for Keras."""

import hashlib
import json
import shutil

import numpy as np
import pytest

from data_pipeline.development import read_table
from data_pipeline.images.decode_table import decode_readable
from data_pipeline.system.errors import SealedError, StudyError
from search.trial import worker
from tests.factories.runs import contents, searched, table, write_study
from tests.fakes.outer_parts import NESTED, planned
from tests.fakes.seeded_trainer import SeededTrainer

RUN = "tiny-synthetic-nested"


class WatchedTrainer(SeededTrainer):
    """Notes the pictures that each worker trains and validates on; may be stopped."""

    seen = ()
    stop_after = None
    fits = 0

    def __init__(self, **options):
        """Begins with the pictures of a new worker."""
        super().__init__(**options)
        self.seen.append(set())

    def fit(self, config, arrays, part, *, seed):
        """Notes the pictures, and interrupts the run where it should."""
        type(self).fits += 1
        if self.fits == self.stop_after:
            raise KeyboardInterrupt
        rows = np.concatenate([part.train, part.validation])
        self.seen[-1].update(_picture(arrays.images[row]) for row in rows)
        yield from super().fit(config, arrays, part, seed=seed)


def _picture(pixels):
    return hashlib.sha256(np.asarray(pixels).tobytes()).hexdigest()


def watched():
    """Makes a trainer with notes of its own."""
    return type("Trainer", (WatchedTrainer,), {"seen": []})


@pytest.fixture
def trainer(monkeypatch):
    """The trainer of all runs in a test."""
    kind = watched()
    monkeypatch.setattr(worker, "Trainer", kind)
    return kind


@pytest.fixture(scope="module")
def whole(tmp_path_factory, coursework):
    """A run that was not interrupted: its folder, output, and pictures by part."""
    folder, kind = tmp_path_factory.mktemp("whole"), watched()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker, "Trainer", kind)
        answer = nested(folder, coursework)
    assert (answer.code, answer.err) == (0, "")
    return folder, answer.out, kind.seen


def nested(folder, data, *words):
    """Searches the outer parts by the command."""
    study = write_study(folder, text=NESTED)
    return searched(study, data, folder / "runs", "--until", "search", *words)


def report(folder):
    """Reads what was found."""
    return json.loads((folder / "runs" / RUN / "nested.json").read_text())


def held_out(folder, number):
    """Reads whom a part holds out."""
    path = folder / "runs" / RUN / f"outer-{number}" / "hold_out_subjects.txt"
    return set(path.read_text().split())


def test_no_picture_of_a_part_reaches_its_search(whole, coursework):
    """Each person is held out once, and never trained or validated on there."""
    folder, _, watched = whole
    plan = planned(folder, coursework)
    labels = read_table(plan.root, plan.study.data, lambda *_: None)
    pixels = decode_readable(labels, size=32, unreadable="error").pixels
    people = labels.frame["subject"].to_numpy(dtype=str)
    held = [held_out(folder, number) for number in (1, 2, 3)]
    assert sorted(name for part in held for name in part) == sorted(set(people))
    assert len(watched) == 3
    for part, seen in zip(held, watched, strict=True):
        here = np.isin(people, [*part])
        mine, others = (
            {_picture(pixels[row]) for row in np.flatnonzero(rows)}
            for rows in (here, ~here)
        )
        assert seen == others
        assert not seen & mine


def test_every_part_is_a_run_of_its_own(whole):
    """The trainings are shared, and each part has its folder, trials and seed."""
    folder, out, _ = whole
    found = report(folder)
    assert [part["budget"] for part in found["parts"]] == [2, 2, 2]
    assert {part["run"] for part in found["parts"]} == {
        f"{RUN}/outer-{number}" for number in (1, 2, 3)
    }
    assert "Chosen in the 3 parts:" in out
    assert "outer part 2 of 3: 5 subjects" in out
    # The seeds differ, or all parts would try the same configurations.
    rates = [
        {row["training.learning_rate"] for row in rows(folder, number)}
        for number in (1, 2)
    ]
    assert not rates[0] & rates[1]


def rows(folder, number):
    """Reads the trials of a part."""
    return table(folder / "runs" / RUN / f"outer-{number}")


def closed(folder):
    """Reads a run's files, but for the database, which may be open here still."""
    found = contents(folder)
    return {name: text for name, text in found.items() if "optuna.db" not in name}


def test_an_interrupted_run_resumes_where_it_was(whole, tmp_path, coursework, trainer):
    """Finished parts are not run again; the rest ends as if nothing had happened."""
    trainer.stop_after = 4
    assert nested(tmp_path, coursework).code == 130
    assert not (tmp_path / "runs" / RUN / "nested.json").exists()
    trainer.stop_after = None
    first = closed(tmp_path / "runs" / RUN / "outer-1")
    assert nested(tmp_path, coursework).code == 0
    assert closed(tmp_path / "runs" / RUN / "outer-1") == first
    assert trainer.fits == 7, "two trials a part, one of them interrupted"
    found, expected = report(tmp_path), report(whole[0])
    # Trials of an interrupted search may have other numbers.
    for one in (*found["parts"], *expected["parts"]):
        del one["trial"]
    assert found == expected


def test_a_finished_run_goes_on_with_a_larger_budget_only(
    whole, tmp_path, coursework, trainer
):
    """Nothing is left to do without more trials; other outer parts are refused."""
    shutil.copytree(whole[0] / "runs", tmp_path / "runs")
    answer = nested(tmp_path, coursework)
    assert (answer.code, trainer.fits) == (0, 0)
    assert answer.out.partition("Nested")[2] == whole[1].partition("Nested")[2].replace(
        str(whole[0]), str(tmp_path)
    )
    assert nested(tmp_path, coursework, "--set", "search.trials=5").code == 0
    assert [len(rows(tmp_path, number)) for number in (1, 2, 3)] == [4, 3, 3]
    answer = nested(tmp_path, coursework, "--set", "split.outer_folds=2")
    assert answer.code == 2
    assert "outer part 1 of 2" in answer.err
    assert "split.outer_folds: was 3, is 2" in answer.err


def test_what_cannot_work_is_refused_before_the_first_trial(tmp_path, coursework):
    """Too small a budget, too many parts, and parts that cannot be searched."""
    with pytest.raises(StudyError, match=r"makes 16 parts.* search.trials to 8"):
        planned(tmp_path, coursework, 'split.outer_folds="subjects"')
    answer = nested(tmp_path, coursework, "--set", "split.outer_folds=17")
    assert answer.code == 2
    assert "has 16 subjects, and each part needs at least one" in answer.err
    answer = nested(tmp_path, coursework, "--set", "search.pruner=wilcoxon")
    assert answer.code == 2
    assert "wilcoxon" in answer.err
    assert not (tmp_path / "runs" / RUN).exists()


def test_people_who_were_tested_are_refused_at_the_start(tmp_path, coursework):
    """After another run's test a nested one needs --reopen, before any trial."""
    everybody_tested_by("earlier", tmp_path, coursework)
    with pytest.raises(SealedError, match="were tested before, last by run earlier"):
        planned(tmp_path, coursework)
    assert planned(tmp_path, coursework, reopen=True).parts
    assert planned(tmp_path, coursework, until="retrain").parts


def test_an_ordinary_run_is_refused_at_the_start_too(tmp_path, coursework, trainer):
    """After a nested run, whose parts tested all people, it trains and writes nothing.

    Without a test it searches.
    """
    everybody_tested_by(f"{RUN}/outer-3", tmp_path, coursework)
    study, runs = write_study(tmp_path), tmp_path / "runs"
    answer = searched(study, coursework, runs)
    assert (answer.code, trainer.fits) == (2, 0)
    assert f"last by run {RUN}/outer-3" in answer.err
    assert "use --until retrain, or evaluate again with --reopen" in answer.err
    assert not (runs / "tiny-synthetic" / "study.toml").exists()
    trainer.highest_dropout = 1.0
    assert searched(study, coursework, runs, "--until", "search").code == 0


def everybody_tested_by(run, folder, data):
    """Writes the receipt of a run that tested all people."""
    plan = planned(folder, data)
    whole = read_table(plan.root, plan.study.data, lambda *_: None)
    receipt = {
        "data": plan.population,
        "subjects": sorted(set(whole.frame["subject"].astype(str))),
        "pictures": [],
        "part": None,
        "rule": {},
        "run": run,
        "model": "m",
        "time": "2026-01-01T00:00:00+00:00",
    }
    (folder / "runs").mkdir()
    path = folder / "runs" / "holdout_receipts.jsonl"
    path.write_text(json.dumps(receipt) + "\n")
