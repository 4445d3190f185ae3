"""Limits of ``[constraints]``: read, checked before training, and told to samplers."""

from dataclasses import replace

import pytest
from optuna.trial import TrialState

from data_pipeline.system.errors import RunError, StudyError
from search.callbacks.progress_bar import trial_line
from search.callbacks.trials_csv import trials_csv
from search.final.retraining import require_best
from search.ledger.records import Counts
from search.reports.console import improvement_over_baselines
from search.trial import worker
from search.trial.messages import Completed, Pruned, Spent
from search.trial.trial import run_trial
from tests.factories.ledger import begin, inside, many, small
from tests.factories.runs import STUDY, searched, write_study
from tests.factories.texts.study_file import study
from tests.fakes.seeded_trainer import SeededTrainer
from tests.fakes.trainer import CONFIG, FakeTrainer, follow, trial

LIMITS = '[constraints]\nparameters = "<= 5e6"\nmodel_mb = "<=15"\n[search]'
COUNTS = Counts(completed=0, pruned=1, failed=0, running=0, budget=4)


def broken(**excess):
    """Makes the outcome of a trial whose model breaks limits."""
    spent = Spent(parameters=6_000_000, model_bytes=24_000_000)
    return Pruned(reason="constraint", spent=spent, excess=excess, why="too large")


def limited(limits):
    """Runs a trial of a fake model of 123 weights and 2.5 ms under limits."""
    job, _, folds = trial()
    trainer = FakeTrainer(folds)
    _, outcome = follow(
        run_trial(trainer, None, replace(job, limits=limits), CONFIG, 7)
    )
    return trainer, outcome


def test_limits_are_part_of_a_study():
    """Their numbers are read, and a run's identity has those that are set."""
    found = study(("[search]", LIMITS))
    assert found.constraints.limits() == {"parameters": 5e6, "model_mb": 15.0}
    identity = found.identity()
    assert identity["constraints.parameters"] == "<= 5e+06"
    assert "constraints.latency_ms" not in identity
    assert study().constraints.limits() == {}


@pytest.mark.parametrize(
    "value", ["5e6", '"5e6"', '"< 5e6"', '"<= 0"', '"<= -1"', '"<= many"', '"<= inf"']
)
def test_a_limit_has_one_form(value):
    """Anything but ``<= NUMBER`` above 0 is refused with the right form."""
    with pytest.raises(
        StudyError,
        match=r'\[constraints\] parameters: must be a text such as "<= 5e6", with a '
        "positive, finite number",
    ):
        study(("[search]", f"[constraints]\nparameters = {value}\n[search]"))


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        ({"parameters": 100}, "123 parameters, at most 100"),
        ({"model_mb": 4e-4, "parameters": 1e6}, "0.00 MB, at most 0.00"),
        ({"latency_ms": 2.0}, "2.50 ms an image, at most 2.00"),
    ],
)
def test_a_model_over_a_limit_is_not_trained(limits, why):
    """The trial is pruned before its first epoch, with what it costs."""
    trainer, outcome = limited(limits)
    assert isinstance(outcome, Pruned)
    assert (outcome.reason, outcome.why) == ("constraint", why)
    assert trainer.calls == []
    assert all(0 < more < 1 for more in outcome.excess.values())
    assert (outcome.spent.epochs, outcome.spent.parameters) == (0, 123)


def test_a_model_within_its_limits_is_trained():
    """Limits are kept where they are reached, and what was measured is kept."""
    _, outcome = limited({"parameters": 123, "model_mb": 492e-6, "latency_ms": 2.5})
    assert isinstance(outcome, Completed)
    spent = outcome.spent
    assert (spent.parameters, spent.model_bytes, spent.latency_ms) == (123, 492, 2.5)


@pytest.mark.parametrize(
    ("limits", "timed"), [({}, 0), ({"latency_ms": 9}, 1), ({"parameters": 1}, 0)]
)
def test_a_latency_is_measured_where_it_counts(monkeypatch, limits, timed):
    """Without a limit on it no model is timed, nor is one that is too large."""
    calls = []
    monkeypatch.setattr(
        FakeTrainer, "timed", lambda _, cost, config: calls.append(config) or cost
    )
    limited({**limits, "latency_ms": 9} if "parameters" in limits else limits)
    assert len(calls) == timed


def test_the_ledger_tells_samplers_by_how_much(tmp_path):
    """A trial over a limit is pruned and infeasible, and counts as a trial."""
    ledger = begin(tmp_path)
    ledger.tell(ledger.ask().number, broken(parameters=0.2, model_mb=0.6))
    found = inside(ledger).trials[0]
    assert found.state == TrialState.PRUNED
    assert found.constraints == {"parameters": 0.2, "model_mb": 0.6}
    assert ledger.counts().pruned == 1
    record = ledger.records()[0]
    assert (record.reason, record.value) == ("constraint", None)
    assert record.attributes["constraint_broken"] == "too large"


def test_bohb_leaves_models_over_a_limit(tmp_path):
    """It proposes less where models are too large; a third of it is random."""
    text = """
[data]
dataset = "synthetic"
targets = ["emotion"]
image_size = 16
[objective]
"emotion.macro_f1" = 1.0
[search]
trials = 4
[space]
"backbone.filters" = { low = 8, high = 512, log = true }
"""
    ledger = begin(tmp_path, many(40, text=text), storage="journal")
    large = []
    while (request := ledger.ask()) is not None:
        filters = int(request.values["backbone.filters"])
        large.append(filters > 64)
        for_it = broken(parameters=filters / 64 - 1) if large[-1] else None
        ledger.tell(request.number, for_it or _value(0.5))
    assert sum(large[20:]) <= 7


def _value(value):
    return Completed(
        value=value,
        epoch=1,
        curve=(value,),
        scores={},
        thresholds={},
        spent=Spent(epochs=1, parameters=7, model_bytes=28, latency_ms=1.25),
    )


def test_costs_are_in_the_table(tmp_path):
    """``trials.csv`` has what each model costs; a latency only where it is known."""
    ledger = begin(tmp_path)
    ledger.tell(ledger.ask().number, broken(parameters=0.2))
    ledger.tell(ledger.ask().number, _value(0.5))
    header, *rows = [
        line.split(",") for line in trials_csv(ledger.records(), ()).splitlines()
    ]
    columns = ("reason", "model_parameters", "model_bytes", "latency_ms")
    found = [[row[header.index(name)] for name in columns] for row in rows]
    assert found == [
        ["constraint", "6000000", "24000000", ""],
        ["", "7", "28", "1.25"],
    ]


def test_a_known_configuration_over_a_limit_is_named(tmp_path):
    """One line says that it was not trained, and why; so does the trial's own."""
    enqueued = '[[search.enqueue]]\nname = "ours"\n[fixed]'
    ledger = begin(tmp_path, small(("[fixed]", enqueued)))
    request = ledger.ask()
    ledger.tell(request.number, broken(parameters=0.2))
    assert [*improvement_over_baselines(ledger.records(), {})] == [
        "ours (trial 0): pruned, constraint: too large"
    ]
    line = trial_line(request, broken(parameters=0.2), 1.0, COUNTS)
    assert "trial 0: pruned     constraint: too large  (ours, " in line


def test_limits_that_no_model_keeps_are_named(tmp_path):
    """A search without a completed trial says that its limits may be the reason."""
    ledger = begin(tmp_path)
    while (request := ledger.ask()) is not None:
        ledger.tell(request.number, broken(parameters=0.2))
    with pytest.raises(RunError, match=r"space or the limits of \[constraints\] there"):
        require_best(ledger)


def test_wider_limits_are_another_search(tmp_path, coursework, monkeypatch):
    """A run refuses them; a copy of its study under another name has them."""
    monkeypatch.setattr(worker, "Trainer", SeededTrainer)
    monkeypatch.setattr(SeededTrainer, "highest_dropout", 1.0)
    limits = '[constraints]\nparameters = "<= 100"\n[search]'
    text = STUDY.replace("[search]", limits)
    words = (coursework, tmp_path / "runs", "--until", "search")
    answer = searched(write_study(tmp_path, text=text), *words)
    assert answer.code == 1
    assert "copy the study file under another name and widen" in answer.err
    wider = text.replace("<= 100", "<= 200")
    answer = searched(write_study(tmp_path, text=wider), *words)
    assert answer.code == 2
    assert "constraints.parameters: was <= 100, is <= 200" in answer.err
    answer = searched(write_study(tmp_path, "wider", wider), *words)
    assert (answer.code, answer.err) == (0, "")
