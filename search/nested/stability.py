"""How much the choice of hyperparameters depends on the people searched on."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from models.config.hyperparameters import Value
from search.study.space import Choices, FloatRange, IntRange, Parameter, SearchSpace


def stability(
    space: SearchSpace, chosen: Sequence[Mapping[str, Value]]
) -> dict[str, dict[str, Any]]:
    """Compares the configurations that the outer parts chose, key by key.

    Args:
        space: of the study.
        chosen: the configuration of each part, with every key.

    Returns:
        For each searched key ``parts`` (where it had an effect); of choices ``counts``
        (each value that was chosen) and ``agree`` (the parts with the most frequent
        one); of ranges ``least``, ``median``, ``most`` and ``spread``: how much of the
        range lies between the least and the most, 0 to 1, on its own scale.
    """
    found = {}
    for parameter in space.parameters:
        values = [
            values[parameter.key]
            for values in chosen
            if parameter.key in values and parameter.active(values)
        ]
        found[parameter.key] = {"parts": len(values), **_compared(parameter, values)}
    return found


def _compared(parameter: Parameter, values: Sequence[Value]) -> dict[str, Any]:
    if not values:
        return {}
    match parameter.domain:
        case Choices(values=choices):
            counts = Counter(values)
            return {
                "counts": {str(v): counts[v] for v in choices if counts[v]},
                "agree": max(counts.values()),
            }
        case IntRange() | FloatRange() as domain:
            numbers = sorted(float(value) for value in values)
            return {
                "least": numbers[0],
                "median": float(np.median(numbers)),
                "most": numbers[-1],
                "spread": _spread(domain, numbers),
            }


def _spread(domain: IntRange | FloatRange, numbers: Sequence[float]) -> float:
    """Computes which share of a range lies between the ends of sorted numbers."""

    def place(number: float) -> float:
        return math.log(number) if domain.log else number

    whole = place(domain.high) - place(domain.low)
    apart = place(numbers[-1]) - place(numbers[0])
    return round(apart / whole, 6) if whole else 0.0
