"""The ``[objective]`` section: metrics to be maximized, and their weights."""

from collections.abc import Mapping
from typing import Any

from data_pipeline.own_code.named_code import CODE
from data_pipeline.system.errors import suggest
from models.metrics.own.metric import is_own_metric
from models.metrics.scores import METRIC_NAMES, REPORTED_NAMES
from search.study.distributions import Problems

LIGHTEST, HEAVIEST = 1e-9, 1e9
"""Limits between which a weighted mean neither overflows nor loses precision."""


def read_objective(
    table: Mapping[str, Any], problems: Problems
) -> tuple[tuple[str, float], ...]:
    """Returns the metrics with a weight above 0; adds a message for each problem."""
    before = len(problems)
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


def _same_target(name: str) -> list[str]:
    target = name.partition(".")[0]
    return [name for name in METRIC_NAMES if name.startswith(f"{target}.")]


def _is_weight(weight: object) -> bool:
    return (
        isinstance(weight, int | float) and not isinstance(weight, bool) and weight > 0
    )
