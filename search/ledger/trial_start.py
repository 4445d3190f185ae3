"""Starts a trial: one that is enqueued, or one that the sampler proposes."""

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
    trial_seed,
)
from search.sampling.samplers import build_sampler
from search.study.enqueued import outside_space
from search.study.study import Study


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedTrial:
    """A started trial with its seed and its complete configuration."""

    trial: optuna.Trial
    seed: int
    values: Mapping[str, Value]


def start_trial(study: Study, trials: OwnTrials) -> StartedTrial | None:
    """Starts the first enqueued trial, or a new one.

    A proposal depends only on the study, the earlier trials and the ordinal, because
    each trial has a sampler of its own. So a restart after a kill proposes the same
    trial. The seed is written last: a trial without one was not fully started.

    Returns ``None`` after failing a trial that was enqueued outside the space.
    """
    search = study.search
    ordinal = trials.next_ordinal()
    with quiet():
        trials.sampler = build_sampler(study, ordinal=ordinal)
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
    """Raises ``RunError`` if foreign trials with another space caused the error."""
    others = [other for other in trials.foreign_with_values() if other != number]
    if others:
        raise RunError(
            f"run {trials.study_name}: cannot start a trial: another program wrote the "
            f"trials {', '.join(map(str, others))} into its storage ("
            f"{first_line(error)}). Delete those trials, or use another --storage"
        ) from error


def _values(
    study: Study, trial: optuna.Trial, waited: FrozenTrial
) -> dict[str, Value] | str:
    """Completes a trial's configuration, or returns why it is outside the space.

    Checked even with an own trial's attributes, which may have been copied.
    """
    if waited.distributions:
        return "it already has distributions, unlike a trial of Optuna's enqueue_trial"
    wrong = outside_space(fixed_params(waited), study.space)
    if wrong:
        return "; ".join(wrong)
    return study.space.suggest(trial)  # type: ignore[arg-type]
