"""The ledger: budget, grids, seeds, and callbacks."""

import itertools

import optuna
import pytest

from data_pipeline.system.seeds import child_seed
from search.ledger.callback import Callback
from search.ledger.reader import read_records
from tests.factories.ledger import (
    GRID,
    STORAGES,
    begin,
    complete,
    fail,
    finish,
    many,
    prune,
    report,
    small,
)

ALL = pytest.mark.parametrize("storage", STORAGES)


@ALL
def test_budget(tmp_path, storage):
    """As many trials start as the budget has, running ones included; then none."""
    ledger = begin(tmp_path, storage=storage)
    requests = [ledger.ask() for _ in range(6)]
    assert [a and a.number for a in requests] == [0, 1, 2, 3, None, None]
    assert not ledger.exhausted()
    for number in range(4):
        ledger.tell(number, complete(0.5))
    assert ledger.exhausted()
    assert ledger.ask() is None


def test_seeds_are_the_trials_own(tmp_path):
    """A trial's seed is a child of the study's, by the number of the trial."""
    request = begin(tmp_path).ask()
    assert request.seed == child_seed(7, "trial", 0)


def test_fixed_keys_are_in_the_configuration(tmp_path):
    """A proposal is a whole configuration, fixed keys included."""
    assert begin(tmp_path).ask().values["training.epochs"] == 3


def test_larger_budget(tmp_path):
    """A finished run continues with a larger budget and repeats no proposal."""
    finish(begin(tmp_path))
    ledger = begin(tmp_path, many(6))
    assert finish(ledger) == [4, 5]
    rates = [r.values["training.learning_rate"] for r in ledger.records()]
    assert len(set(rates)) == 6


def test_finished(tmp_path):
    """A finished run opens again, starts no trial and returns its best."""
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
    while (request := ledger.ask()) is not None:
        points.append(study.space.params(request.values))
        ledger.tell(request.number, fail() if request.number == 1 else complete(0.5))
    assert points == list(study.space.parameter_sets())
    assert ledger.exhausted()
    assert begin(tmp_path, study, storage=storage).ask() is None


def test_grid_of_one_point(tmp_path):
    """A space without a parameter is a grid of one point."""
    text = GRID.partition("[space]")[0]
    ledger = begin(tmp_path, small(text=text))
    assert finish(ledger) == [0]
    assert ledger.exhausted()


class Recorder(Callback):
    """Records its calls; ``name`` comes first in each."""

    def __init__(self, name, calls):
        """Appends to ``calls``."""
        self._name, self._calls = name, calls

    def on_search_start(self, read_records):
        """Records how many trials there are."""
        self._calls.append((self._name, "search start", len(read_records())))

    def on_trial_start(self, request, counts):
        """Records the counts."""
        call = ("trial start", request.number, counts.running, counts.done)
        self._calls.append((self._name, *call))

    def on_epoch_end(self, number, report):
        """Records the step."""
        self._calls.append((self._name, "epoch end", number, report.step))

    def on_trial_end(self, number, outcome, counts):
        """Records the outcome and the counts."""
        call = (type(outcome).__name__, number, counts.running, counts.done)
        self._calls.append((self._name, *call))

    def on_search_end(self):
        """Records the end."""
        self._calls.append((self._name, "search end"))


def test_callbacks(tmp_path):
    """Callbacks are called in the order of their list, with the counts after it.

    One that overrides nothing may be between them.
    """
    calls = []
    callbacks = [Recorder("a", calls), Callback(), Recorder("b", calls)]
    ledger = begin(tmp_path, callbacks=callbacks)
    ledger.report(ledger.ask().number, report(1, 0.25))
    ledger.tell(0, complete(0.5))
    for outcome in (prune(), fail()):
        ledger.tell(ledger.ask().number, outcome)
    ledger.close()
    expected = [
        ("search start", 0),
        ("trial start", 0, 1, 0),
        ("epoch end", 0, 1),
        ("Completed", 0, 0, 1),
        ("trial start", 1, 1, 1),
        ("Pruned", 1, 0, 2),
        ("trial start", 2, 1, 2),
        ("Failed", 2, 0, 3),
        ("search end",),
    ]
    assert calls == [(name, *call) for call in expected for name in "ab"]


def test_reading_leaves_a_run_alone(tmp_path):
    """Reading the records of a running search changes nothing."""
    ledger = begin(tmp_path)
    ledger.ask()
    url = f"sqlite:///{tmp_path / 'optuna.db'}"
    records = read_records(small(), url=url, name="small")
    assert [record.state for record in records] == ["RUNNING"]
    assert records == ledger.records()


def test_the_optuna_study_bears_the_runs_name(tmp_path):
    """The storage has one study of the run's name, which is maximized."""
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
