"""Parses ``[fixed]`` and ``[space]`` into a space, and collects every problem."""

from collections.abc import Callable, Mapping
from functools import partial

from data_pipeline.own_code.named_code import is_own
from data_pipeline.system.errors import suggest
from models.config.backbone_catalogue import BACKBONES, OWN_BACKBONE
from models.config.backbone_sizes import is_own_size, own_size
from models.config.hyperparameters import HYPERPARAMETERS, Hyperparameter, Value
from search.study.distributions import Problems, check_value, read_choices, read_range
from search.study.space import Choices, Parameter, SearchSpace

RANGE_KEYS = frozenset({"low", "high", "step", "log", "when"})
CHOICE_KEYS = frozenset({"choices", "when"})

SettingOf = Callable[[str, str, object], Hyperparameter | None]
"""Place, key and values to what the key may be; adds a problem if there is no such."""


def read_space(
    fixed: Mapping[str, object], space: Mapping[str, object]
) -> tuple[SearchSpace, Problems]:
    """Parses both sections; returns a space of the valid parameters, and the problems.

    ``space`` maps a key to a list of choices or to a table of a range or choices.
    """
    problems = Problems()
    setting_of = partial(_setting, problems, _has_own_backbone(fixed, space))
    constants: list[tuple[str, Value]] = []
    for key, value in fixed.items():
        place = f'[fixed] "{key}"'
        if key in space:
            problems.append(f"{place}: a key is fixed or searched, not both")
        setting = setting_of(place, key, value)
        if setting is not None:
            checked = check_value(place, value, setting, problems)
            if checked is not None:
                constants.append((key, checked))
    parameters = [
        parameter
        for key, entry in space.items()
        if (parameter := _parameter(key, entry, problems, setting_of)) is not None
    ]
    # Invalid keys count as named, so that their children cause no second problem.
    ordered = _parents_first(parameters, {*fixed, *space}, problems)
    built = SearchSpace(parameters=ordered, fixed=tuple(constants))
    return _without_dead(built), problems


def _has_own_backbone(fixed: Mapping[str, object], space: Mapping[str, object]) -> bool:
    """Whether a backbone of a study, whose values are not checked yet, is own code."""
    entry = fixed.get("backbone.name", space.get("backbone.name"))
    names = entry.get("choices") if isinstance(entry, dict) else entry
    return any(
        isinstance(name, str) and name not in BACKBONES and is_own(OWN_BACKBONE, name)
        for name in (names if isinstance(names, list) else [names])
    )


def _setting(
    problems: Problems, has_own_backbone: bool, place: str, key: str, values: object
) -> Hyperparameter | None:
    if key in HYPERPARAMETERS:
        return HYPERPARAMETERS[key]
    if has_own_backbone and is_own_size(key):
        return own_size(values)
    if any(name.startswith(f"{key}.") for name in HYPERPARAMETERS):
        problems.append(
            f"{place}: is the first half of a key; quote the whole key, for example "
            f'"{next(k for k in HYPERPARAMETERS if k.startswith(f"{key}."))}"'
        )
    else:
        problems.append(f"{place}: unknown key; {suggest(key, list(HYPERPARAMETERS))}")
    return None


def _parameter(
    key: str, entry: object, problems: Problems, setting_of: SettingOf
) -> Parameter | None:
    place = f'[space] "{key}"'
    setting = setting_of(place, key, entry)
    if setting is None:
        return None
    table = {"choices": entry} if isinstance(entry, list) else entry
    if not isinstance(table, dict):
        problems.append(
            f"{place}: must be a list of choices or a table with low and high, found "
            f"{entry!r}; a single value belongs in [fixed]"
        )
        return None
    allowed = CHOICE_KEYS if "choices" in table else RANGE_KEYS
    for unknown in sorted(set(table) - allowed):
        problems.append(
            f"{place}: unknown key {unknown!r}; {suggest(unknown, sorted(allowed))}"
        )
        return None
    domain = (
        read_choices(place, table["choices"], setting, problems)
        if "choices" in table
        else read_range(place, table, setting, problems)
    )
    when = _when(place, table.get("when", {}), problems, setting_of)
    return None if domain is None else Parameter(key=key, domain=domain, when=when)


def _when(
    place: str, when: object, problems: Problems, setting_of: SettingOf
) -> tuple[tuple[str, tuple[Value, ...]], ...]:
    if not isinstance(when, dict):
        problems.append(f"{place} when: must be a table of key to list, found {when!r}")
        return ()
    conditions: list[tuple[str, tuple[Value, ...]]] = []
    for key, values in when.items():
        inner = f'{place} when "{key}"'
        setting = setting_of(inner, key, values)
        if setting is not None:
            domain = read_choices(inner, values, setting, problems)
            if domain is not None:
                conditions.append((key, domain.values))
    return tuple(conditions)


def _parents_first(
    parameters: list[Parameter], named: set[str], problems: Problems
) -> tuple[Parameter, ...]:
    """Orders parents before children, otherwise as in the file."""
    waiting, placed = list(parameters), dict[str, Parameter]()
    for parameter in parameters:
        for key, _ in parameter.when:
            if key not in named:
                problems.append(
                    f'[space] "{parameter.key}" when "{key}": the key is neither in '
                    "[fixed] nor in [space], so the condition never holds"
                )
    searched = {parameter.key for parameter in parameters}
    while waiting:
        ready = [
            p
            for p in waiting
            if all(key in placed or key not in searched for key, _ in p.when)
        ]
        if not ready:
            keys = ", ".join(p.key for p in waiting)
            problems.append(f"[space]: conditions form a cycle: {keys}")
            break
        placed[ready[0].key] = ready[0]
        waiting.remove(ready[0])
    return tuple(placed.values())


def _without_dead(space: SearchSpace) -> SearchSpace:
    """Drops parameters whose condition cannot hold, for example after ``--set``."""
    # Possible values of a key; None for a range, which may meet any condition.
    reachable: dict[str, set[Value] | None] = {k: {v} for k, v in space.fixed}
    kept: list[Parameter] = []
    for parameter in space.parameters:
        if not all(_can_hold(reachable, *condition) for condition in parameter.when):
            continue
        kept.append(parameter)
        domain = parameter.domain
        reachable[parameter.key] = (
            set(domain.values) if isinstance(domain, Choices) else None
        )
    return SearchSpace(parameters=tuple(kept), fixed=space.fixed)


def _can_hold(
    reachable: Mapping[str, set[Value] | None], key: str, allowed: tuple[Value, ...]
) -> bool:
    if key not in reachable:
        return False
    values = reachable[key]
    return values is None or not values.isdisjoint(allowed)
