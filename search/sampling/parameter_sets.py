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

FINETUNE_OF = "finetune_of"
"""Number of the head trial that a trial fine-tunes."""

MACHINE = "machine"
"""The place of what a trial ran on in the run's list."""

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


@functools.cache  # called for every trial
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


def is_infeasible(trial: FrozenTrial) -> bool:
    """Checks for a pruned trial that diverged or ran out of memory."""
    return bool(trial.system_attrs) and any(
        value > 0 for value in trial.constraints.values()
    )
