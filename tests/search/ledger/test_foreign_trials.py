"""Trials of other programs in a search's storage: refused, run or ignored."""

import optuna
import pytest
from optuna.trial import TrialState, create_trial

from data_pipeline.system.errors import RunError, StudyError
from search.ledger.reader import read_records
from search.study.algorithms import PRUNERS
from tests.factories.ledger import (
    GRID,
    SMALL,
    begin,
    complete,
    crash,
    finish,
    inside,
    many,
    report,
    small,
    stored,
)

RATE = optuna.distributions.FloatDistribution(1e-5, 1e-2, log=True)
FOREIGN = {"training.learning_rate": 1e-3}


def add(folder, value=5.0, **others):
    """Adds a finished trial of somebody's."""
    trial = create_trial(
        params=FOREIGN,
        distributions={"training.learning_rate": RATE},
        value=value,
        **others,
    )
    stored(folder).add_trial(trial)


@pytest.mark.parametrize(
    "directions", [["minimize"], ["maximize", "maximize"], ["minimize", "maximize"]]
)
def test_another_direction(tmp_path, directions):
    """A study that does not maximize one value is refused in one message."""
    optuna.create_study(
        storage=f"sqlite:///{tmp_path / 'optuna.db'}",
        study_name="small",
        directions=directions,
    )
    with pytest.raises(StudyError, match="not created by a search") as refused:
        begin(tmp_path)
    assert ", ".join(directions) in str(refused.value)
    assert "Name another --storage" in str(refused.value)


@pytest.mark.parametrize("identity", [None, "nonsense", [1]])
def test_trials_of_another(tmp_path, identity):
    """A study with trials and no identity of ours is refused unchanged."""
    study = optuna.create_study(
        storage=f"sqlite:///{tmp_path / 'optuna.db'}",
        study_name="small",
        direction="maximize",
    )
    if identity is not None:
        study.set_user_attr("identity", identity)
    add(tmp_path)
    with pytest.raises(StudyError, match="1 trials and no search space"):
        begin(tmp_path)
    after = stored(tmp_path)
    assert len(after.trials) == 1
    assert after.user_attrs.get("identity") == identity


def test_an_empty_study(tmp_path):
    """An empty study that another program created is used."""
    optuna.create_study(
        storage=f"sqlite:///{tmp_path / 'optuna.db'}",
        study_name="small",
        direction="maximize",
    )
    assert len(finish(begin(tmp_path))) == 4


def test_a_foreign_trial_counts_for_nothing(tmp_path):
    """It is never the best, does not count in the budget, and is named."""
    ledger = begin(tmp_path, storage="journal")
    ledger.tell(ledger.ask().number, complete(0.5))
    add(tmp_path)
    crash(ledger)
    ledger = begin(tmp_path, storage="journal")
    assert ledger.foreign() == [1]
    assert ledger.best().value == 0.5
    assert len(finish(ledger)) == 3
    assert ledger.counts().completed == 4
    assert [record.number for record in ledger.records()] == [0, 2, 3, 4]
    url = str(tmp_path / "journal.log")
    assert read_records(small(), url=url, name="small") == ledger.records()


@pytest.mark.parametrize(
    "attributes", [{"seed": 5, "ordinal": 0}, {"ordinal": "first"}]
)
def test_a_foreign_trial_with_attributes(tmp_path, attributes):
    """Attributes of the right names make no trial the search's own."""
    ledger = begin(tmp_path, storage="journal")
    add(tmp_path, user_attrs=attributes)
    finish(ledger)
    assert ledger.foreign() == [0]
    assert ledger.best().value == 0.5


def test_a_copy_of_an_own_trial(tmp_path):
    """A copy of a trial is foreign, whatever its value."""
    ledger = begin(tmp_path, storage="journal")
    ledger.tell(ledger.ask().number, complete(0.5))
    trial = stored(tmp_path).trials[0]
    trial.values = [9.0]
    stored(tmp_path).add_trial(trial)
    assert finish(ledger) == [2, 3, 4]
    assert (ledger.best().number, ledger.foreign()) == (0, [1])


@pytest.mark.parametrize("sampler", ["tpe", "cmaes", "qmc"])
def test_samplers_learn_nothing_from_it(tmp_path, sampler):
    """Proposals equal those of a search without foreign trials."""
    study = many(14, text=small_text(sampler))
    proposed = []
    for name in ("alone", "beside"):
        (tmp_path / name).mkdir()
        ledger = begin(tmp_path / name, study, storage="journal")
        if name == "beside":
            for _ in range(3):
                add(tmp_path / name)
        finish(ledger)
        proposed.append([record.values for record in ledger.records()])
    assert proposed[0] == proposed[1]


def small_text(sampler):
    """Writes the small study with another sampler."""
    text = GRID.partition("[space]")[0].replace('"grid"', f'"{sampler}"')
    space = '"training.learning_rate" = { low = 1e-5, high = 1e-2, log = true }'
    return f"{text}[space]\n{space}\n"


@pytest.mark.parametrize("pruner", PRUNERS)
def test_pruners_compare_nobody_with_it(tmp_path, pruner):
    """A foreign trial of high reports stops no trial."""
    study = many(9, text=FOLDS.replace('"none"', f'"{pruner}"'))
    ledger = begin(tmp_path, study, storage="journal")
    for _ in range(6):
        add(tmp_path, intermediate_values=dict.fromkeys(range(1, 10), 0.99))
    request = ledger.ask()
    verdicts = [
        ledger.report(request.number, report(step, 0.1)) for step in range(1, 9)
    ]
    assert not any(verdicts)


FOLDS = GRID.replace('"grid"', '"random"').replace("folds = 1", "folds = 3")


@pytest.mark.parametrize("text", [SMALL, FOLDS])
def test_another_kind_of_values(tmp_path, text):
    """A key of another type in the storage gives one message."""
    ledger = begin(tmp_path, small(text=text))
    kind = optuna.distributions.CategoricalDistribution(["a", "b"])
    key = "training.optimizer"
    trial = create_trial(params={key: "a"}, distributions={key: kind}, value=1.0)
    stored(tmp_path).add_trial(trial)
    with pytest.raises(RunError, match="another program wrote the trials"):
        ledger.ask()


def test_a_foreign_driver_that_is_gone(tmp_path):
    """A foreign trial left running is failed and not run again."""
    ledger = begin(tmp_path)
    crash(ledger)
    stored(tmp_path).ask().suggest_float("x", 0, 1)
    ledger = begin(tmp_path)
    assert finish(ledger) == [1, 2, 3, 4]
    assert inside(ledger).trials[0].state == TrialState.FAIL


@pytest.mark.parametrize(
    ("state", "counted"), [(TrialState.COMPLETE, 0), (TrialState.FAIL, 1)]
)
def test_somebody_ends_an_own_trial(tmp_path, state, counted):
    """The trial is stopped, its value is never the best, the search continues."""
    ledger = begin(tmp_path, storage="journal")
    request = ledger.ask()
    ledger.report(request.number, report(1, 0.5))
    value = 9.0 if state == TrialState.COMPLETE else None
    stored(tmp_path).tell(request.number, value, state=state)
    assert ledger.report(request.number, report(2, 0.5))
    ledger.tell(request.number, complete(0.5))
    assert ledger.counts().done == counted
    assert len(finish(ledger)) == 4 - counted
    assert ledger.best().value == 0.5
    assert begin(tmp_path, storage="journal").best().value == 0.5
