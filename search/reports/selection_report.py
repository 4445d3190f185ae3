"""What a run prints of its selection: its bias, trials that are as good, the front."""

from collections.abc import Iterator, Mapping
from typing import Any

from search.costs.limits import COSTS, PARAMETERS

MOST = 8
"""Trials that are listed; ``selection.json`` has all of them."""

ROWS = 20
"""Rows of the front that are printed."""


def describe_best(number: int, value: float, selection: Mapping[str, Any]) -> str:
    """Describes the best trial's value, corrected for the selection among trials.

    Example:
        >>> describe_best(3, 0.8146, {"corrected": dict(value=0.79, low=0.7, high=0.9)})
        'best: trial 3, validation value 0.8146; corrected for its selection 0.790 \
(0.700 to 0.900)'
        >>> ends = dict(value=0.771, low=0.74, high=0.801)
        >>> describe_best(0, 0.77, dict(compared=1, completed=1, corrected=ends))
        'best: trial 0, validation value 0.7700; no other trial completed; 95 % \
interval 0.740 to 0.801'
        >>> describe_best(3, 0.8146, {})
        'best: trial 3, validation value 0.8146; selected on the same data, and not \
corrected: its predictions are missing'
    """
    text = f"best: trial {number}, validation value {value:.4f}; "
    found = selection.get("corrected")
    if found is None:
        return (
            f"{text}selected on the same data, and not corrected: its predictions "
            "are missing"
        )
    ends = f"{found['low']:.3f} to {found['high']:.3f}"
    if selection.get("compared") == 1:
        return f"{text}{describe_alone(selection)}; 95 % interval {ends}"
    return f"{text}corrected for its selection {found['value']:.3f} ({ends})"


def describe_alone(selection: Mapping[str, Any]) -> str:
    """Says why one trial was compared with no other."""
    missing = selection["completed"] > 1
    return f"no other trial {'has its predictions' if missing else 'completed'}"


def describe_tied(selection: Mapping[str, Any]) -> Iterator[str]:
    r"""Lists the trials that the best is not significantly better than.

    Example:
        >>> trial = dict(parameters=200_000, seconds=0.5)
        >>> tied = [trial | {"trial": 3}, trial | {"trial": 5}]
        >>> ends = {"smallest_tied": 5, "fastest_tied": 3}
        >>> counts = {"best": 3, "chosen": 3, "completed": 2, "compared": 2}
        >>> print(*describe_tied({"tied": tied} | ends | counts), sep="\n")
        no significant winner: trial 3 is not significantly better than the other
        as good: trial 5; smallest: trial 5 (0.20 million weights), fastest: trial 3
    """
    if "tied" not in selection:
        return
    best, rows = selection["best"], {row["trial"]: row for row in selection["tied"]}
    others = [number for number in rows if number != best]
    rest = selection["compared"] - 1
    if others and len(others) == rest:
        yield (
            f"no significant winner: trial {best} is not significantly better than "
            + ("the other" if rest == 1 else f"any of {rest} others")
        )
    elif rest:
        yield (
            f"{'no significant winner: ' if others else ''}trial {best} is "
            f"significantly better than {rest - len(others)} of {rest} others that "
            "completed"
        )
    if others:
        smallest, fastest = selection["smallest_tied"], selection["fastest_tied"]
        weights = rows[smallest]["parameters"] / 1e6
        yield (
            f"as good: {_listed(others)}; smallest: trial {smallest} ({weights:.2f} "
            f"million weights), fastest: trial {fastest}"
        )
    yield from _runner_up(selection.get("runner_up"))
    if selection["compared"] < selection["completed"]:
        missing = selection["completed"] - selection["compared"]
        noun = "trial" if missing == 1 else "trials"
        yield f"not compared, because their predictions are missing: {missing} {noun}"
    if selection["chosen"] != best:
        yield f"chosen: trial {selection['chosen']} ({selection['choose']})"


def _runner_up(second: Mapping[str, Any] | None) -> Iterator[str]:
    """Describes how far the second best trial is behind, corrected, with interval."""
    if second is not None:
        ends = f"{second['low']:+.3f} to {second['high']:+.3f}"
        yield (
            f"runner-up: trial {second['trial']}, {second['behind']:+.3f} behind "
            f"({ends})"
        )


def _listed(numbers: list[int]) -> str:
    """Lists trials, at most ``MOST`` of them."""
    noun = "trial" if len(numbers) == 1 else "trials"
    more = f" and {len(numbers) - MOST} more" if len(numbers) > MOST else ""
    return f"{noun} {', '.join(map(str, numbers[:MOST]))}{more}"


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
    for row in rows[:ROWS]:
        is_chosen = row["trial"] == selection["chosen"]
        mark = f"  chosen ({selection['choose']})" if is_chosen else ""
        cells = [f"{_cell(name, row[name]):>{len(name)}}" for name in names]
        yield "  " + "  ".join([f"{row['trial']:>5}", *cells]) + mark
    if len(rows) > ROWS:
        yield f"  and {len(rows) - ROWS} more in selection.json"


def _cell(name: str, value: float) -> str:
    if name == PARAMETERS:
        return f"{value:,.0f}"
    return f"{value:.2f}" if name in COSTS else f"{value:.4f}"
