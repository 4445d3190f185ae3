"""The ``[objective]`` section: metrics to be maximized, and their weights.

With ``mode = "pareto"`` each metric is an objective of its own, and so are costs.

``worst_group`` names an attribute of the subjects: a trial's value is then that of the
group for which it is lowest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from data_pipeline.own_code.named_code import CODE
from data_pipeline.system.errors import suggest
from models.metrics.own.metric import is_own_metric
from models.metrics.scores import METRIC_NAMES, REPORTED_NAMES
from search.costs.limits import COSTS, LATENCY, PARAMETERS, SIZE
from search.study.algorithms import DOMINATED
from search.study.distributions import Problems

WORST_GROUP = "worst_group"
ATTRIBUTES = ("sex", "age", "ethnicity")
"""Columns of the demographics that make groups."""

LIGHTEST, HEAVIEST = 1e-9, 1e9
"""Limits between which a weighted mean neither overflows nor loses precision."""

MODE = "mode"
MODES = ("weighted", "pareto")
"""One value, the weighted mean of the metrics; or every metric and cost of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """What is optimized.

    ``metrics`` have their weights. ``goals`` are the names of several objectives,
    metrics before costs; empty where there is one, the weighted mean.
    """

    metrics: tuple[tuple[str, float], ...]
    goals: tuple[str, ...] = ()


def read_objective(table: Mapping[str, Any], problems: Problems) -> Objective:
    """Returns what has a weight above 0; adds a message for each problem."""
    weights = {name: weight for name, weight in table.items() if name != MODE}
    mode = table.get(MODE, MODES[0])
    if mode not in MODES:
        names = " or ".join(f'"{name}"' for name in MODES)
        problems.append(f"[objective] mode: must be {names}, found {mode!r}")
    metrics = {name: w for name, w in weights.items() if name not in COSTS}
    costs = {name: w for name, w in weights.items() if name in COSTS}
    found = _read_metrics(metrics, problems)
    if mode != MODES[1]:
        problems.extend(map(_misplaced, costs))
        return Objective(metrics=found)
    problems.extend(
        f'[objective] "{name}": must be a weight, a number, found {weight!r}'
        for name, weight in costs.items()
        if not isinstance(weight, int | float) or isinstance(weight, bool)
    )
    named = [name for name in COSTS if _is_weight(costs.get(name))]
    goals = (*(name for name, _ in found), *named)
    if len(goals) < 2:  # noqa: PLR2004 - one objective has no front
        problems.append(
            '[objective] mode: "pareto" needs two objectives or more, found '
            f"{len(goals)}; name another metric or a cost ({', '.join(COSTS)}), "
            "for example parameters = 1.0, or remove mode"
        )
    return Objective(metrics=found, goals=goals)


def value_names(
    metrics: Sequence[tuple[str, float]],
    goals: Sequence[str],
    worst_group: str | None = None,
) -> list[str]:
    """Names the values of a trial: one, a weighted mean, or those of several goals.

    Example:
        >>> value_names([("emotion.macro_f1", 2.0)], [], "sex")
        ['emotion.macro_f1, worst group by sex']
        >>> value_names([("emotion.macro_f1", 2.0), ("action_units.mean_auc", 1.0)], [])
        ['0.67 x emotion.macro_f1 + 0.33 x action_units.mean_auc']
    """
    if goals:
        return list(goals)
    total = sum(weight for _, weight in metrics)
    parts = [f"{weight / total:.2g} x {name}" for name, weight in metrics]
    mean = " + ".join(parts) if len(parts) > 1 else metrics[0][0]
    return [mean if worst_group is None else f"{mean}, worst group by {worst_group}"]


def with_pareto_defaults(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Names what a study with several objectives uses where it does not say.

    Only the pruner ``dominated`` compares several objectives; and of the trials that
    are not significantly worse than the best in its metrics, the smallest is tested,
    or the fastest.
    """
    table = raw.get("objective", {})
    if table.get(MODE) != MODES[1]:
        return dict(raw)
    small = any(_is_weight(table.get(cost)) for cost in (PARAMETERS, SIZE))
    fast = _is_weight(table.get(LATENCY))
    choose = "smallest_tied" if small else "fastest_tied" if fast else "best"
    search = {"pruner": DOMINATED} | raw.get("search", {})
    final = {"choose": choose} | raw.get("final", {})
    return {**raw, "search": search, "final": final}


def _misplaced(cost: str) -> str:
    return (
        f'[objective] "{cost}": is a cost, which a weighted mean cannot hold; set '
        f'mode = "pareto", or limit it: [constraints] {cost} = "<= NUMBER"'
    )


def _read_metrics(
    table: Mapping[str, Any], problems: Problems
) -> tuple[tuple[str, float], ...]:
    """Returns the metrics with a weight above 0; adds a message for each problem."""
    before = len(problems)
    table = {name: weight for name, weight in table.items() if name != WORST_GROUP}
    for name, weight in table.items():
        place = f'[objective] "{name}"'
        if name in REPORTED_NAMES:
            problems.append(
                f"{place}: is reported only: lower is better, and an objective is "
                f"maximized; {suggest(name, _same_target(name))}"
            )
        elif name not in METRIC_NAMES and not is_own_metric(name):
            names = [*METRIC_NAMES, f"TARGET.{CODE}"]
            problems.append(f"{place}: unknown metric; {suggest(name, names)}")
        elif isinstance(weight, bool) or not isinstance(weight, int | float):
            problems.append(f"{place}: must be a weight, a number, found {weight!r}")
        elif weight and not LIGHTEST <= weight <= HEAVIEST:
            problems.append(
                f"{place}: must be a weight of 0 or more: 0, or {LIGHTEST:g} to "
                f"{HEAVIEST:g}; found {weight}"
            )
    if len(problems) == before and not sum(table.values()) > 0:
        problems.append(
            "[objective]: needs at least one metric with a weight above 0, for "
            'example "emotion.macro_f1" = 1.0'
        )
    return tuple((n, float(w)) for n, w in table.items() if n and _is_weight(w))


def read_worst_group(table: Mapping[str, Any], problems: Problems) -> str | None:
    """Returns the attribute whose worst group counts; a message for a wrong one."""
    found = table.get(WORST_GROUP)
    if found is None or found in ATTRIBUTES:
        return found
    problems.append(
        f"[objective] {WORST_GROUP}: must be one of {', '.join(ATTRIBUTES)}, found "
        f"{found!r}"
    )
    return None


def _same_target(name: str) -> list[str]:
    target = name.partition(".")[0]
    return [name for name in METRIC_NAMES if name.startswith(f"{target}.")]


def _is_weight(weight: object) -> bool:
    return (
        isinstance(weight, int | float) and not isinstance(weight, bool) and weight > 0
    )
