"""Starts a trial: one that is enqueued, or one that the sampler proposes."""

from collections.abc import Mapping
from dataclasses import dataclass

import optuna
from optuna.trial import FrozenTrial, TrialState

from data_pipeline.system.errors import RunError, first_line
from models.config.hyperparameters import Value
from search.ledger.own_trials import OwnTrials, quiet
from search.sampling.finetuning import head_stage
from search.sampling.parameter_sets import (
    MACHINE,
    ORDINAL,
    OUTSIDE,
    SEED,
    fixed_params,
    is_own,
    trial_seed,
)
from search.sampling.samplers import build_sampler
from search.storage.hidden_attributes import hide_trial_attribute
from search.study.enqueued import outside_space
from search.study.study import Study


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedTrial:
    """A started trial with its seed and its complete configuration."""

    trial: optuna.Trial
    seed: int
    values: Mapping[str, Value]


def start_trial(study: Study, trials: OwnTrials) -> StartedTrial | None:
    """Starts the first enqueued trial, or a new one; all about it is stored at once.

    A proposal depends only on the study, the earlier trials and the ordinal, because
    each trial has a sampler of its own. So a restart after a kill proposes the same
    trial. The seed is written last: a trial without one was not fully started.

    Returns ``None`` after failing a trial that was enqueued outside the space.
    """
    ordinal = sampled = trials.next_ordinal()
    waited = trials.claim_waiting() or trials.new_trial(head_stage(study))
    if is_own(waited, study.search.seed):
        ordinal = int(waited.user_attrs[ORDINAL])
    try:
        with quiet():
            sampler = build_sampler(study, ordinal=sampled, kept=trials.kept)
            draft = trials.draft(waited, sampler)
            return _started(study, draft, waited, ordinal)
    except ValueError as error:
        _check_foreign(trials, error)
        raise


def _started(
    study: Study, draft: OwnTrials, waited: FrozenTrial, ordinal: int
) -> StartedTrial | None:
    trial = optuna.Trial(draft, waited._trial_id)  # noqa: SLF001 - no public way
    trial.set_user_attr(ORDINAL, ordinal)
    if draft.machine is not None:
        hide_trial_attribute(trial, MACHINE, draft.machine)
    values = _values(study, trial, waited)
    if isinstance(values, str):
        trial.set_user_attr("reason", f"{OUTSIDE}: {values}")
        draft.tell(trial, state=TrialState.FAIL)
        return None
    seed = trial_seed(study.search.seed, ordinal)
    trial.set_user_attr(SEED, seed)
    draft.store()
    return StartedTrial(trial=trial, seed=seed, values=values)


def _check_foreign(trials: OwnTrials, error: ValueError) -> None:
    """Raises ``RunError`` if foreign trials with another space caused the error."""
    others = [trial.number for trial in trials.foreign_with_values()]
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
