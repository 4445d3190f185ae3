"""Attributes by which trials of a search are identified, and untried parameter sets."""

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from optuna.trial import FrozenTrial, TrialState

from data_pipeline.system.seeds import child_seed
from models.config.hyperparameters import Value

ORDINAL = "ordinal"
"""Number of trials started before; a retry has that of the lost trial."""

SEED = "seed"
"""The seed of a trial, written last: a trial with a seed was fully started."""

RETRY_OF = "retry_of"
"""Number of the lost trial that a retry repeats."""

DEATHS = "deaths"
"""Number of workers that died in this configuration."""

GENERATION = "generation"
"""The CMA-ES generation that proposed a trial."""

INTERRUPTED = "interrupted"
"""Marks a trial that was lost with its driver or worker and does not count.

An attribute, and also the reason of a trial that was lost with its driver.
"""

END_ATTRIBUTES = {"spent", "reason"}
"""Attributes of which every trial that a search ended has at least one."""

OUTSIDE = "enqueued outside the space"
"""Prefix of the reason of an enqueued trial that cannot be run."""

KEPT = (ORDINAL, SEED, DEATHS, GENERATION)
"""Attributes that a retry takes over from the lost trial."""


def ordinal_of(trial: FrozenTrial) -> int:
    """Returns how many trials were started before."""
    ordinal = trial.user_attrs.get(ORDINAL)
    return ordinal if isinstance(ordinal, int) else int(trial.number)


@functools.cache  # called for every trial at every report
def trial_seed(seed: int, ordinal: int) -> int:
    """Derives a trial's seed from the study's; a retry has the same one."""
    return child_seed(seed, "trial", ordinal)


def is_own(trial: FrozenTrial, seed: int) -> bool:
    """Checks whether a search with this seed started a trial."""
    ordinal = trial.user_attrs.get(ORDINAL)
    if not isinstance(ordinal, int):
        return False
    return bool(trial.user_attrs.get(SEED) == trial_seed(seed, ordinal))


def is_interrupted(trial: FrozenTrial) -> bool:
    """Checks whether a trial was lost with its driver or worker."""
    return trial.state == TrialState.FAIL and INTERRUPTED in trial.user_attrs


def is_refused(trial: FrozenTrial) -> bool:
    """Checks whether a trial was refused because it lies outside the space."""
    reason = str(trial.user_attrs.get("reason", ""))
    return trial.state == TrialState.FAIL and reason.startswith(OUTSIDE)


def is_counted(trial: FrozenTrial) -> bool:
    """Checks whether a trial counts in the budget."""
    return not is_interrupted(trial) and not is_refused(trial)


def foreign(trials: Iterable[FrozenTrial], seed: int) -> set[int]:
    """Returns the numbers of finished trials that another program wrote.

    An unfinished trial belongs to the search, which runs or refuses it. ``trials`` are
    in the order of their numbers; ``seed`` is the search's, from which those of its
    trials are derived.
    """
    ordinals: set[int] = set()
    others: set[int] = set()
    for trial in trials:
        if not trial.state.is_finished() or not is_counted(trial):
            continue
        # A copy of an own trial has its attributes, but is foreign, too.
        own = is_own(trial, seed) and not _was_ended_by_others(trial)
        if own and ordinal_of(trial) not in ordinals:
            ordinals.add(ordinal_of(trial))
        else:
            others.add(trial.number)
    return others


def _was_ended_by_others(trial: FrozenTrial) -> bool:
    """Checks whether another program ended an own trial while it ran."""
    has_value = trial.state in (TrialState.COMPLETE, TrialState.PRUNED)
    return has_value and not trial.user_attrs.keys() & END_ATTRIBUTES


def next_ordinal(trials: Iterable[FrozenTrial], seed: int) -> int:
    """Counts the fully started trials, each with its retries once."""
    ordinals = (
        ordinal_of(trial)
        for trial in trials
        if is_own(trial, seed) and not is_refused(trial)
    )
    return max(ordinals, default=-1) + 1


def fixed_params(trial: FrozenTrial) -> dict[str, Any]:
    """Returns an enqueued trial's parameters, perhaps written by another program."""
    params = trial.system_attrs.get("fixed_params", {})
    return dict(params) if isinstance(params, Mapping) else {"?": params}


def params_of(trial: FrozenTrial) -> dict[str, Value]:
    """Returns a trial's parameters, even before an enqueued one is started."""
    return {**fixed_params(trial), **trial.params}


def next_unseen(
    trials: Sequence[FrozenTrial], parameter_sets: Iterable[Mapping[str, Value]]
) -> dict[str, Value] | None:
    """Returns the first parameter set that no trial has, waiting ones included."""
    used = {_key(params_of(trial)) for trial in trials if is_counted(trial)}
    unseen = (params for params in parameter_sets if _key(params) not in used)
    return next(map(dict, unseen), None)


def _key(params: Mapping[str, Value]) -> tuple[tuple[str, Value], ...] | None:
    """Makes parameters hashable; ``None`` if an enqueued value is not."""
    key = tuple(sorted(params.items(), key=lambda item: item[0]))
    try:
        hash(key)
    except TypeError:
        return None
    return key
