"""Validates one key's value or domain."""

import math
from collections.abc import Mapping
from decimal import Decimal

from data_pipeline.system.errors import suggest
from models.config.hyperparameters import Hyperparameter, Value
from search.study.space import Choices, Domain, FloatRange, IntRange

MOST_STEPS = 2_000_000
"""Maximum number of values of a range with a step."""


class Problems(list[str]):
    """Messages of the form ``KEY: RULE, found VALUE``."""


def check_value(
    place: str, value: object, setting: Hyperparameter, problems: Problems
) -> Value | None:
    """Returns the value in its hyperparameter's type, or adds a problem."""
    kinds = {
        int: ("an integer", (int,)),
        float: ("a number", (int, float)),
        str: ("a string", (str,)),
    }
    expected, types = kinds[setting.kind]
    if isinstance(value, bool) or not isinstance(value, types):
        problems.append(f"{place}: must be {expected}, found {value!r}")
        return None
    if setting.choices is not None and value not in setting.choices:
        known = [str(choice) for choice in setting.choices]
        problems.append(
            f"{place}: unknown value {value!r}; {suggest(str(value), known)}"
        )
        return None
    if isinstance(value, int | float) and not _within(value, setting):
        problems.append(
            f"{place}: must be from {setting.low:g} to {setting.high:g}, found {value}"
        )
        return None
    return setting.kind(value)


def _within(value: float, setting: Hyperparameter) -> bool:
    low = float("-inf") if setting.low is None else setting.low
    high = float("inf") if setting.high is None else setting.high
    return low <= value <= high


def read_choices(
    place: str, values: object, setting: Hyperparameter, problems: Problems
) -> Choices | None:
    """Validates a list of choices; returns ``None`` after adding problems."""
    if not isinstance(values, list) or not values:
        problems.append(f"{place}: needs at least one choice, found {values!r}")
        return None
    checked = [check_value(place, value, setting, problems) for value in values]
    kept = tuple(value for value in checked if value is not None)
    if len(set(kept)) < len(kept):
        problems.append(f"{place}: each choice must occur once, found {values!r}")
    return Choices(values=kept) if len(kept) == len(checked) else None


def read_range(
    place: str, table: Mapping[str, object], setting: Hyperparameter, problems: Problems
) -> Domain | None:
    """Validates a range; returns ``None`` after adding problems."""
    before = len(problems)
    if setting.kind is str:
        problems.append(f"{place}: holds names, so it needs a list of choices")
        return None
    for end in ("low", "high"):
        if end not in table:
            problems.append(f"{place}: a range needs low and high, {end} is missing")
        else:
            check_value(f"{place} {end}", table[end], setting, problems)
    _check_log_and_step(place, table, setting, problems)
    if len(problems) == before:
        _check_ends(place, table, problems)
    return _domain(setting, table) if len(problems) == before else None


def _check_log_and_step(
    place: str, table: Mapping[str, object], setting: Hyperparameter, problems: Problems
) -> None:
    log, step = table.get("log", False), table.get("step")
    if not isinstance(log, bool):
        problems.append(f"{place} log: must be true or false, found {log!r}")
    if step is None:
        return
    types = (int,) if setting.kind is int else (int, float)
    if isinstance(step, bool) or not isinstance(step, types) or not 0 < step < math.inf:
        problems.append(f"{place} step: must be a number above 0, found {step!r}")


def _check_ends(place: str, table: Mapping[str, object], problems: Problems) -> None:
    low, high, step = _number(table["low"]), _number(table["high"]), table.get("step")
    found = f"found low={low:g}, high={high:g}"
    if low > high:
        problems.append(f"{place}: low <= high must hold, {found}")
    elif low == high:
        problems.append(
            f"{place}: low < high must hold, {found}; a single value belongs in [fixed]"
        )
    elif table.get("log") and low <= 0:
        problems.append(f"{place}: a log range needs low > 0, {found}")
    elif table.get("log") and step is not None:
        problems.append(f"{place}: step and log exclude each other, found both")
    elif step is not None and not high - low < MOST_STEPS * _number(step):
        problems.append(
            f"{place} step: must give at most {MOST_STEPS:,} values, {found}, "
            f"step={_number(step):g}; raise it, or leave it out"
        )
    elif step is not None and not _whole_steps(low, high, _number(step)):
        problems.append(
            f"{place}: high must be low plus whole steps, {found}, "
            f"step={_number(step):g}"
        )


def _whole_steps(low: float, high: float, step: float) -> bool:
    """Counts in decimal digits: in binary 0.6 is not 6 times 0.1."""
    ends = Decimal(str(high)) - Decimal(str(low))
    return ends % Decimal(str(step)) == 0


def _domain(setting: Hyperparameter, table: Mapping[str, object]) -> Domain:
    low, high = _number(table["low"]), _number(table["high"])
    step, log = table.get("step"), bool(table.get("log", False))
    if setting.kind is int:
        whole = 1 if step is None else int(_number(step))
        return IntRange(low=int(low), high=int(high), step=whole, log=log)
    gap = None if step is None else _number(step)
    return FloatRange(low=low, high=high, step=gap, log=log)


def _number(value: object) -> float:
    if not isinstance(value, int | float):
        raise TypeError(f"a number is expected here, found {value!r}")
    return float(value)
