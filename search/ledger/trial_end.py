"""Ends trials: records outcomes, and enqueues trials again that were lost."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import FrozenTrial, TrialState

from models.config.hyperparameters import HYPERPARAMETERS, Value
from search.ledger.own_trials import OwnTrials
from search.sampling.objectives import VALUE, final_values
from search.sampling.parameter_sets import (
    DEATHS,
    FINETUNE_OF,
    INTERRUPTED,
    KEPT,
    RETRY_OF,
    fixed_params,
    is_own,
    params_of,
)
from search.storage.hidden_attributes import hide_trial_attribute
from search.study.space import SearchSpace
from search.trial.messages import (
    OUT_OF_MEMORY,
    PHASES,
    WHY,
    Completed,
    Failed,
    Outcome,
    Pruned,
    WorkerDied,
    outcome_attributes,
)

CONSTRAINTS = {OUT_OF_MEMORY: "memory", "diverged": "divergence"}
"""Pruning reason -> constraint, by which TPE ranks such trials below all others.

A failed trial is invisible to TPE, which would propose the same region again.
"""

SHOWN = ("reason", WHY, "epoch", "trained_value", "gap", "diagnosis")
"""Attributes that dashboards show too; all others are hidden."""

TRAINED = ("pruner", "diverged")
"""Reasons of trials that were pruned while they trained."""

FROZEN = "finetune.frozen_epochs"

BACKBONE = "backbone.name"
DEFAULT = HYPERPARAMETERS[BACKBONE].default

ENDED = "another program ended it in the storage"

MOST_DEATHS = 1
"""Worker deaths after which a configuration fails at the next one."""


def record_outcome(
    trials: OwnTrials,
    space: SearchSpace,
    trial: optuna.Trial,
    outcome: Outcome,
    goals: Sequence[str] = (),
) -> Outcome:
    """Writes a trial's outcome; enqueues it again first if its worker died.

    ``goals`` are the objectives, where there are several.
    Returns the recorded outcome: ``Failed`` after too many worker deaths, or if another
    program ended the trial.
    """
    if isinstance(outcome, WorkerDied) and not requeue_once(
        trials, space, trial.number, counts=not outcome.lost
    ):
        outcome = _given_up(outcome)
    try:
        name = str(space.config(trial.params).get(BACKBONE, DEFAULT))
        trial.set_user_attr("backbone", name)
        _write(trial, outcome, goals)
    except UpdateFinishedTrialError:
        return Failed(reason=ENDED, spent=outcome.spent)
    return outcome


def has_fit(outcome: Outcome, values: Mapping[str, Value], repeated: int) -> bool:
    """Checks whether a trial has trained its whole network, which fits into memory.

    ``repeated`` counts its epochs that an earlier run has trained.
    """
    if isinstance(outcome, Pruned) and outcome.reason not in TRAINED:
        return False
    # The first epochs train the head alone, which needs less.
    frozen = int(values.get(FROZEN, 0))
    ended = isinstance(outcome, Completed | Pruned)
    return ended and outcome.spent.epochs - repeated > frozen


def _given_up(death: WorkerDied) -> Outcome:
    """Ends a trial at the second death of a worker."""
    reason = f"{death.reason}, twice"
    if death.out_of_memory:
        return Pruned(reason=OUT_OF_MEMORY, spent=death.spent, why=reason)
    return Failed(reason=reason, spent=death.spent, trace=death.trace)


def _write(trial: optuna.Trial, outcome: Outcome, goals: Sequence[str]) -> None:
    """Writes attributes and state, together where the storage can."""
    tell = trial.study.tell
    _write_attributes(trial, outcome)
    match outcome:
        case Completed() if goals:
            hide_trial_attribute(trial, VALUE, outcome.value)
            tell(trial, final_values(outcome, goals))
        case Completed():
            tell(trial, outcome.value)
        case Pruned():
            for name, excess in _constraints(outcome).items():
                trial.set_constraint(name, excess)
            tell(trial, state=TrialState.PRUNED)
        case WorkerDied():
            trial.set_user_attr(INTERRUPTED, True)
            tell(trial, state=TrialState.FAIL)
        case Failed():
            tell(trial, state=TrialState.FAIL)


def _write_attributes(trial: optuna.Trial, outcome: Outcome) -> None:
    for key, value in outcome_attributes(outcome).items():
        if key in SHOWN:
            trial.set_user_attr(key, value)
        else:
            hide_trial_attribute(trial, key, value)
    for key, value in _columns(outcome).items():
        trial.set_user_attr(key, value)


def _columns(outcome: Outcome) -> dict[str, float]:
    """Lists numbers of a trial by which a dashboard sorts; undefined ones are left out.

    Its intermediate values are curves; the details are hidden attributes.
    """
    spent = outcome.spent
    found: dict[str, float | None] = {
        "parameters": spent.parameters or None,
        "epochs": spent.epochs,
        "latency_ms": spent.latency_ms,
        **{f"seconds_{phase}": getattr(spent, phase) for phase in PHASES},
    }
    if isinstance(outcome, Completed):
        found = {**outcome.scores, **found}
    return {
        key: value if isinstance(value, int) else round(value, 4)
        for key, value in found.items()
        if value is not None and math.isfinite(value)
    }


def _constraints(outcome: Pruned) -> Mapping[str, float]:
    """Returns what makes a trial infeasible, and by how much; above 0."""
    if outcome.reason in CONSTRAINTS:
        return {CONSTRAINTS[outcome.reason]: 1.0}
    return outcome.excess


def requeue_lost_trials(trials: OwnTrials, space: SearchSpace) -> None:
    """Enqueues each RUNNING trial again, then tells it FAIL.

    A crash in between loses no trial: the next start finds it enqueued already.
    """
    recorded = trials.get_trials(deepcopy=False)
    again = {trial.user_attrs.get(RETRY_OF) for trial in recorded}
    storage = trials._storage  # noqa: SLF001 - no public way by number
    for trial in recorded:
        if trial.state == TrialState.RUNNING:
            if trial.number not in again:
                _enqueue(trials, space, trial, {})
            for key, value in {INTERRUPTED: True, "reason": INTERRUPTED}.items():
                storage.set_trial_user_attr(trial._trial_id, key, value)  # noqa: SLF001
            trials.tell(trial.number, state=TrialState.FAIL)


def requeue_once(
    trials: OwnTrials, space: SearchSpace, number: int, *, counts: bool = True
) -> bool:
    """Enqueues a trial whose worker died; returns ``False`` after too many deaths.

    ``counts`` is whether this death counts as one of the configuration. The caller
    tells the lost trial.
    """
    recorded = trials.get_trials(deepcopy=False)
    lost = next(trial for trial in recorded if trial.number == number)
    deaths = int(counts) + int(lost.user_attrs.get(DEATHS, 0))
    if deaths > MOST_DEATHS:
        return False
    _enqueue(trials, space, lost, {DEATHS: deaths})
    return True


def _enqueue(
    trials: OwnTrials, space: SearchSpace, trial: FrozenTrial, more: Mapping[str, Any]
) -> None:
    """Enqueues a lost trial's parameters.

    A trial without a seed is enqueued only if it was enqueued before: otherwise the
    sampler proposes it again.
    """
    attributes: dict[str, Any] = {**more, RETRY_OF: trial.number}
    if FINETUNE_OF in trial.user_attrs:
        attributes[FINETUNE_OF] = trial.user_attrs[FINETUNE_OF]
    if is_own(trial, trials.search_seed):
        kept = {key: trial.user_attrs.get(key) for key in KEPT}
        attributes = {k: v for k, v in kept.items() if v is not None} | attributes
        params = _whole(space, params_of(trial))
    elif "fixed_params" in trial.system_attrs:
        params = fixed_params(trial)
    else:
        return
    trials.enqueue_trial(params, user_attrs=attributes)


def _whole(space: SearchSpace, params: Mapping[str, Value]) -> dict[str, Value]:
    """Keeps the active parameters; the enqueued trial may have had more."""
    values = space.suggest(optuna.trial.FixedTrial(dict(params)))  # type: ignore[arg-type]
    return space.params(values)
