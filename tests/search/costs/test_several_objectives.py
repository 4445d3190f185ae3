"""Several objectives: a study of Optuna with a front, pruned and learned from."""

import json
from wsgiref.util import setup_testing_defaults

import optuna_dashboard
import pytest
from optuna.trial import TrialState

from data_pipeline.system.errors import StudyError
from search.final.front import trials_on_front
from search.ledger.records import rank_trials
from search.storage.hidden_attributes import attributes_of
from search.trial.messages import Completed, Report, Spent
from tests.factories.ledger import begin, crash, inside, prune, small, stored

MEAN, F1, COST = "emotion.balanced_accuracy", "emotion.macro_f1", "parameters"
PARETO = (
    ('"emotion.macro_f1" = 1.0', f'mode = "pareto"\n"{F1}" = 1.0\n{COST} = 1.0'),
    ('pruner = "none"\n', ""),
)
THREE = (
    (PARETO[0][0], f'{PARETO[0][1]}\n"{MEAN}" = 3.0'),
    PARETO[1],
    ("trials = 4", "trials = 12"),
)
MANY = (*PARETO, ("trials = 4", "trials = 40"))
ROWS = 400
"""Validation images; the margin is .05."""


def pareto(*changes):
    """Makes the small study with a metric and a cost as its objectives."""
    return small(*(changes or PARETO))


def report(step, f1, parameters, *, mean=None, last=False):
    """Makes the report of an epoch of a model of so many weights."""
    metrics = {F1: f1} if mean is None else {F1: f1, MEAN: mean}
    value = f1 if mean is None else (f1 + 3 * mean) / 4
    return Report(
        step=step,
        fold=0,
        epoch=step,
        value=value,
        last=last,
        spent=Spent(epochs=step, parameters=parameters),
        metrics=metrics,
        rows=ROWS,
    )


def complete(f1, parameters, *, mean=None):
    """Makes the outcome of a trial that was trained to its end."""
    metrics = {F1: f1} if mean is None else {F1: f1, MEAN: mean}
    return Completed(
        value=f1 if mean is None else (f1 + 3 * mean) / 4,
        epoch=1,
        curve=(f1,),
        scores={},
        thresholds={},
        spent=Spent(epochs=1, parameters=parameters),
        metrics=metrics,
    )


def fill(ledger, *trials):
    """Completes trials of a value and of so many weights, each after an epoch."""
    for f1, parameters in trials:
        number = ledger.ask().number
        ledger.report(number, report(1, f1, parameters))
        ledger.tell(number, complete(f1, parameters))


def message(*changes):
    """Returns the message that refuses a study."""
    with pytest.raises(StudyError) as refused:
        small(*changes)
    return str(refused.value)


def test_a_study_names_its_objectives():
    """Metrics come before costs; what it leaves open fits several objectives."""
    study = pareto()
    assert study.goals == (F1, COST)
    assert study.objective == ((F1, 1.0),)
    assert (study.search.pruner, study.final.choose) == ("dominated", "smallest_tied")
    identity = study.identity()
    assert (identity["objective.mode"], identity["objective.parameters"]) == (
        "pareto",
        True,
    )
    assert 'mode = "pareto"' in study.text()
    assert small().goals == ()
    assert not {"objective.mode", "objective.parameters"} & small().identity().keys()


@pytest.mark.parametrize(
    ("objective", "expected"),
    [
        (f'"{F1}" = 1.0\n{COST} = 1.0', 'set mode = "pareto", or limit it'),
        (f'mode = "pareto"\n"{F1}" = 1.0', "needs two objectives or more, found 1"),
        (f'mode = "front"\n"{F1}" = 1.0', 'mode: must be "weighted" or "pareto"'),
        (f'mode = "pareto"\n{COST} = 1.0', "needs at least one metric"),
        (f'mode = "pareto"\n"{F1}" = 1.0\n{COST} = true', "must be a weight"),
    ],
)
def test_wrong_objectives(objective, expected):
    """Each wrong section is refused with what to write instead."""
    assert expected in message((PARETO[0][0], objective))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (('sampler = "random"', 'sampler = "tpe"'), "use one of bohb, random, qmc"),
        (("seed = 7", 'pruner = "median"\nseed = 7'), "use dominated or none"),
    ],
)
def test_what_knows_one_objective_is_refused(change, expected):
    """Samplers and pruners that rank by one value do not go with several."""
    assert expected in message(*PARETO, change)


def test_optuna_has_the_front(tmp_path):
    """The stored study has a direction and a name an objective, and each value."""
    ledger = begin(tmp_path, pareto())
    fill(ledger, (0.8, 900), (0.7, 100), (0.6, 200), (0.8, 900))
    study = stored(tmp_path)
    assert [d.name for d in study.directions] == ["MAXIMIZE", "MINIMIZE"]
    assert study.metric_names == [F1, COST]
    assert [trial.values for trial in study.trials] == [
        [0.8, 900.0],
        [0.7, 100.0],
        [0.6, 200.0],
        [0.8, 900.0],
    ]
    assert [trial.number for trial in study.best_trials] == [0, 1, 3]
    records = ledger.records()
    found = trials_on_front(rank_trials(records), (F1, COST))
    assert [record.number for record in found] == [0, 3, 1]
    assert records[1].objectives == {F1: 0.7, COST: 100.0}
    assert (records[1].value, ledger.best().number) == (0.7, 0)


def test_the_dashboard_shows_it(tmp_path):
    """optuna-dashboard answers with the trials of the front and names of objectives."""
    fill(begin(tmp_path, pareto()), (0.8, 900), (0.7, 100), (0.6, 200))
    app = optuna_dashboard.wsgi(f"sqlite:///{tmp_path / 'optuna.db'}")
    environ = {"PATH_INFO": "/api/studies/1", "REQUEST_METHOD": "GET"}
    setup_testing_defaults(environ)
    found = json.loads(b"".join(app(environ, lambda *_: None)))
    assert found["directions"] == ["maximize", "minimize"]
    assert found["objective_names"] == [F1, COST]
    assert [trial["number"] for trial in found["best_trials"]] == [0, 1]


def test_every_metric_of_every_epoch_is_kept(tmp_path):
    """A restart finds each epoch's value, and all of its metrics if it has several."""
    ledger = begin(tmp_path, pareto(*THREE))
    request = ledger.ask()
    for step, f1, mean in ((1, 0.25, 0.5), (2, 0.5, 0.75)):
        assert not ledger.report(request.number, report(step, f1, 90, mean=mean))
    ledger.tell(request.number, prune())
    crash(ledger)
    record = begin(tmp_path, pareto(*THREE)).records()[0]
    assert record.curve == {1: 0.4375, 2: 0.6875}
    # The order of the study file: metrics, then costs.
    assert record.attributes["metrics"] == {"1": [0.25, 0.5], "2": [0.5, 0.75]}
    assert record.attributes["costs"] == {COST: 90}
    assert (record.state, record.value, record.objectives) == ("PRUNED", None, {})


def test_a_value_is_the_mean_of_the_metrics(tmp_path):
    """Trials are ranked by it, and the attribute is stored with the values."""
    ledger = begin(tmp_path, pareto(*THREE))
    ledger.tell(ledger.ask().number, complete(0.5, 90, mean=0.75))
    (trial,) = inside(ledger).trials
    assert trial.values == [0.5, 0.75, 90.0]
    record = ledger.records()[0]
    assert record.value == attributes_of(trial)["value"] == 0.6875
    assert record.objectives == {F1: 0.5, MEAN: 0.75, COST: 90.0}


@pytest.mark.parametrize(
    ("f1", "parameters", "others", "pruned"),
    [
        (0.60, 100, [(0.70, 100)] * 3, True),
        (0.60, 100, [(0.70, 100)] * 2, False),  # too few
        (0.60, 100, [(0.649, 100)] * 9, False),  # within the margin
        (0.60, 100, [(0.651, 100)] * 3, True),
        (0.60, 99, [(0.90, 100)] * 9, False),  # the smallest
        (0.60, 100, [(0.90, 50), (0.90, 100), (0.90, 101), (0.7, 99)], True),
    ],
)
def test_what_three_others_beat_is_pruned(tmp_path, f1, parameters, others, pruned):
    """Each of them has a metric beyond the margin, and is not larger."""
    ledger = begin(tmp_path, pareto(*MANY))
    fill(ledger, *others)
    number = ledger.ask().number
    assert ledger.report(number, report(1, f1, parameters)) == pruned
    if pruned:
        ledger.tell(number, prune())
        assert inside(ledger).trials[-1].state == TrialState.PRUNED


def test_a_trial_must_lose_in_every_metric(tmp_path):
    """One metric within the margin keeps a trial, whatever the others."""
    ledger = begin(tmp_path, pareto(*THREE))
    for _ in range(4):
        number = ledger.ask().number
        ledger.report(number, report(1, 0.9, 100, mean=0.9))
        ledger.tell(number, complete(0.9, 100, mean=0.9))
    kept, lost = ledger.ask().number, ledger.ask().number
    assert not ledger.report(kept, report(1, 0.1, 100, mean=0.86))
    assert ledger.report(lost, report(1, 0.1, 100, mean=0.84))


def test_bohb_learns_from_the_front(tmp_path):
    """It proposes where trials are both good and small, not where only one holds."""
    space = """[space]
"head.dropout" = { low = 0.0, high = 0.9 }
"""
    text = small(*MANY).text()
    head = text.partition("[space]")[0].replace('"random"', '"bohb"')
    ledger = begin(tmp_path, small(text=head + space), storage="journal")
    inner = []
    while (request := ledger.ask()) is not None:
        dropout = float(request.values["head.dropout"])
        inner.append(dropout < 0.3)
        # Below .3 the score is as high, and the model the smaller the lower.
        score = 0.9 if dropout < 0.3 else 0.9 - dropout / 2
        number = request.number
        ledger.report(number, report(1, score, int(1000 * dropout) + 1, last=True))
        ledger.tell(number, complete(score, int(1000 * dropout) + 1))
    assert sum(inner[16:]) >= 14, inner


@pytest.mark.parametrize(("last", "ends"), [((0.7, 50), False), ((0.6, 300), True)])
def test_a_search_ends_without_a_new_trial_on_the_front(tmp_path, last, ends):
    """``search.stop_after`` counts the trials after the last one that joined it."""
    study = pareto(*MANY, ("seed = 7", "stop_after = 3\nseed = 7"))
    ledger = begin(tmp_path, study)
    fill(ledger, (0.8, 100), (0.7, 200), (0.7, 200), last)
    assert ledger.exhausted() == ends


@pytest.mark.parametrize("changes", [(PARETO, ()), ((), PARETO)])
def test_the_mode_cannot_change(tmp_path, changes):
    """A run that began with one objective does not continue with several."""
    before, after = (small(*one) for one in changes)
    ledger = begin(tmp_path, before)
    outcome = complete(0.5, 90)
    ledger.tell(ledger.ask().number, outcome)
    crash(ledger)
    with pytest.raises(StudyError, match=r"objective\.mode: was "):
        begin(tmp_path, after)
