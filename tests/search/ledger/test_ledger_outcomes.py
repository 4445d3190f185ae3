"""The ledger: what each outcome of a trial leaves behind."""

import pytest
from optuna.samplers._tpe.sampler import _split_trials
from optuna.trial import TrialState

from search.study.algorithms import PRUNERS
from tests.factories.ledger import (
    STORAGES,
    begin,
    complete,
    crash,
    fail,
    inside,
    many,
    prune,
    report,
    small,
)

ALL = pytest.mark.parametrize("storage", STORAGES)

TPE = """
[data]
dataset = "synthetic"
targets = ["emotion"]
image_size = 16
[objective]
"emotion.macro_f1" = 1.0
[search]
trials = 4
[space]
"training.learning_rate" = { low = 1e-7, high = 1e-1, log = true }
"""


BROKEN = pytest.mark.parametrize(
    ("reason", "constraint"), [("out_of_memory", "memory"), ("diverged", "divergence")]
)


@BROKEN
def test_what_would_break_again(tmp_path, reason, constraint):
    """A trial that broke is pruned and infeasible, so that TPE leaves it."""
    ledger = begin(tmp_path)
    ledger.tell(ledger.ask().number, prune(reason))
    trial = inside(ledger).trials[0]
    assert trial.state == TrialState.PRUNED
    assert trial.constraints == {constraint: 1.0}
    assert ledger.records()[0].reason == reason


@BROKEN
def test_tpe_ranks_it_last(tmp_path, reason, constraint):
    """TPE's good trials are pruned ones, not one that failed late.

    Without its constraint the failed one would rank higher, as it went further.
    """
    del constraint
    ledger = begin(tmp_path, many(9, text=TPE), storage="journal")
    requests = [ledger.ask() for _ in range(3)]
    ledger.report(requests[0].number, report(1, 0.1))
    ledger.report(requests[1].number, report(1, 0.9))
    ledger.report(requests[1].number, report(2, 0.9))
    ledger.report(requests[2].number, report(1, 0.2))
    ledger.tell(requests[0].number, prune())
    ledger.tell(requests[1].number, prune(reason))
    ledger.tell(requests[2].number, prune())
    study = inside(ledger)
    below, above = _split_trials(study, study.trials, 2)
    assert [trial.number for trial in below] == [0, 2]
    assert [trial.number for trial in above] == [1]


@BROKEN
@pytest.mark.parametrize(("sampler", "most"), [("tpe", 5), ("bohb", 7)])
def test_tpe_leaves_where_trials_break(tmp_path, reason, constraint, sampler, most):
    """TPE proposes less where trials break, above a rate of 1e-4.

    A third of the proposals of ``bohb`` are random.
    """
    del constraint
    text = TPE.replace("trials = 4", f'trials = 4\nsampler = "{sampler}"')
    study = many(40, text=text)
    ledger = begin(tmp_path, study, storage="journal")
    high = []
    while (request := ledger.ask()) is not None:
        high.append(float(request.values["training.learning_rate"]) > 1e-4)
        ledger.tell(request.number, prune(reason) if high[-1] else complete(0.5))
    assert sum(high[20:]) <= most


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
    """Each outcome keeps its state, its reason, every report, and its costs."""
    ledger = begin(tmp_path, storage=storage)
    request = ledger.ask()
    for step, value in ((1, 0.25), (2, 0.5)):
        assert not ledger.report(request.number, report(step, value))
    ledger.tell(request.number, outcome)
    crash(ledger)
    record = begin(tmp_path, storage=storage).records()[0]
    assert (record.state, record.reason) == (state, reason)
    assert record.curve == {1: 0.25, 2: 0.5}
    assert record.values == request.values
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
        request = ledger.ask()
        ledger.report(request.number, report(1, 0.99))
        ledger.tell(request.number, outcome)
    assert (ledger.best().number, ledger.best().value) == (2, 0.75)


def test_a_value_of_zero(tmp_path):
    """A completed trial of value 0 is better than none."""
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
        request = ledger.ask()
        for step in range(1, 10):
            ledger.report(request.number, report(step, 0.9, last=True))
        ledger.tell(request.number, complete(0.9))
    request = ledger.ask()
    for step in range(1, 10):
        assert not ledger.report(request.number, report(step, 0.0, last=True))
