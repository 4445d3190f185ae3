"""Records a trial's outcome: its attributes first, its state last."""

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import TrialState

from search.ledger.own_trials import OwnTrials
from search.ledger.unfinished import requeue_once
from search.sampling.parameter_sets import INTERRUPTED
from search.study.space import SearchSpace
from search.trial.messages import (
    Completed,
    Failed,
    Outcome,
    Pruned,
    WorkerDied,
    attributes_of,
)

CONSTRAINTS = {"out_of_memory": "memory", "diverged": "divergence"}
"""Pruning reason -> constraint, by which TPE ranks such trials below all others.

A failed trial is invisible to TPE, which would propose the same region again.
"""

ENDED = "another program ended it in the storage"


def record_outcome(
    trials: OwnTrials, space: SearchSpace, trial: optuna.Trial, outcome: Outcome
) -> Outcome:
    """Writes a trial's outcome; enqueues it again first if its worker died.

    Returns the recorded outcome: ``Failed`` after too many worker deaths, or if another
    program ended the trial.
    """
    if isinstance(outcome, WorkerDied) and not requeue_once(
        trials, space, trial.number
    ):
        outcome = Failed(reason=f"{outcome.reason}, twice", spent=outcome.spent)
    try:
        _write(trials, trial, outcome)
    except UpdateFinishedTrialError:
        return Failed(reason=ENDED, spent=outcome.spent)
    return outcome


def _write(trials: OwnTrials, trial: optuna.Trial, outcome: Outcome) -> None:
    for key, found in attributes_of(outcome).items():
        trial.set_user_attr(key, found)
    match outcome:
        case Completed():
            trials.tell(trial, outcome.value)
        case Pruned():
            if outcome.reason in CONSTRAINTS:
                trial.set_constraint(CONSTRAINTS[outcome.reason], 1.0)
            trials.tell(trial, state=TrialState.PRUNED)
        case WorkerDied():
            trial.set_user_attr(INTERRUPTED, True)
            trials.tell(trial, state=TrialState.FAIL)
        case Failed():
            trials.tell(trial, state=TrialState.FAIL)
