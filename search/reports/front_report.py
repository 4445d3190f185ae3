"""What a run prints of several objectives: the trials that no other one dominates."""

from collections.abc import Iterator, Mapping
from typing import Any

from search.costs.limits import COSTS, PARAMETERS

MOST = 20
"""Rows that are printed; ``selection.json`` has all of them."""


def describe_front(selection: Mapping[str, Any]) -> Iterator[str]:
    r"""Writes the front as a table, the chosen trial marked.

    Example:
        >>> rows = [
        ...     {"trial": 4, "emotion.accuracy": 0.8125, "parameters": 81200},
        ...     {"trial": 11, "emotion.accuracy": 0.75, "parameters": 9100},
        ... ]
        >>> found = {"front": rows, "completed": 9, "chosen": 11, "choose": "best"}
        >>> print(*describe_front(found), sep="\n")
        front of several objectives: 2 of 9 completed trials, which no other dominates
          trial  emotion.accuracy  parameters
              4            0.8125      81,200
             11            0.7500       9,100  chosen (best)
    """
    rows = selection.get("front")
    if not rows:
        return
    yield (
        f"front of several objectives: {len(rows)} of {selection['completed']} "
        "completed trials, which no other dominates"
    )
    names = [name for name in rows[0] if name != "trial"]
    yield "  " + "  ".join(["trial", *names])
    for row in rows[:MOST]:
        is_chosen = row["trial"] == selection["chosen"]
        mark = f"  chosen ({selection['choose']})" if is_chosen else ""
        cells = [f"{_written(name, row[name]):>{len(name)}}" for name in names]
        yield "  " + "  ".join([f"{row['trial']:>5}", *cells]) + mark
    if len(rows) > MOST:
        yield f"  and {len(rows) - MOST} more in selection.json"


def _written(name: str, value: float) -> str:
    if name == PARAMETERS:
        return f"{value:,.0f}"
    return f"{value:.2f}" if name in COSTS else f"{value:.4f}"
