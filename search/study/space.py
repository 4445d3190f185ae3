"""A search space: its parameters, their domains and conditions."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from models.config.hyperparameters import HYPERPARAMETERS, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """A closed set of values, in the study file's order."""

    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IntRange:
    """Integers from ``low`` to ``high``, both included."""

    low: int
    high: int
    step: int = 1
    log: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FloatRange:
    """Numbers from ``low`` to ``high``, both included; continuous without ``step``."""

    low: float
    high: float
    step: float | None = None
    log: bool = False


Domain = Choices | IntRange | FloatRange


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One searched key; ``when`` names the values of other keys that activate it."""

    key: str
    domain: Domain
    when: tuple[tuple[str, tuple[Value, ...]], ...] = ()

    def active(self, values: Mapping[str, Value]) -> bool:
        """Checks its conditions on the values of its parents."""
        return all(values.get(key) in allowed for key, allowed in self.when)

    def entry(self) -> list[Value] | dict[str, Any]:
        """Returns the parameter as a study file has it, without defaults."""
        domain = self.domain
        when = {key: list(allowed) for key, allowed in self.when}
        if isinstance(domain, Choices):
            choices = list(domain.values)
            return {"choices": choices, "when": when} if when else choices
        entry: dict[str, Any] = {"low": domain.low, "high": domain.high}
        if domain.step != (1 if isinstance(domain, IntRange) else None):
            entry["step"] = domain.step
        return (
            entry
            | ({"log": True} if domain.log else {})
            | ({"when": when} if when else {})
        )


class Suggests(Protocol):
    """The part of an Optuna trial that a space uses."""

    def suggest_categorical(self, name: str, choices: tuple[Value, ...]) -> Value:
        """Suggests one of the choices."""

    def suggest_int(
        self, name: str, low: int, high: int, *, step: int, log: bool
    ) -> int:
        """Suggests an integer."""

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None, log: bool
    ) -> float:
        """Suggests a number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchSpace:
    """Searched parameters, parents before children, and fixed keys."""

    parameters: tuple[Parameter, ...]
    fixed: tuple[tuple[str, Value], ...] = ()

    def suggest(self, trial: Suggests) -> dict[str, Value]:
        """Suggests every active parameter; returns these and the fixed keys."""
        values: dict[str, Value] = dict(self.fixed)
        for parameter in self.parameters:
            if parameter.active(values):
                values[parameter.key] = _suggest(trial, parameter)
        return values

    def config(self, params: Mapping[str, Value]) -> dict[str, Value]:
        """Adds the fixed keys to a trial's parameters; the inverse of ``params``."""
        return {**dict(self.fixed), **params}

    def params(self, config: Mapping[str, Value]) -> dict[str, Value]:
        """Removes the fixed keys of a configuration; the inverse of ``config``."""
        searched = {parameter.key for parameter in self.parameters}
        return {key: value for key, value in config.items() if key in searched}

    def ends(self, key: str, default: Value) -> tuple[Value, ...]:
        """Returns the values of a key in this space; of a range its two ends.

        ``default`` is among them if the key is absent or its condition may not hold.
        """
        for parameter in self.parameters:
            if parameter.key == key:
                values = _ends(parameter.domain)
                return (*values, default) if parameter.when else values
        return (dict(self.fixed).get(key, default),)

    def highest(self, key: str, default: Value) -> Value:
        """Returns the largest value of a numeric key in this space, as in ``ends``."""
        return max(self.ends(key, default))

    def changed_keys(self) -> set[str]:
        """Lists the keys that are searched, or fixed at a value of their own.

        An exported configuration fixes every key, most at their defaults.
        """
        fixed = {
            key
            for key, value in self.fixed
            if key not in HYPERPARAMETERS or value != HYPERPARAMETERS[key].default
        }
        return fixed | {parameter.key for parameter in self.parameters}

    def parameter_sets(self) -> Iterator[dict[str, Value]]:
        """Yields each parameter set of a grid once, with active keys only."""
        yield from self._walk(0, dict(self.fixed), {})

    def _walk(
        self, index: int, values: dict[str, Value], params: dict[str, Value]
    ) -> Iterator[dict[str, Value]]:
        if index == len(self.parameters):
            yield params
            return
        parameter = self.parameters[index]
        if not parameter.active(values):
            yield from self._walk(index + 1, values, params)
            return
        for value in grid_values(parameter.domain):
            chosen = {parameter.key: value}
            yield from self._walk(index + 1, values | chosen, params | chosen)


def numeric_parameters(
    space: SearchSpace,
) -> Iterator[tuple[str, IntRange | FloatRange]]:
    """Yields each unconditional range and its key, in the study file's order."""
    for parameter in space.parameters:
        domain = parameter.domain
        if isinstance(domain, Choices) or parameter.when:
            continue
        if domain.low < domain.high:
            yield parameter.key, domain


def grid_values(domain: Domain) -> tuple[Value, ...]:
    """Lists the values of a domain; a continuous one has none.

    Example:
        >>> grid_values(FloatRange(low=0.0, high=0.3, step=0.1))
        (0.0, 0.1, 0.2, 0.3)
    """
    match domain:
        case Choices(values=values):
            return values
        case IntRange(low=low, high=high, step=step, log=False):
            return tuple(range(low, high + 1, step))
        case FloatRange(low=low, high=high, step=float(step), log=False):
            count = round((high - low) / step)
            # 15 digits remove rounding errors: 0.1 + 0.1 * 2 is 0.3.
            steps = (float(f"{low + step * index:.15g}") for index in range(count))
            # The last one exactly: -0.008 + 0.009 is not 0.001 in any digits.
            return (*(min(max(value, low), high) for value in steps), high)
        case _:
            return ()


def grid_size(domain: Domain) -> int:
    """Counts ``grid_values`` without listing them."""
    match domain:
        case FloatRange(low=low, high=high, step=float(step), log=False):
            return round((high - low) / step) + 1
        case _:
            return len(grid_values(domain))


def largest_grid(space: SearchSpace) -> int:
    """Returns an upper bound of the parameter sets: as if all keys were active."""
    total = 1
    for parameter in space.parameters:
        total *= grid_size(parameter.domain)
    return total


def _ends(domain: Domain) -> tuple[Value, ...]:
    match domain:
        case Choices(values=values):
            return values
        case IntRange(low=low, high=high) | FloatRange(low=low, high=high):
            return low, high


def _suggest(trial: Suggests, parameter: Parameter) -> Value:
    match parameter.domain:
        case Choices(values=values):
            return trial.suggest_categorical(parameter.key, values)
        case IntRange(low=low, high=high, step=step, log=log):
            return trial.suggest_int(parameter.key, low, high, step=step, log=log)
        case FloatRange(low=low, high=high, step=gap, log=log):
            return trial.suggest_float(parameter.key, low, high, step=gap, log=log)
