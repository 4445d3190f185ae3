"""Whose a trial is, which points of a space are tried, and which comes next."""

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from optuna.trial import FrozenTrial, TrialState

from data_pipeline.system.seeds import child_seed
from models.config.hyperparameters import Value

ORDINAL = "ordinal"
"""How many trials were asked before; a trial that runs a lost one again has its."""

SEED = "seed"
"""The seed of all of a trial's randomness; a trial that has it was asked to its end."""

RETRY_OF = "retry_of"
"""Names the lost trial that a trial runs again."""

DEATHS = "deaths"
"""Counts the workers that died in a configuration."""

GENERATION = "generation"
"""Counts how often CMA-ES had moved when it proposed a trial."""

INTERRUPTED = "interrupted"
"""Marks a trial that was lost with its driver or its worker: it counts for nothing.

It is an attribute, and the reason of a trial that was lost with its driver.
"""

TOLD = {"spent", "reason"}
"""What the end of a trial of a search's own says of it, one at least."""

OUTSIDE = "enqueued outside the space"
"""Begins the reason of a trial that somebody enqueued and that cannot be run."""

KEPT = (ORDINAL, SEED, DEATHS, GENERATION)
"""What a trial takes over from the lost one that it runs again."""


def ordinal_of(trial: FrozenTrial) -> int:
    """Returns a trial's place in the order of asking."""
    found = trial.user_attrs.get(ORDINAL)
    return found if isinstance(found, int) else int(trial.number)


@functools.cache  # it is asked of every trial at every report
def trial_seed(seed: int, ordinal: int) -> int:
    """Derives a trial's seed from the study's: no number of a retry changes it."""
    return child_seed(seed, "trial", ordinal)


def is_own(trial: FrozenTrial, seed: int) -> bool:
    """Tells whether a search with this seed has asked a trial."""
    ordinal = trial.user_attrs.get(ORDINAL)
    if not isinstance(ordinal, int):
        return False
    return bool(trial.user_attrs.get(SEED) == trial_seed(seed, ordinal))


def is_interrupted(trial: FrozenTrial) -> bool:
    """Tells whether a trial was lost with its driver or its worker."""
    return trial.state == TrialState.FAIL and INTERRUPTED in trial.user_attrs


def is_refused(trial: FrozenTrial) -> bool:
    """Tells whether a trial was enqueued outside the space, and so never run."""
    reason = str(trial.user_attrs.get("reason", ""))
    return trial.state == TrialState.FAIL and reason.startswith(OUTSIDE)


def is_counted(trial: FrozenTrial) -> bool:
    """Tells whether a trial of the search's own is one of its budget."""
    return not is_interrupted(trial) and not is_refused(trial)


def foreign(trials: Iterable[FrozenTrial], seed: int) -> set[int]:
    """Finds the trials that others wrote into the storage of a search.

    A trial that nobody has finished belongs to the search, which runs or refuses it.

    Args:
        trials: in the order of their numbers.
        seed: of the search; its trials have seeds that are derived from it.

    Returns:
        The numbers of finished trials that the search has not asked.
    """
    seen: set[int] = set()
    found: set[int] = set()
    for trial in trials:
        if not trial.state.is_finished() or not is_counted(trial):
            continue
        # A copy of an own trial has its attributes, and is none either.
        own = is_own(trial, seed) and not _is_told_by_others(trial)
        if own and ordinal_of(trial) not in seen:
            seen.add(ordinal_of(trial))
        else:
            found.add(trial.number)
    return found


def _is_told_by_others(trial: FrozenTrial) -> bool:
    """Tells whether somebody gave an own trial a value while it ran."""
    has_value = trial.state in (TrialState.COMPLETE, TrialState.PRUNED)
    return has_value and not trial.user_attrs.keys() & TOLD


def next_ordinal(trials: Iterable[FrozenTrial], seed: int) -> int:
    """Counts the trials that were asked to their end; retries are the same ones."""
    asked = (
        ordinal_of(trial)
        for trial in trials
        if is_own(trial, seed) and not is_refused(trial)
    )
    return max(asked, default=-1) + 1


def fixed_params(trial: FrozenTrial) -> dict[str, Any]:
    """Returns the parameters that a trial was enqueued with; others may write them."""
    found = trial.system_attrs.get("fixed_params", {})
    return dict(found) if isinstance(found, Mapping) else {"?": found}


def params_of(trial: FrozenTrial) -> dict[str, Value]:
    """Returns a trial's parameters; an enqueued one has them before it is asked."""
    return {**fixed_params(trial), **trial.params}


def next_unseen(
    trials: Sequence[FrozenTrial], points: Iterable[Mapping[str, Value]]
) -> dict[str, Value] | None:
    """Finds the first of some points that no trial has, or ``None``.

    Args:
        trials: of the run, waiting ones included.
        points: the parameters of each, in the order of asking.
    """
    used = {_key(params_of(trial)) for trial in trials if is_counted(trial)}
    return next((dict(point) for point in points if _key(point) not in used), None)


def _key(params: Mapping[str, Value]) -> tuple[tuple[str, Value], ...] | None:
    """Makes parameters comparable; what somebody enqueued may be no value at all."""
    key = tuple(sorted(params.items(), key=lambda item: item[0]))
    try:
        hash(key)
    except TypeError:
        return None
    return key
