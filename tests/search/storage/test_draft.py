"""A trial's draft: nothing is stored before it is written, and then all at once."""

import math

import optuna
import pytest
import sqlalchemy
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import RDBStorage
from optuna.trial import TrialState, create_trial

from search.storage.draft import UNSTORED, DraftStorage
from search.storage.open_storage import open_storage

KINDS = {
    "rate": FloatDistribution(0.0, 1.0),
    "name": CategoricalDistribution(["a", "b"]),
}
PARAMS = {"rate": 0.25, "name": "b"}


def url_of(folder, storage):
    """Names a new storage."""
    if storage == "journal":
        return str(folder / "journal.log")
    return f"sqlite:///{folder / 'optuna.db'}"


def opened(folder, storage="sqlite"):
    """Opens a storage with an empty study."""
    stored = open_storage(url_of(folder, storage))
    return optuna.create_study(storage=stored, study_name="kept")


def draft_of(study, trial=None):
    """Makes the draft of a new trial, or of one that is stored."""
    new = create_trial(state=TrialState.RUNNING)
    return DraftStorage(study._storage, study._study_id, trial or new)  # noqa: SLF001


def fill(draft):
    """Sets parameters and attributes."""
    for name, kind in KINDS.items():
        value = kind.to_internal_repr(PARAMS[name])
        draft.set_trial_param(draft.trial._trial_id, name, value, kind)  # noqa: SLF001
    draft.set_trial_user_attr(UNSTORED, "ordinal", 3)
    draft.set_trial_system_attr(UNSTORED, "mark", [1, 2])


def facts(trial):
    """Returns what is stored of a trial."""
    return (
        trial.number,
        trial.state,
        trial.params,
        trial.distributions,
        trial.user_attrs,
        trial.system_attrs,
        trial.values,
    )


@pytest.mark.parametrize("storage", ["sqlite", "journal"])
def test_a_new_trial(tmp_path, storage):
    """A draft is nothing to others before it is written, and then is all there."""
    study = opened(tmp_path, storage)
    study.enqueue_trial({"rate": 0.5})
    draft = draft_of(study)
    fill(draft)
    assert len(study.trials) == 1
    draft.write()
    assert facts(study.trials[1]) == facts(draft.trial)
    assert study.trials[1].params == PARAMS
    assert draft.trial.number == 1


@pytest.mark.parametrize("storage", ["sqlite", "journal"])
def test_a_stored_trial(tmp_path, storage):
    """A claimed trial keeps what it has, and gets what changed."""
    study = opened(tmp_path, storage)
    study.enqueue_trial({"rate": 0.25}, user_attrs={"ordinal": 1, "deaths": 2})
    study.ask()
    draft = draft_of(study, study.trials[0])
    fill(draft)
    draft.write()
    trial = study.trials[0]
    assert facts(trial) == facts(draft.trial)
    assert trial.user_attrs == {"ordinal": 3, "deaths": 2}
    draft.set_trial_user_attr(UNSTORED, "reason", "none")
    draft.set_trial_state_values(UNSTORED, TrialState.COMPLETE, [0.5])
    assert facts(study.trials[0]) == facts(draft.trial)
    assert (study.trials[0].value, study.trials[0].user_attrs["reason"]) == (
        0.5,
        "none",
    )


@pytest.mark.parametrize("table", ["trial_user_attributes", "trial_values", "trials"])
def test_a_break_within(tmp_path, table):
    """An end that breaks at any statement stores nothing of it."""
    study = opened(tmp_path)
    draft = draft_of(study)
    fill(draft)
    draft.write()
    before = facts(study.trials[0])

    def fail(_connection, _cursor, statement, *_):
        if statement.startswith((f"INSERT INTO {table}", f"UPDATE {table}")):
            raise KeyboardInterrupt

    engine = study._storage._backend.engine  # noqa: SLF001 - no public way
    sqlalchemy.event.listen(engine, "before_cursor_execute", fail)
    draft.set_trial_user_attr(UNSTORED, "reason", "none")
    with pytest.raises(KeyboardInterrupt):
        draft.set_trial_state_values(UNSTORED, TrialState.COMPLETE, [0.5])
    sqlalchemy.event.remove(engine, "before_cursor_execute", fail)
    study._storage._backend.remove_session()  # noqa: SLF001
    assert facts(study.trials[0]) == before


@pytest.mark.parametrize("storage", ["sqlite", "journal"])
def test_a_trial_that_another_ended(tmp_path, storage):
    """What another program ended is not changed."""
    study = opened(tmp_path, storage)
    draft = draft_of(study)
    draft.write()
    study.tell(0, state=TrialState.FAIL)
    with pytest.raises(UpdateFinishedTrialError):
        draft.set_trial_state_values(UNSTORED, TrialState.COMPLETE, [0.5])
    assert study.trials[0].state == TrialState.FAIL


def test_read_as_optuna_reads(tmp_path):
    """Trials of every state and number are read as Optuna's storage reads them."""
    study = opened(tmp_path)
    for value in (0.5, math.inf, -math.inf):
        draft = draft_of(study)
        fill(draft)
        draft.write()
        for step, reported in enumerate((value, -value, math.nan), start=1):
            draft.set_trial_intermediate_value(UNSTORED, step, reported)
        draft.set_trial_state_values(UNSTORED, TrialState.COMPLETE, [value])
    study.enqueue_trial({"rate": 0.5})
    study.tell(study.ask(), state=TrialState.PRUNED)
    study.ask()
    study.enqueue_trial({"rate": 0.75})
    optuna_s = RDBStorage(url_of(tmp_path, "sqlite"))
    expected = optuna_s.get_all_trials(optuna_s.get_study_id_from_name("kept"))
    assert repr(study.trials) == repr(expected)
    assert [trial.user_attrs for trial in study.trials] == [
        trial.user_attrs for trial in expected
    ]
