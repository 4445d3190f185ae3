"""Limits on what a model may cost: the section ``[constraints]``."""

import math
import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic.dataclasses import dataclass
from pydantic_core import PydanticCustomError

from data_pipeline.config.section import STRICT

PARAMETERS, LATENCY, SIZE = "parameters", "latency_ms", "model_mb"
COSTS = (PARAMETERS, LATENCY, SIZE)
"""What is measured of a model; lower is better.

Its weights that training can change, the milliseconds that it takes for one image, and
the megabytes (10**6) of the exported weights.
"""

MEGABYTE = 10**6

_LIMIT = re.compile(r"<=\s*(\S+)")


def _check_limit(value: Any) -> Any:
    """Refuses anything but ``<= NUMBER`` with a positive, finite number."""
    if value is not None and not 0 < _number(value) < math.inf:
        raise PydanticCustomError(
            "limit", 'a text such as "<= 5e6", with a positive, finite number'
        )
    return value


def _number(limit: Any) -> float:
    """Reads the number of a limit; NaN if it is none."""
    found = _LIMIT.fullmatch(limit.strip()) if isinstance(limit, str) else None
    try:
        return float(found[1]) if found else math.nan
    except ValueError:
        return math.nan


Limit = Annotated[str | None, BeforeValidator(_check_limit)]


@dataclass(config=STRICT, frozen=True, kw_only=True, slots=True)
class Constraints:
    """What every model of a search must keep to; each key has the form ``<= NUMBER``.

    A trial that breaks one is pruned before its training.
    """

    parameters: Limit = None
    latency_ms: Limit = None
    model_mb: Limit = None

    def limits(self) -> dict[str, float]:
        """Returns the number of each limit that is set."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: _number(text) for name, text in given.items() if text}


def broken_limits(
    costs: Mapping[str, float | None], limits: Mapping[str, float]
) -> dict[str, float]:
    """Returns by how much each broken limit is exceeded, as a share of it.

    A cost that is not measured breaks none.

    Example:
        >>> broken_limits({"parameters": 6e6, "model_mb": 3}, {"parameters": 4e6})
        {'parameters': 0.5}
    """
    measured = {name: costs.get(name) for name in limits}
    return {
        name: cost / limits[name] - 1
        for name, cost in measured.items()
        if cost is not None and cost > limits[name]
    }


def describe_cost(name: str, cost: float) -> str:
    """Writes a cost with its unit.

    Example:
        >>> describe_cost("parameters", 7_200_000), describe_cost("latency_ms", 2.345)
        ('7,200,000 parameters', '2.35 ms an image')
        >>> describe_cost("model_mb", 28.9)
        '28.90 MB'
    """
    match name:
        case "parameters":
            return f"{cost:,.0f} parameters"
        case "latency_ms":
            return f"{cost:.2f} ms an image"
        case _:
            return f"{cost:.2f} MB"


def describe_broken(excess: Mapping[str, float], limits: Mapping[str, float]) -> str:
    """Says which limits a model breaks.

    Example:
        >>> describe_broken({"parameters": 0.5}, {"parameters": 4e6})
        '6,000,000 parameters, at most 4,000,000'
    """
    return "; ".join(
        f"{describe_cost(name, (1 + more) * limits[name])}, at most "
        f"{describe_cost(name, limits[name]).partition(' ')[0]}"
        for name, more in excess.items()
    )
