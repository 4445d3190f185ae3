"""The ledger: budget, crashes, grids, and what each outcome leaves behind."""

import itertools

import optuna
import pytest
from optuna.trial import TrialState

from data_pipeline.seeds import child_seed
from search.history import read_records
from search.pruners import PRUNERS
from tests.strategies_ledger import (
    GRID,
    STORAGES,
    begin,
    complete,
    crash,
    fail,
    finish,
    prune,
    report,
    small,
)

ALL = pytest.mark.parametrize("storage", STORAGES)


def inside(ledger):
    """Reaches the Optuna study of a ledger."""
    return ledger._trials  # noqa: SLF001 - what a dashboard would show


def many(trials, **others):
    """Makes the change of the small study to another number of trials."""
    return small(("trials = 4", f"trials = {trials}"), **others)


@ALL
def test_budget(tmp_path, storage):
    """As many trials as the budget are asked, running ones included; then none."""
    ledger = begin(tmp_path, storage=storage)
    asked = [ledger.ask() for _ in range(6)]
    assert [a and a.number for a in asked] == [0, 1, 2, 3, None, None]
    assert not ledger.exhausted()
    for number in range(4):
        ledger.tell(number, complete(0.5))
    assert ledger.exhausted()
    assert ledger.ask() is None


def test_seeds_are_the_trials_own(tmp_path):
    """A trial's seed is a child of the study's, by the number of the trial."""
    asked = begin(tmp_path).ask()
    assert asked.seed == child_seed(7, "trial", 0)


def test_fixed_keys_are_in_the_configuration(tmp_path):
    """A proposal is a whole configuration, fixed keys included."""
    assert begin(tmp_path).ask().values["training.epochs"] == 3


@ALL
def test_crash(tmp_path, storage):
    """What a crash left is told, tagged, not counted, and run again first."""
    ledger = begin(tmp_path, storage=storage)
    first, second = ledger.ask(), ledger.ask()
    ledger.tell(first.number, complete(0.5))
    ledger.report(second.number, report(1, 0.25))
    crash(ledger)
    ledger = begin(tmp_path, storage=storage)
    record = ledger.records()[1]
    assert (record.state, record.reason) == ("FAIL", "interrupted")
    assert record.curve == {1: 0.25}
    assert ledger.counts().done == 1
    again = ledger.ask()
    assert (again.number, again.values) == (2, second.values)
    ledger.tell(again.number, complete(0.5))
    assert finish(ledger) == [3, 4]
    assert ledger.counts().done == 4
    assert inside(ledger).trials[2].user_attrs["retry_of"] == 1


@ALL
def test_crash_after_crash(tmp_path, storage):
    """However often a trial is interrupted, it is run again, once."""
    ledger = begin(tmp_path, storage=storage)
    values = ledger.ask().values
    for _ in range(3):
        crash(ledger)
        ledger = begin(tmp_path, storage=storage)
        assert ledger.ask().values == values
    ledger.tell(3, complete(0.5))
    assert finish(ledger) == [4, 5, 6]


def test_crash_between_suggestions(tmp_path):
    """A trial without all its parameters is settled; there is nothing to run again."""
    ledger = begin(tmp_path)
    inside(ledger).ask().suggest_categorical("training.optimizer", ("adam", "adamw"))
    crash(ledger)
    ledger = begin(tmp_path)
    assert ledger.records()[0].reason == "interrupted"
    assert finish(ledger) == [1, 2, 3, 4]


def test_crash_before_a_retry_is_suggested(tmp_path):
    """A retry that a crash meets before its first parameter is run again too."""
    ledger = begin(tmp_path)
    values = ledger.ask().values
    crash(ledger)
    ledger = begin(tmp_path)
    inside(ledger).ask()
    crash(ledger)
    assert begin(tmp_path).ask().values == values


def test_crash_while_settling(tmp_path):
    """A trial that was enqueued again and not yet told FAIL is run again once."""
    ledger = begin(tmp_path)
    asked = ledger.ask()
    params = inside(ledger).trials[0].params
    inside(ledger).enqueue_trial(params, user_attrs={"retry_of": asked.number})
    crash(ledger)
    ledger = begin(tmp_path)
    waiting = [t for t in inside(ledger).trials if t.state == TrialState.WAITING]
    assert len(waiting) == 1
    assert finish(ledger) == [1, 2, 3, 4]


@ALL
def test_close(tmp_path, storage):
    """A driver that stops in good order leaves nothing running either."""
    ledger = begin(tmp_path, storage=storage)
    ledger.ask()
    ledger.close()
    assert [record.state for record in ledger.records()] == ["FAIL"]
    assert ledger.counts().running == 0
    assert finish(ledger) == [1, 2, 3, 4]


def test_larger_budget(tmp_path):
    """A finished run goes on with a larger budget, and repeats no proposal."""
    finish(begin(tmp_path))
    ledger = begin(tmp_path, many(6))
    assert finish(ledger) == [4, 5]
    rates = [r.values["training.learning_rate"] for r in ledger.records()]
    assert len(set(rates)) == 6


def test_finished(tmp_path):
    """A finished run opens again, has nothing to ask and knows its best."""
    finish(begin(tmp_path), 0.75)
    ledger = begin(tmp_path)
    assert ledger.exhausted()
    assert (ledger.ask(), ledger.best().value) == (None, 0.75)


@ALL
def test_grid(tmp_path, storage):
    """A grid is walked point by point, and its end is the end of the search."""
    study = small(("trials = 4", "trials = 9"), text=GRID)
    ledger = begin(tmp_path, study, storage=storage)
    points = []
    while (asked := ledger.ask()) is not None:
        points.append(study.space.params(asked.values))
        ledger.tell(asked.number, fail() if asked.number == 1 else complete(0.5))
    assert points == list(study.space.points())
    assert ledger.exhausted()
    assert begin(tmp_path, study, storage=storage).ask() is None


@ALL
def test_grid_after_a_crash(tmp_path, storage):
    """A point that a crash interrupted is run again, and no other one twice."""
    study = small(("trials = 4", "trials = 9"), text=GRID)
    ledger = begin(tmp_path, study, storage=storage)
    ledger.tell(ledger.ask().number, complete(0.5))
    lost = [ledger.ask().values, ledger.ask().values]
    crash(ledger)
    ledger = begin(tmp_path, study, storage=storage)
    assert not ledger.exhausted()
    again = [ledger.ask(), ledger.ask(), ledger.ask()]
    assert [a and a.values for a in again] == [*lost, None]
    for asked in again[:2]:
        ledger.tell(asked.number, complete(0.5))
    assert ledger.exhausted()


def test_grid_of_one_point(tmp_path):
    """A space without a parameter is a grid of one point."""
    text = GRID.partition("[space]")[0]
    ledger = begin(tmp_path, small(text=text))
    assert finish(ledger) == [0]
    assert ledger.exhausted()


def test_out_of_memory(tmp_path):
    """A trial without memory is pruned and infeasible, so that TPE leaves it."""
    ledger = begin(tmp_path)
    ledger.tell(ledger.ask().number, prune("out_of_memory"))
    trial = inside(ledger).trials[0]
    assert trial.state == TrialState.PRUNED
    assert trial.constraints == {"memory": 1.0}
    assert ledger.records()[0].reason == "out_of_memory"


def test_tpe_leaves_where_memory_ends(tmp_path):
    """TPE proposes less where trials run out of memory, above a rate of 1e-4."""
    study = many(40, text=TPE)
    ledger = begin(tmp_path, study)
    high = []
    while (asked := ledger.ask()) is not None:
        high.append(float(asked.values["training.learning_rate"]) > 1e-4)
        ledger.tell(asked.number, prune("out_of_memory") if high[-1] else complete(0.5))
    assert sum(high[20:]) <= 5


@pytest.mark.parametrize(
    ("outcome", "state", "reason"),
    [
        (complete(0.5), "COMPLETE", ""),
        (prune("pruner"), "PRUNED", "pruner"),
        (prune("diverged"), "PRUNED", "diverged"),
        (fail("ValueError: no"), "FAIL", "ValueError: no"),
    ],
)
@ALL
def test_outcomes(tmp_path, storage, outcome, state, reason):
    """Each outcome keeps its state, its reason, every report, and what it cost."""
    ledger = begin(tmp_path, storage=storage)
    asked = ledger.ask()
    for step, value in ((1, 0.25), (2, 0.5)):
        assert not ledger.report(asked.number, report(step, value))
    ledger.tell(asked.number, outcome)
    crash(ledger)
    record = begin(tmp_path, storage=storage).records()[0]
    assert (record.state, record.reason) == (state, reason)
    assert record.curve == {1: 0.25, 2: 0.5}
    assert record.values == asked.values
    assert record.value == (0.5 if state == "COMPLETE" else None)
    assert record.attributes["spent"]["epochs"] == outcome.spent.epochs
    if state == "COMPLETE":
        assert record.attributes["epoch"] == 2
        assert record.attributes["pooled_curve"] == [0.5, 0.5, 0.5]
        assert record.attributes["scores"] == {"emotion.macro_f1": 0.5}


def test_best(tmp_path):
    """The best is the completed trial with the highest value, of equals the first."""
    ledger = begin(tmp_path)
    assert ledger.best() is None
    for outcome in (prune(), complete(0.5), complete(0.75), complete(0.75)):
        asked = ledger.ask()
        ledger.report(asked.number, report(1, 0.99))
        ledger.tell(asked.number, outcome)
    assert (ledger.best().number, ledger.best().value) == (2, 0.75)


def test_a_value_of_zero(tmp_path):
    """A completed trial worth nothing is better than none."""
    ledger = begin(tmp_path)
    ledger.tell(ledger.ask().number, complete(0.0))
    assert ledger.best().number == 0


@pytest.mark.parametrize("pruner", PRUNERS)
def test_the_last_step_is_never_judged(tmp_path, pruner):
    """A fully trained trial is never pruned; at the step before it may be."""
    study = small(
        ("trials = 4", "trials = 9"),
        ('pruner = "none"', f'pruner = "{pruner}"'),
        ("folds = 1", "folds = 3"),
    )
    ledger = begin(tmp_path, study)
    for _ in range(8):
        asked = ledger.ask()
        for step in range(1, 10):
            ledger.report(asked.number, report(step, 0.9, last=True))
        ledger.tell(asked.number, complete(0.9))
    asked = ledger.ask()
    for step in range(1, 10):
        assert not ledger.report(asked.number, report(step, 0.0, last=True))


def test_interrupted_trials_do_not_compete(tmp_path):
    """Reports of trials that a crash ended hold nobody back at a rung."""
    study = small(
        ("trials = 4", "trials = 9"), ('pruner = "none"', 'pruner = "hyperband"')
    )
    ledger = begin(tmp_path, study)
    for _ in range(4):
        ledger.report(ledger.ask().number, report(1, 0.9))
    crash(ledger)
    ledger = begin(tmp_path, study)
    verdicts = [ledger.report(ledger.ask().number, report(1, 0.5)) for _ in range(4)]
    assert verdicts == [False] * 4


class Watcher:
    """Writes down what it sees."""

    def __init__(self):
        """Has seen nothing."""
        self.seen = []

    def asked(self, asked, counts):
        """Sees a trial begin."""
        self.seen.append(("asked", asked.number, counts.running, counts.done))

    def reported(self, number, report):
        """Sees an epoch."""
        self.seen.append(("reported", number, report.step))

    def closed(self):
        """Sees the end."""

    def told(self, number, outcome, counts):
        """Sees a trial end."""
        name = type(outcome).__name__
        self.seen.append((name, number, counts.running, counts.done))


def test_watcher(tmp_path):
    """A watcher sees each trial begin and end, with the counts after it."""
    watcher = Watcher()
    ledger = begin(tmp_path, watcher=watcher)
    for outcome in (complete(0.5), prune(), fail()):
        ledger.tell(ledger.ask().number, outcome)
    assert watcher.seen == [
        ("asked", 0, 1, 0),
        ("Completed", 0, 0, 1),
        ("asked", 1, 1, 1),
        ("Pruned", 1, 0, 2),
        ("asked", 2, 1, 2),
        ("Failed", 2, 0, 3),
    ]


def test_reading_leaves_a_run_alone(tmp_path):
    """Reading the records of a run that goes on settles nothing."""
    ledger = begin(tmp_path)
    ledger.ask()
    url = f"sqlite:///{tmp_path / 'optuna.db'}"
    records = read_records(small(), url=url, name="small")
    assert [record.state for record in records] == ["RUNNING"]
    assert records == ledger.records()


def test_the_optuna_study_bears_the_runs_name(tmp_path):
    """The storage holds one study, of the run's name, to be maximized."""
    begin(tmp_path)
    url = f"sqlite:///{tmp_path / 'optuna.db'}"
    (summary,) = optuna.get_all_study_summaries(url)
    assert summary.study_name == "small"
    assert summary.direction == optuna.study.StudyDirection.MAXIMIZE


@pytest.mark.parametrize("sampler", ["tpe", "random", "cmaes", "qmc"])
def test_same_seed_same_search(tmp_path, sampler):
    """Two runs of a study propose the same, with one worker."""
    study = small(('"random"', f'"{sampler}"'))
    proposed = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        ledger = begin(tmp_path / name, study, storage="journal")
        finish(ledger)
        proposed.append([record.values for record in ledger.records()])
    assert proposed[0] == proposed[1]
    assert all(a != b for a, b in itertools.pairwise(proposed[0]))


TPE = """
[data]
dataset = "drawn"
targets = ["emotion"]
image_size = 16
[objective]
"emotion.macro_f1" = 1.0
[search]
trials = 4
[space]
"training.learning_rate" = { low = 1e-7, high = 1e-1, log = true }
"""
