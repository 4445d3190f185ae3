"""What others enqueue in a search's storage: it is run, or fails with its reason."""

import optuna
import pytest
from optuna.trial import TrialState, create_trial

from tests.factories.ledger import GRID, begin, complete, crash, finish, small, stored


@pytest.mark.parametrize(
    ("params", "why"),
    [
        ({"training.optimizer": "sgd"}, "one of adam, adamw, found 'sgd'"),
        ({"training.learning_rate": 1.0}, "from 1e-05 to 0.01, found 1.0"),
        ({"training.learning_rate": "high"}, "from 1e-05 to 0.01, found 'high'"),
        ({"training.learning_rate": [1, 2]}, "found [1, 2]"),
        ({"training.learning_rate": None}, "found None"),
        ({"training.learning_rate": True}, "found True"),
        ({"training.learning_rate": 10**400}, "from 1e-05 to 0.01"),
        ({"x": 1}, '"x": is not searched'),
        ({"training.epochs": 9}, '"training.epochs": is not searched'),
        (
            {"training.optimizer": "adam", "training.weight_decay": 1e-3},
            '"training.weight_decay": its condition does not hold here',
        ),
        ({"training.weight_decay": 5.0}, '"training.weight_decay": must be from'),
    ],
)
def test_enqueued_outside(tmp_path, params, why):
    """A trial that cannot run fails with its reason; the search continues."""
    ledger = begin(tmp_path, storage="journal")
    ledger.tell(ledger.ask().number, complete(0.5))
    stored(tmp_path).enqueue_trial(params)
    assert finish(ledger) == [2, 3, 4]
    record = ledger.records()[1]
    assert record.state == "FAIL"
    assert record.reason.startswith("enqueued outside the space: ")
    assert why in record.reason
    assert (ledger.counts().completed, ledger.counts().failed) == (4, 0)
    assert ledger.foreign() == []


def test_enqueued_outside_changes_no_other_trial(tmp_path):
    """The other trials equal those of an undisturbed search."""
    study = small(("trials = 4", "trials = 9"), text=GRID)
    ledger = begin(tmp_path, study, storage="journal")
    stored(tmp_path).enqueue_trial({"x": 1})
    stored(tmp_path).enqueue_trial({"x": 2})
    finish(ledger)
    own = [record for record in ledger.records() if record.state == "COMPLETE"]
    points = [study.space.params(record.values) for record in own]
    assert points == list(study.space.parameter_sets())
    assert [record.ordinal for record in own] == [0, 1, 2]


@pytest.mark.parametrize(
    "params",
    [
        {"training.learning_rate": 1e-3},
        {"training.weight_decay": 1e-3},
        {"training.optimizer": "adamw", "training.epochs": 3},
        {},
    ],
)
def test_enqueued_inside(tmp_path, params):
    """A trial inside the space runs next; its missing keys are sampled."""
    ledger = begin(tmp_path, storage="journal")
    stored(tmp_path).enqueue_trial(params)
    request = ledger.ask()
    assert request.number == 0
    for key in params.keys() & request.values.keys():
        assert request.values[key] == params[key]
    crash(ledger)
    ledger = begin(tmp_path, storage="journal")
    assert ledger.ask().values == request.values
    ledger.tell(1, complete(0.5))
    assert finish(ledger) == [2, 3, 4]
    assert ledger.counts().completed == 4


def test_enqueued_with_other_distributions(tmp_path):
    """A waiting trial that has a value outside the space already fails too."""
    ledger = begin(tmp_path)
    wide = optuna.distributions.FloatDistribution(1e-5, 1.0, log=True)
    trial = create_trial(
        state=TrialState.WAITING,
        params={"training.learning_rate": 0.9},
        distributions={"training.learning_rate": wide},
    )
    stored(tmp_path).add_trial(trial)
    assert finish(ledger) == [1, 2, 3, 4]
    assert ledger.records()[0].reason.startswith("enqueued outside the space")


@pytest.mark.parametrize(
    "changed", [{"training.optimizer": "sgd"}, {"training.learning_rate": 55.0}]
)
def test_a_copy_of_an_own_trial_with_other_values(tmp_path, changed):
    """Attributes copied from a trial of the search do not make it count."""
    for name in "ab":
        (tmp_path / name).mkdir()
    undisturbed = begin(tmp_path / "a", storage="journal")
    finish(undisturbed)
    ledger = begin(tmp_path / "b", storage="journal")
    ledger.tell(ledger.ask().number, complete(0.5))
    trials = stored(tmp_path / "b")
    own = trials.trials[0]
    trials.enqueue_trial({**own.params, **changed}, user_attrs=own.user_attrs)
    finish(ledger)
    records = [record for record in ledger.records() if record.state == "COMPLETE"]
    expected = [record.values for record in undisturbed.records()]
    assert [record.values for record in records] == expected
    (refused,) = [record for record in ledger.records() if record.state == "FAIL"]
    assert refused.reason.startswith("enqueued outside the space")
