"""Begins a trial: one that waits, or one that the sampler proposes."""

from collections.abc import Mapping
from dataclasses import dataclass

import optuna
from optuna.trial import FrozenTrial, TrialState

from data_pipeline.system.errors import RunError, first_line
from models.config.hyperparameters import Value
from search.ledger.own_trials import OwnTrials, quiet
from search.sampling.parameter_sets import (
    ORDINAL,
    OUTSIDE,
    SEED,
    fixed_params,
    is_own,
    next_ordinal,
    trial_seed,
)
from search.sampling.samplers import build_sampler
from search.study.enqueued import outside_space
from search.study.study import Study


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedTrial:
    """A trial that has begun, with its seed and its whole configuration."""

    trial: optuna.Trial
    seed: int
    values: Mapping[str, Value]


def start_trial(study: Study, trials: OwnTrials) -> StartedTrial | None:
    """Begins the trial that has waited longest, or a new one.

    All that a trial is comes from the study, the trials before it and its ordinal: a
    sampler lives for one trial. So a start after a kill proposes what the killed one
    would have. The seed is written last: what has none was not asked to its end.

    Returns:
        The trial; ``None`` where one waited that somebody enqueued outside the space.
        It has failed then, and another can be begun.
    """
    search = study.search
    ordinal = next_ordinal(trials.get_trials(deepcopy=False), search.seed)
    with quiet():
        trials.sampler = build_sampler(
            search.sampler, seed=study.sampler_seed, ordinal=ordinal, space=study.space
        )
        trial = trials.ask()
        waited = trials._storage.get_trial(trial._trial_id)  # noqa: SLF001 - no public way
        if is_own(waited, search.seed):
            ordinal = int(waited.user_attrs[ORDINAL])
        else:
            trial.set_user_attr(ORDINAL, ordinal)
        try:
            values = _values(study, trial, waited)
        except ValueError as error:
            _check_kinds(trials, trial.number, error)
            raise
    if isinstance(values, str):
        trial.set_user_attr("reason", f"{OUTSIDE}: {values}")
        trials.tell(trial, state=TrialState.FAIL)
        return None
    seed = trial_seed(search.seed, ordinal)
    trial.set_user_attr(SEED, seed)
    return StartedTrial(trial=trial, seed=seed, values=values)


def _check_kinds(trials: OwnTrials, number: int, error: ValueError) -> None:
    """Tells that a storage takes no trial of this search, if others made it so.

    Raises:
        RunError: they wrote trials with values of another kind.
    """
    others = [other for other in trials.foreign_with_values() if other != number]
    if others:
        raise RunError(
            f"run {trials.study_name}: no trial can be begun: others wrote trials into "
            f"its storage, {', '.join(map(str, others))}, and the storage says: "
            f"{first_line(error)}. Delete those trials, or begin with another --storage"
        ) from error


def _values(
    study: Study, trial: optuna.Trial, waited: FrozenTrial
) -> dict[str, Value] | str:
    """Completes a trial's configuration, or says why it is none of the space.

    One with an own trial's attributes is looked at, too: others may have copied them.
    """
    if waited.distributions:
        return "it has a space of its own; Optuna's enqueue_trial gives it none"
    wrong = outside_space(fixed_params(waited), study.space)
    if wrong:
        return "; ".join(wrong)
    return study.space.suggest(trial)  # type: ignore[arg-type]
