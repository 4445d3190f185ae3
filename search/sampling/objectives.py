"""The objectives of trials, where a study has several: stored, and read back.

Optuna neither records nor prunes epochs of studies with several objectives. A trial's
intermediate values are those of one objective, the weighted mean of the metrics; what
else an epoch or a model has is in attributes.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, cast

import optuna
from optuna.trial import FrozenTrial

from search.costs.dominance import Point
from search.costs.dominance import front as front_of_points
from search.costs.limits import COSTS
from search.sampling.parameter_sets import ordinal_of
from search.storage.hidden_attributes import PREFIX, attributes_of
from search.trial.messages import Completed, Report

if TYPE_CHECKING:
    from search.storage.draft import DraftStorage

Direction = Literal["minimize", "maximize"]

METRICS = "metrics"
"""Attribute: each step, as a text, to its metrics, where a study has several."""

MODEL_COSTS = "costs"
"""Attribute: the costs of a trial's model that are objectives."""

ROWS = "validation_rows"
"""Attribute: how many images a value of an epoch is of."""

VALUE = "value"
"""Attribute of a completed trial: the weighted mean of its metrics."""


def directions(goals: Sequence[str]) -> list[Direction]:
    """Lists the directions of objectives; without names there is one, a mean.

    Example:
        >>> directions([]), directions(["emotion.accuracy", "parameters"])
        (['maximize'], ['maximize', 'minimize'])
    """
    found: list[Direction] = [
        "minimize" if goal in COSTS else "maximize" for goal in goals
    ]
    return found or ["maximize"]


def metrics_of(goals: Sequence[str]) -> list[str]:
    """Lists the objectives that are metrics; costs come after them."""
    return [goal for goal in goals if goal not in COSTS]


def value_of(trial: FrozenTrial) -> float | None:
    """Returns the weighted mean of a trial's metrics, by which trials are ranked."""
    values = trial.values or []
    if len(values) > 1:
        value: float | None = attributes_of(trial).get(VALUE)
        return value
    return values[0] if values else None


def point(values: Sequence[float], goals: Sequence[str]) -> Point:
    """Turns the values of objectives into a point, where higher is better."""
    pairs = zip(goals, values, strict=True)
    return [-value if goal in COSTS else value for goal, value in pairs]


def on_front(trials: Sequence[FrozenTrial], goals: Sequence[str]) -> list[FrozenTrial]:
    """Lists the completed trials that no other one dominates."""
    points = [point(trial.values, goals) for trial in trials]
    return [trials[place] for place in front_of_points(points)]


def newest_on_front(
    trials: Sequence[FrozenTrial], goals: Sequence[str]
) -> FrozenTrial | None:
    """Returns the trial of the front that began last, of those that have completed."""
    return max(on_front(trials, goals), key=ordinal_of, default=None)


def record_epoch(
    trial: optuna.Trial, report: Report, goals: Sequence[str], before: dict[str, object]
) -> None:
    """Stores an epoch of a trial with several objectives, for other trials to see.

    ``before`` has the metrics of its earlier epochs, and gets those of this one.
    """
    metrics = metrics_of(goals)
    if not before:
        record_model(trial, report, goals)
    before[str(report.step)] = [round(report.metrics[name], 9) for name in metrics]
    if len(metrics) > 1:
        _draft(trial).write_system_attr(PREFIX + METRICS, dict(before))
    # Not trial.report(), which refuses studies with several objectives. What follows is
    # what it does.
    number, step = trial._trial_id, report.step  # noqa: SLF001 - no other way
    trial.storage.set_trial_intermediate_value(number, step, report.value)
    _draft(trial).trial.intermediate_values[step] = report.value


def record_model(trial: optuna.Trial, report: Report, goals: Sequence[str]) -> None:
    """Stores what a trial's model costs, and how many images validate it."""
    _draft(trial).write_system_attr(PREFIX + ROWS, report.rows)
    costs = {name: cost for name, cost in report.spent.costs().items() if name in goals}
    if costs:
        _draft(trial).write_system_attr(PREFIX + MODEL_COSTS, costs)


def _draft(trial: optuna.Trial) -> "DraftStorage":
    return cast("DraftStorage", trial.storage)


def final_values(outcome: Completed, goals: Sequence[str]) -> list[float]:
    """Lists the values of a completed trial, in the order of the objectives."""
    found: Mapping[str, float | None] = {**outcome.metrics, **outcome.spent.costs()}
    values = [found[goal] for goal in goals]
    missing = [goal for goal in goals if found[goal] is None]
    if missing:
        raise ValueError(f"a trial completed without its {', '.join(missing)}")
    return [float(value) for value in values if value is not None]


def values_at(
    trial: FrozenTrial, step: int, goals: Sequence[str]
) -> list[float] | None:
    """Lists the values of a trial's objectives at a step that it reported.

    ``None`` where they were not stored.
    """
    if not goals:
        return [trial.intermediate_values[step]]
    names = metrics_of(goals)
    metrics = [trial.intermediate_values[step]]
    if len(names) > 1:
        metrics = attributes_of(trial).get(METRICS, {}).get(str(step), [])
    costs = attributes_of(trial).get(MODEL_COSTS, {})
    found = [*metrics, *(costs[goal] for goal in goals if goal in costs)]
    return found if len(found) == len(goals) else None
