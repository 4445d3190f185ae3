"""A search that begins with the best trials of an earlier one."""

import sqlite3
from types import SimpleNamespace

import pytest

from data_pipeline.system.errors import InputError, StudyError
from search.inputs.run import Run
from search.pipeline import stages
from search.pipeline.warm_start import MOST, add_warm_start
from search.run_folder import RunFolder
from search.study.study import check_study
from tests.factories.ledger import SMALL, begin, complete, small
from tests.factories.runs import contents, searched, table, write_study

BEGUN = {"data.hold_out": "ours", "data.labels": "abc"}
WARM = ("trials = 4", 'trials = 9\nwarm_start = "v1"')


@pytest.fixture(name="values")
def _values(tmp_path):
    """Runs an earlier search of seven trials; returns their values by number."""
    study = small(("trials = 4", "trials = 7"))
    folder = tmp_path / "v1"
    folder.mkdir()
    (folder / "study.toml").write_text(study.text())
    ledger = begin(folder, study, data=BEGUN, name="v1")
    for value in (0.1, 0.7, 0.3, 0.9, 0.5, 0.2, 0.6):
        ledger.tell(ledger.ask().number, complete(value))
    return [study.space.params(record.values) for record in ledger.records()]


def warmed(runs, *changes, hold_out="ours", synthetic=False, url=None):
    """Starts a study from the earlier run; returns it and what was printed."""
    lines = []
    folder = RunFolder(out=runs, name="small")
    folder.make()
    split = SimpleNamespace(hold_out=SimpleNamespace(key=hold_out))
    run = Run(
        study=small(WARM, *changes),
        data=SimpleNamespace(synthetic=synthetic, split=split),
        folder=folder,
        storage=url or folder.storage,
        print=lines.append,
    )
    return add_warm_start(run), lines


def test_the_best_come_first(tmp_path, values):
    """The five best trials come first, best first, by name, and may be pruned.

    Reading them changes nothing of the earlier run.
    """
    before = contents(tmp_path / "v1")["study.toml"]
    study, lines = warmed(tmp_path)
    assert [one.name for one in study.enqueued] == [
        f"v1 trial {number}" for number in (3, 1, 6, 4, 2)
    ]
    assert len(study.enqueued) == MOST
    assert not any(one.never_prune for one in study.enqueued)
    assert lines == ["warm start: 5 of the best trials of v1 are enqueued"]
    ledger = begin(tmp_path / "small", study)
    requests = [ledger.ask() for _ in range(6)]
    params = [study.space.params(one.values) for one in requests]
    assert params[:5] == [values[number] for number in (3, 1, 6, 4, 2)]
    assert requests[5].enqueued == ""
    assert params[5] not in values
    assert contents(tmp_path / "v1")["study.toml"] == before


def test_a_run_in_another_storage(tmp_path, values):
    """Trials that are not in their run's folder are read from the given storage."""
    moved = tmp_path / "elsewhere.db"
    for path in (tmp_path / "v1").glob("optuna.db*"):  # its log lies beside it
        path.rename(tmp_path / path.name.replace("optuna", "elsewhere"))
    with pytest.raises(InputError, match=r"v1/optuna\.db.*with --storage"):
        warmed(tmp_path)
    study, _ = warmed(tmp_path, url=f"sqlite:///{moved}")
    assert [one.params for one in study.enqueued] == [
        values[n] for n in (3, 1, 6, 4, 2)
    ]


def test_they_are_read_once(tmp_path, values):
    """A later start uses the same trials, even if the earlier run is deleted."""
    study, _ = warmed(tmp_path)
    (tmp_path / "v1").rename(tmp_path / "moved")
    again, _ = warmed(tmp_path)
    assert again.enqueued == study.enqueued
    assert len(values) == 7


def test_trials_outside_the_space_are_left_out(tmp_path, values):
    """A narrower space takes the trials inside it and names the others."""
    study, lines = warmed(tmp_path, ('["adam", "adamw"]', '["adam"]'))
    adam = [v["training.optimizer"] == "adam" for v in values]
    kept = [n for n in (3, 1, 6, 4, 2) if adam[n]]
    assert [one.name for one in study.enqueued] == [f"v1 trial {n}" for n in kept]
    assert len(lines) == 1 + MOST - len(kept)
    for line in lines[:-1]:
        assert 'is not enqueued: "training.optimizer": must be one of adam' in line


def test_keys_that_are_not_searched_are_dropped(tmp_path, values):
    """A parameter that the new space lacks does not matter."""
    gone = SMALL.splitlines()[-1]
    study, _ = warmed(tmp_path, (gone, ""))
    assert len(study.enqueued) == MOST
    assert all("training.weight_decay" not in one.params for one in study.enqueued)
    assert values


@pytest.mark.usefixtures("values")
def test_another_hold_out_is_refused(tmp_path):
    """Trials that were chosen on subjects held out here would leak them."""
    with pytest.raises(StudyError, match="another hold-out"):
        warmed(tmp_path, hold_out="theirs")
    assert not (tmp_path / "small" / "warm_start.json").exists()


@pytest.mark.usefixtures("values")
def test_a_run_that_lost_its_hold_out_is_refused(tmp_path):
    """A storage without the earlier hold-out is refused."""
    with sqlite3.connect(tmp_path / "v1" / "optuna.db") as file:
        file.execute("DELETE FROM study_system_attributes")
    with pytest.raises(StudyError, match="with an unknown hold-out"):
        warmed(tmp_path)


@pytest.mark.usefixtures("values")
def test_a_run_that_is_not_there(tmp_path):
    """The message has the runs that are; drawn and real ones are kept apart."""
    with pytest.raises(
        InputError, match=r"study v1 on synthetic.*no runs on synthetic"
    ):
        warmed(tmp_path, synthetic=True)
    with pytest.raises(InputError, match=r"did you mean v1\? Available: v1"):
        warmed(tmp_path, ('"v1"', '"v11"'))
    with pytest.raises(StudyError, match="this study itself"):
        warmed(tmp_path, ('"v1"', '"small"'))


def test_it_is_refused_before_labels_are_read(tmp_path, coursework, monkeypatch):
    """Reading the labels of a large data set would be waited for in vain."""
    monkeypatch.setattr(
        "search.pipeline.opening.read_labels",
        lambda *_, **__: pytest.fail("labels were read"),
    )
    study = write_study(tmp_path)
    words = ("--set", "search.warm_start=v1")
    answer = searched(study, coursework, tmp_path / "runs", *words)
    assert answer.code == 2
    assert "no run of a study v1 on synthetic faces" in answer.err
    assert not (tmp_path / "runs").exists()


def test_a_search_begins_with_them(tmp_path, coursework, monkeypatch):
    """A search runs the earlier run's trials first, and its table names them."""
    values = iter((0.4, 0.6, 0.1, 0.2, 0.3))

    def untrained(_, ledger, then):
        """Runs no trial; each gets the next value."""
        while (request := ledger.ask()) is not None:
            ledger.tell(request.number, complete(next(values)))
        then.plan()

    monkeypatch.setattr(stages, "executor", lambda _: untrained)
    words = (coursework, tmp_path / "runs", "--until", "search")
    earlier = searched(write_study(tmp_path, "v1"), *words)
    warm = ("--set", "search.warm_start=v1", "--set", "search.trials=3")
    later = searched(write_study(tmp_path, "v2"), *words, *warm)

    assert (earlier.code, later.code, later.err) == (0, 0, "")
    assert "warm start: 2 of the best trials of v1" in later.out
    first, second = (table(tmp_path / "runs" / f"{n}-synthetic") for n in ("v1", "v2"))
    assert [row["enqueued"] for row in second] == ["v1 trial 1", "v1 trial 0", ""]
    rates = [[row["training.learning_rate"] for row in run] for run in (first, second)]
    assert rates[1][:2] == rates[0][::-1]


def test_a_run_without_a_completed_trial(tmp_path):
    """There is nothing to begin with yet."""
    folder = tmp_path / "v1"
    folder.mkdir()
    (folder / "study.toml").write_text(small().text())
    begin(folder, data=BEGUN, name="v1")
    with pytest.raises(InputError, match="no trial of v1 has completed yet"):
        warmed(tmp_path)


def test_no_part_of_the_identity():
    """A warm start may be added to a running search."""
    tables = {**small().raw, "search": {"trials": 4, "seed": 7, "sampler": "random"}}
    tables["search"] |= {"pruner": "none", "warm_start": "v1"}
    read = check_study(tables, name="small", place="small.toml")
    assert read.identity() == small().identity()
