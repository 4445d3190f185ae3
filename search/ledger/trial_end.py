"""Ends a trial: writes what became of it, its attributes first and its state last."""

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
"""What a trial broke that can break again: TPE ranks it below all that was pruned.

A failed trial is invisible to TPE, which would go back there.
"""

ENDED = "somebody else has ended it in the storage"


def record_outcome(
    trials: OwnTrials, space: SearchSpace, trial: optuna.Trial, outcome: Outcome
) -> Outcome:
    """Writes how a trial ended; one whose worker died is enqueued again before.

    Returns:
        How it ended: it has failed where too many workers died in it, and where
        somebody else has ended it.
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
