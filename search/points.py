"""Which points of a space a run has tried, and which of some comes next."""

from collections.abc import Iterable, Mapping, Sequence

from optuna.trial import FrozenTrial

from models.settings import Value

INTERRUPTED = "interrupted"
"""Marks a trial that was lost with its driver or its worker: it counts for nothing.

It is an attribute, and the reason of a trial that was lost with its driver.
"""

SEED = "seed"
"""The seed of all of a trial's randomness; a trial that has it was asked to its end."""

RETRY_OF = "retry_of"
"""Names the lost trial that a trial runs again."""

DEATHS = "deaths"
"""Counts the workers that died in a configuration."""


def is_interrupted(trial: FrozenTrial) -> bool:
    """Tells whether a trial was lost with its driver or its worker."""
    return INTERRUPTED in trial.user_attrs


def params_of(trial: FrozenTrial) -> dict[str, Value]:
    """Returns a trial's parameters; an enqueued one has them before it is asked."""
    return dict(trial.system_attrs.get("fixed_params", trial.params))


def next_point(
    trials: Sequence[FrozenTrial], points: Iterable[Mapping[str, Value]]
) -> dict[str, Value] | None:
    """Finds the first of some points that no trial has, or ``None``.

    Args:
        trials: of the run, waiting ones included.
        points: the parameters of each, in the order of asking.
    """
    used = {_key(params_of(trial)) for trial in trials if not is_interrupted(trial)}
    return next((dict(point) for point in points if _key(point) not in used), None)


def _key(params: Mapping[str, Value]) -> tuple[tuple[str, Value], ...]:
    return tuple(sorted(params.items()))
