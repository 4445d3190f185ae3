"""Validates one key's value or domain."""

import math
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from data_pipeline.own_code.named_code import CODE, is_own
from data_pipeline.system.errors import suggest
from models.config.hyperparameters import SIZES, Hyperparameter, Value
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
    if setting.choices is not None and not _is_allowed(str(value), setting):
        choices = [str(choice) for choice in setting.choices]
        choices += [CODE] if setting.own else []
        no_code = "no own code can be named here; " if _names_code(value) else ""
        problems.append(
            f"{place}: unknown value {value!r}; {no_code if not setting.own else ''}"
            f"{suggest(str(value), choices)}"
        )
        return None
    if isinstance(value, int | float) and not (
        (setting.low is None or setting.low <= value)
        and (setting.high is None or value <= setting.high)
    ):
        problems.append(
            f"{place}: must be from {setting.low:g} to {setting.high:g}, found {value}"
        )
        return None
    return setting.kind(value)


def _names_code(value: object) -> bool:
    """Whether a value looks like ``package.module:name``."""
    return bool(re.fullmatch(r"[\w.]+:\w+", str(value)))


def _is_allowed(value: str, setting: Hyperparameter) -> bool:
    """Checks a name against the choices, and against own code where that may be."""
    own = setting.own
    return value in (setting.choices or ()) or (own is not None and is_own(own, value))


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
    place: str, table: Mapping[str, Any], setting: Hyperparameter, problems: Problems
) -> Domain | None:
    """Validates a range; returns ``None`` after adding problems."""
    if setting.kind is str:
        problems.append(f"{place}: holds names, so it needs a list of choices")
        return None
    before = len(problems)
    for end in ("low", "high"):
        if end not in table:
            problems.append(f"{place}: a range needs low and high, {end} is missing")
        else:
            check_value(f"{place} {end}", table[end], setting, problems)
    log, step = table.get("log", False), table.get("step")
    if not isinstance(log, bool):
        problems.append(f"{place} log: must be true or false, found {log!r}")
    if not _is_step(step, setting):
        problems.append(f"{place} step: must be a number above 0, found {step!r}")
    if len(problems) == before:
        found = _range_problems(table["low"], table["high"], step, log=log)
        problems.extend(f"{place}{problem}" for problem in found)
        if setting.part == SIZES and setting.kind is float and step is None:
            problems.append(
                f"{place}: each size is another graph, so a range of numbers needs a "
                f"step, found low={table['low']:g}, high={table['high']:g}"
                f"{', log' if log else ''}; "
                + ("list choices" if log else "add step = NUMBER, or list choices")
            )
    return _range(table, setting) if len(problems) == before else None


def _is_step(step: object, setting: Hyperparameter) -> bool:
    types = (int,) if setting.kind is int else (int, float)
    if step is None or isinstance(step, bool) or not isinstance(step, types):
        return step is None
    return 0 < step < math.inf


def _range(table: Mapping[str, Any], setting: Hyperparameter) -> Domain:
    low, high, step = table["low"], table["high"], table.get("step")
    log = table.get("log", False)
    if setting.kind is int:
        return IntRange(low=low, high=high, step=step or 1, log=log)
    gap = None if step is None else float(step)
    return FloatRange(low=float(low), high=float(high), step=gap, log=log)


def _range_problems(
    low: float, high: float, step: float | None, *, log: bool
) -> Iterator[str]:
    found = f"found low={low:g}, high={high:g}"
    if low > high:
        yield f": low <= high must hold, {found}"
    elif low == high:
        yield f": low < high must hold, {found}; a single value belongs in [fixed]"
    elif log and low <= 0:
        yield f": a log range needs low > 0, {found}"
    elif log and step is not None:
        yield ": step and log exclude each other, found both"
    elif step is not None and not high - low < MOST_STEPS * step:
        yield (
            f" step: must give at most {MOST_STEPS:,} values, {found}, "
            f"step={step:g}; raise it, or omit it"
        )
    # In decimal digits: in binary 0.6 is not 6 times 0.1.
    elif step and (Decimal(str(high)) - Decimal(str(low))) % Decimal(str(step)) != 0:
        yield f": high must be low plus whole steps, {found}, step={step:g}"
