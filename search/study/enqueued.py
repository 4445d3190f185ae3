"""Known configurations: a search tries them first, so that its gain over them shows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from data_pipeline.system.errors import suggest
from models.config.hyperparameters import HYPERPARAMETERS, Value
from search.study.distributions import Problems, check_value
from search.study.space import (
    Choices,
    Domain,
    FloatRange,
    IntRange,
    SearchSpace,
    grid_values,
)

NAME = "name"

LEFT = object()
"""Stands for a value that is left to a sampler."""

ROUNDING = 1e-8
"""How far a number may be from a grid's, as a share of its step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnqueuedTrial:
    """A configuration that is tried before a sampler proposes any.

    ``params`` holds the active searched keys. With ``never_prune`` it is trained to its
    end, because the improvement over an unfinished trial is unknown.
    """

    name: str
    params: Mapping[str, Value]
    never_prune: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Enqueued:
    """What ``[[search.enqueue]]`` holds.

    ``outside`` says, by the number of the table from 1, why a legal configuration is
    no point of the space.
    """

    trials: tuple[EnqueuedTrial, ...] = ()
    outside: Mapping[int, tuple[str, ...]]


def read_enqueued(
    tables: Iterable[Mapping[str, object]], space: SearchSpace, problems: Problems
) -> Enqueued:
    """Checks known configurations and finds them in the space.

    Args:
        tables: of ``[[search.enqueue]]``: keys of settings to values, and a name. A
            searched key that is not named takes its default.
        space: of the study.
        problems: takes what is wrong in every space.

    Returns:
        The configurations that are points of the space, and why others are not.
    """
    known: list[EnqueuedTrial] = []
    outside: dict[int, tuple[str, ...]] = {}
    named: set[str] = set()
    for number, table in enumerate(tables, start=1):
        name = table.get(NAME, f"known {number}")
        place = f"[[search.enqueue]] {number} ({name})"
        if not isinstance(name, str) or not name.strip() or name in named:
            problems.append(
                f"[[search.enqueue]] {number} name: must be a text that no other has, "
                f"found {name!r}"
            )
        named.add(str(name))
        values = _checked(place, table, problems)
        params, why = params_in_space(values, space)
        why = [*why, *_without_effect(values, params, space)]
        if why:
            outside[number] = tuple(f"{place} {text}" for text in why)
        else:
            known.append(EnqueuedTrial(name=str(name), params=params))
    return Enqueued(trials=tuple(known), outside=outside)


def params_in_space(
    values: Mapping[str, Value], space: SearchSpace
) -> tuple[dict[str, Value], list[str]]:
    """Finds a configuration in a space.

    Args:
        values: keys of settings to values; a searched key that is missing takes its
            default, and what the space does not search is not looked at.
        space: to find it in.

    Returns:
        The parameters, and for each that has no such value a text that says so.
    """
    point, params = dict(space.fixed), dict[str, Value]()
    problems: list[str] = []
    for parameter in space.parameters:
        if not parameter.active(point):
            continue
        key = parameter.key
        value = values.get(key, HYPERPARAMETERS[key].default)
        found = value_in_domain(parameter.domain, value)
        point[key] = value if found is None else found
        if found is not None:
            params[key] = found
            continue
        said = f"{value!r}" if key in values else f"not named, so {value!r}"
        problems.append(f'"{key}": must be {_told(parameter.domain)}, found {said}')
    return params, problems


def value_in_domain(domain: Domain, value: Value) -> Value | None:
    """Returns a value as its domain spells it, or ``None`` where it is not in it.

    Example:
        >>> value_in_domain(FloatRange(low=0.0, high=0.6, step=0.1), 0.1 + 0.2)
        0.3
        >>> value_in_domain(IntRange(low=1, high=9, step=2), 4) is None
        True
    """
    if isinstance(domain, Choices):
        return next((own for own in domain.values if own == value), None)
    if isinstance(value, str):
        return None
    number = float(value)
    whole = isinstance(domain, FloatRange) or number.is_integer()
    if not whole or not domain.low <= number <= domain.high:
        return None
    grid = grid_values(domain)
    if not grid:
        return value
    near = ROUNDING * (domain.step or 1)
    return next((own for own in grid if abs(float(own) - number) < near), None)


def outside_space(params: Mapping[str, object], space: SearchSpace) -> list[str]:
    """Says why parameters that somebody enqueued are of no point of a space.

    Args:
        params: keys to values; a key that is missing is left to a sampler.
        space: to find them in.
    """
    point: dict[str, object] = dict(space.fixed)
    problems: list[str] = []
    left = dict(params)
    for parameter in space.parameters:
        key = parameter.key
        given = [(point.get(parent), allowed) for parent, allowed in parameter.when]
        if not all(value in (*allowed, LEFT) for value, allowed in given):
            continue
        if key in left and not _fits(parameter.domain, left[key]):
            told = _told(parameter.domain)
            problems.append(f'"{key}": must be {told}, found {left[key]!r:.60}')
        point[key] = left.pop(key, LEFT)
    searched = {parameter.key for parameter in space.parameters}
    for key, value in left.items():
        if key in searched:
            problems.append(f'"{key}": its condition does not hold here')
        elif key not in point or point[key] != value:
            problems.append(f'"{key}": is not searched')
    return problems


def _fits(domain: Domain, value: object) -> bool:
    """Tells whether anything at all is a value of a domain."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return False
    if isinstance(value, str):
        return isinstance(domain, Choices) and value in domain.values
    try:
        return value_in_domain(domain, value) is not None
    except OverflowError:
        return False


def find_enqueued(
    known: Sequence[EnqueuedTrial], params: Mapping[str, Value]
) -> EnqueuedTrial | None:
    """Returns the known configuration that has these parameters, if one has."""
    return next((one for one in known if dict(one.params) == dict(params)), None)


def _checked(
    place: str, table: Mapping[str, object], problems: Problems
) -> dict[str, Value]:
    """Checks the keys and values of a table as in any study."""
    values: dict[str, Value] = {}
    for key, given in table.items():
        if key == NAME:
            continue
        if key not in HYPERPARAMETERS:
            known = suggest(key, [NAME, *HYPERPARAMETERS])
            problems.append(f'{place} "{key}": unknown key; {known}')
            continue
        value = check_value(f'{place} "{key}"', given, HYPERPARAMETERS[key], problems)
        if value is not None:
            values[key] = value
    return values


def _without_effect(
    values: Mapping[str, Value], params: Mapping[str, Value], space: SearchSpace
) -> Iterable[str]:
    """Names keys that say something which this space does not let them say."""
    fixed = dict(space.fixed)
    searched = {parameter.key for parameter in space.parameters}
    for key, value in values.items():
        if key in searched:
            if key not in params and not _is_outside(key, value, space):
                yield f'"{key}": its condition does not hold here; leave it out'
        elif value != fixed.get(key, HYPERPARAMETERS[key].default):
            where = "fixed" if key in fixed else "neither searched nor fixed, so it is"
            told = fixed.get(key, HYPERPARAMETERS[key].default)
            yield f'"{key}": is {where} {told!r}, found {value!r}; search it'


def _is_outside(key: str, value: Value, space: SearchSpace) -> bool:
    """Tells whether a value is missing in its domain, which is told already."""
    (domain,) = (p.domain for p in space.parameters if p.key == key)
    return value_in_domain(domain, value) is None


def _told(domain: Domain) -> str:
    match domain:
        case Choices(values=values):
            return f"one of {', '.join(map(str, values))}"
        case IntRange(low=low, high=high) | FloatRange(low=low, high=high):
            steps = grid_values(domain)
            stepped = f" in steps of {domain.step:g}" if steps and domain.step else ""
            return f"from {low:g} to {high:g}{stepped}"
