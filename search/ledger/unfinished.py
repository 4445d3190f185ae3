"""Trials that were lost with their driver or their worker: they are run again."""

from collections.abc import Mapping
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState

from models.config.hyperparameters import Value
from search.ledger.own_trials import OwnTrials
from search.sampling.parameter_sets import (
    DEATHS,
    INTERRUPTED,
    KEPT,
    RETRY_OF,
    fixed_params,
    is_own,
    params_of,
)
from search.study.space import SearchSpace

MOST_DEATHS = 1
"""How many workers may die in one configuration before it counts as failed."""


def requeue_lost_trials(trials: OwnTrials, space: SearchSpace) -> None:
    """Enqueues trials that nobody runs any more, then tells them FAIL.

    In this order a crash in between loses no trial; the next start sees that it is
    enqueued already.
    """
    found = trials.get_trials(deepcopy=False)
    again = {trial.user_attrs.get(RETRY_OF) for trial in found}
    storage = trials._storage  # noqa: SLF001 - no public way by number
    for trial in found:
        if trial.state == TrialState.RUNNING:
            if trial.number not in again:
                _enqueue(trials, space, trial, {})
            for key, told in {INTERRUPTED: True, "reason": INTERRUPTED}.items():
                storage.set_trial_user_attr(trial._trial_id, key, told)  # noqa: SLF001
            trials.tell(trial.number, state=TrialState.FAIL)


def requeue_once(trials: OwnTrials, space: SearchSpace, number: int) -> bool:
    """Enqueues a trial whose worker died, unless too many died in it.

    Returns:
        Whether it runs again; the caller ends the one that was lost.
    """
    found = trials.get_trials(deepcopy=False)
    lost = next(trial for trial in found if trial.number == number)
    deaths = 1 + int(lost.user_attrs.get(DEATHS, 0))
    if deaths > MOST_DEATHS:
        return False
    _enqueue(trials, space, lost, {DEATHS: deaths})
    return True


def _enqueue(
    trials: OwnTrials, space: SearchSpace, trial: FrozenTrial, more: Mapping[str, Any]
) -> None:
    """Enqueues what a lost trial was.

    One that a crash met before it had its seed is asked anew: the sampler proposes
    the same again, and only what had been enqueued before would be lost.
    """
    told: dict[str, Any] = {**more, RETRY_OF: trial.number}
    if is_own(trial, trials.search_seed):
        kept = {key: trial.user_attrs.get(key) for key in KEPT}
        told = {key: found for key, found in kept.items() if found is not None} | told
        params = _whole(space, params_of(trial))
    elif "fixed_params" in trial.system_attrs:
        params = fixed_params(trial)
    else:
        return
    trials.enqueue_trial(params, user_attrs=told)


def _whole(space: SearchSpace, params: Mapping[str, Value]) -> dict[str, Value]:
    """Keeps the active parameters; somebody may have enqueued others beside them."""
    values = space.suggest(optuna.trial.FixedTrial(dict(params)))  # type: ignore[arg-type]
    return space.params(values)
