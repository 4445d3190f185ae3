"""Begins a trial: one that waits, or one that the sampler proposes."""

from collections.abc import Mapping
from dataclasses import dataclass

import optuna
from optuna.trial import FrozenTrial, TrialState

from data_pipeline.errors import first_line
from models.settings import Value
from search.known import misfits
from search.own_trials import OwnTrials, quiet
from search.points import (
    ORDINAL,
    OUTSIDE,
    SEED,
    fixed_params,
    is_own,
    next_ordinal,
    trial_seed,
)
from search.samplers import build_sampler
from search.study import Study


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A trial that has begun, with its seed and its whole configuration."""

    trial: optuna.Trial
    seed: int
    values: Mapping[str, Value]


def begin_trial(study: Study, trials: OwnTrials) -> Begun | None:
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
        values = _values(study, trial, waited)
    if isinstance(values, str):
        trial.set_user_attr("reason", f"{OUTSIDE}: {values}")
        trials.tell(trial, state=TrialState.FAIL)
        return None
    seed = trial_seed(search.seed, ordinal)
    trial.set_user_attr(SEED, seed)
    return Begun(trial=trial, seed=seed, values=values)


def _values(
    study: Study, trial: optuna.Trial, waited: FrozenTrial
) -> dict[str, Value] | str:
    """Completes a trial's configuration, or says why it is none of the space."""
    space = study.space
    given = fixed_params(waited)
    if not given and not waited.distributions:
        return space.suggest(trial)  # type: ignore[arg-type]
    wrong = misfits(given, space)
    if wrong:
        return "; ".join(wrong)
    try:
        values = space.suggest(trial)  # type: ignore[arg-type]
    except ValueError as error:  # somebody made a trial of other distributions
        return first_line(error)
    return "; ".join(misfits(space.params(values), space)) or values
