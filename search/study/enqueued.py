"""Enqueued trials: configurations to try first, with which the result is compared."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from data_pipeline.system.errors import suggest
from models.config.backbone_sizes import own_size
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

SAMPLED = object()
"""Stands for a value that a sampler will choose."""

ROUNDING = 1e-8
"""Maximum distance of a number from a grid value, as a share of the step."""


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
    """The trials of ``[[search.enqueue]]``.

    ``outside`` maps the number of a table, from 1, to why it is outside the space.
    """

    trials: tuple[EnqueuedTrial, ...] = ()
    outside: Mapping[int, tuple[str, ...]]


def read_enqueued(
    tables: Iterable[Mapping[str, object]], space: SearchSpace, problems: Problems
) -> Enqueued:
    """Reads ``[[search.enqueue]]``; a searched key that is not named has its default.

    ``problems`` receives what is wrong in every space.
    """
    trials: list[EnqueuedTrial] = []
    outside: dict[int, tuple[str, ...]] = {}
    named: set[str] = set()
    for number, table in enumerate(tables, start=1):
        name = table.get(NAME, f"enqueued {number}")
        place = f"[[search.enqueue]] {number} ({name})"
        if not _is_name(name) or name in named:
            problems.append(
                f"[[search.enqueue]] {number} name: must be a unique text of "
                f"printable characters, found {name!r}"
            )
        named.add(str(name))
        values = _checked(place, table, space, problems)
        params, why = params_in_space(values, space)
        why = [*why, *_without_effect(values, params, space)]
        if why:
            outside[number] = tuple(f"{place} {text}" for text in why)
        else:
            trials.append(EnqueuedTrial(name=str(name), params=params))
    return Enqueued(trials=tuple(trials), outside=outside)


def _is_name(name: object) -> bool:
    return isinstance(name, str) and bool(name.strip()) and name.isprintable()


def params_in_space(
    values: Mapping[str, Value], space: SearchSpace
) -> tuple[dict[str, Value], list[str]]:
    """Returns a configuration's parameters in a space, and its values outside.

    A missing searched key takes its default; keys that are not searched are ignored.
    """
    config, params = dict(space.fixed), dict[str, Value]()
    problems: list[str] = []
    for parameter in space.parameters:
        if not parameter.active(config):
            continue
        key = parameter.key
        value = values.get(key, _default(key))
        if value is None:
            problems.append(f'"{key}": has no default here; name its value')
            continue
        inside = value_in_domain(parameter.domain, value)
        config[key] = value if inside is None else inside
        if inside is not None:
            params[key] = inside
            continue
        found = f"{value!r}" if key in values else f"not named, so {value!r}"
        rule = _describe(parameter.domain)
        problems.append(f'"{key}": must be {rule}, found {found}')
    return params, problems


def value_in_domain(domain: Domain, value: Value) -> Value | None:
    """Returns the domain's own spelling of a value, or ``None`` if it is outside.

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
    """Lists why another program's parameters do not fit; missing keys are sampled."""
    config: dict[str, object] = dict(space.fixed)
    problems: list[str] = []
    left = dict(params)
    for parameter in space.parameters:
        key = parameter.key
        given = [(config.get(parent), allowed) for parent, allowed in parameter.when]
        if not all(value in (*allowed, SAMPLED) for value, allowed in given):
            continue
        if key in left and not _fits(parameter.domain, left[key]):
            rule = _describe(parameter.domain)
            problems.append(f'"{key}": must be {rule}, found {left[key]!r:.60}')
        config[key] = left.pop(key, SAMPLED)
    searched = {parameter.key for parameter in space.parameters}
    for key, value in left.items():
        if key in searched:
            problems.append(f'"{key}": its condition does not hold here')
        elif key not in config or config[key] != value:
            problems.append(f'"{key}": is not searched')
    return problems


def _fits(domain: Domain, value: object) -> bool:
    """Checks an object of any type."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return False
    if isinstance(value, str):
        return isinstance(domain, Choices) and value in domain.values
    try:
        return value_in_domain(domain, value) is not None
    except OverflowError:
        return False


def find_enqueued(
    trials: Sequence[EnqueuedTrial], params: Mapping[str, Value]
) -> EnqueuedTrial | None:
    """Returns the enqueued trial with these parameters, if any."""
    return next((one for one in trials if dict(one.params) == dict(params)), None)


def _default(key: str) -> Value | None:
    """Returns a key's default; an own backbone knows those of its sizes itself."""
    return HYPERPARAMETERS[key].default if key in HYPERPARAMETERS else None


def _checked(
    place: str, table: Mapping[str, object], space: SearchSpace, problems: Problems
) -> dict[str, Value]:
    """Validates keys and values as in ``[fixed]``."""
    values: dict[str, Value] = {}
    sizes = {parameter.key for parameter in space.parameters} | dict(space.fixed).keys()
    for key, given in table.items():
        if key == NAME:
            continue
        if key not in HYPERPARAMETERS and key not in sizes:
            hint = suggest(key, [NAME, *HYPERPARAMETERS])
            problems.append(f'{place} "{key}": unknown key; {hint}')
            continue
        setting = HYPERPARAMETERS.get(key) or own_size(given)
        value = check_value(f'{place} "{key}"', given, setting, problems)
        if value is not None:
            values[key] = value
    return values


def _without_effect(
    values: Mapping[str, Value], params: Mapping[str, Value], space: SearchSpace
) -> Iterable[str]:
    """Names keys whose value cannot have an effect in this space."""
    fixed = dict(space.fixed)
    searched = {parameter.key for parameter in space.parameters}
    for key, value in values.items():
        if key in searched:
            if key not in params and not _is_outside(key, value, space):
                yield f'"{key}": its condition does not hold here; leave it out'
        elif value != fixed.get(key, _default(key)):
            where = "fixed to" if key in fixed else "not searched; its default is"
            held = fixed.get(key, _default(key))
            yield f'"{key}": is {where} {held!r}, found {value!r}; add it to [space]'


def _is_outside(key: str, value: Value, space: SearchSpace) -> bool:
    """Checks for a value outside its domain, which is already a problem."""
    (domain,) = (p.domain for p in space.parameters if p.key == key)
    return value_in_domain(domain, value) is None


def _describe(domain: Domain) -> str:
    match domain:
        case Choices(values=values):
            return f"one of {', '.join(map(str, values))}"
        case IntRange(low=low, high=high) | FloatRange(low=low, high=high):
            steps = grid_values(domain)
            stepped = f" in steps of {domain.step:g}" if steps and domain.step else ""
            return f"from {low:g} to {high:g}{stepped}"
