"""Which points of a space a run has tried, and which of some comes next."""

from collections.abc import Iterable, Mapping, Sequence

from optuna.trial import FrozenTrial

from models.settings import Value

INTERRUPTED = "interrupted"
"""The reason of a trial that nobody runs any more; another one has its point."""


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
    used = {
        _key(params_of(trial))
        for trial in trials
        if trial.user_attrs.get("reason") != INTERRUPTED
    }
    return next((dict(point) for point in points if _key(point) not in used), None)


def _key(params: Mapping[str, Value]) -> tuple[tuple[str, Value], ...]:
    return tuple(sorted(params.items()))
