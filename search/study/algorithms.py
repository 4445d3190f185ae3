"""The registries of samplers and pruners: one line adds one to every study file.

A line names the code, which is loaded when a search starts: an error in a study file is
reported without loading Optuna.
"""

import pkgutil
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from data_pipeline.own_code.named_code import Kind, is_own, load, unusable
from data_pipeline.system.errors import StudyError
from search.study.space import SearchSpace, grid_size, largest_grid, numeric_parameters

LARGEST_GRID = 100_000

DOMINATED = "dominated"
"""The pruner that compares trials in all objectives."""


def _grid_problems(space: SearchSpace) -> Iterator[str]:
    for parameter in space.parameters:
        if not grid_size(parameter.domain):
            yield (
                f'[space] "{parameter.key}": sampler grid needs choices or a step, '
                "found a continuous range"
            )
    if largest_grid(space) > LARGEST_GRID:
        yield (
            f"[space]: sampler grid takes at most {LARGEST_GRID} parameter sets, found "
            f"up to {largest_grid(space)}; narrow the space or use sampler bohb"
        )


def _cmaes_problems(space: SearchSpace) -> Iterator[str]:
    if space.parameters and not any(numeric_parameters(space)):
        names = ", ".join(parameter.key for parameter in space.parameters)
        yield (
            "[search] sampler: cmaes needs a range of numbers without a condition, and "
            f"this space has none, found {names}; use sampler bohb"
        )


def _cmaes_notes(space: SearchSpace) -> Iterator[str]:
    moved = len(list(numeric_parameters(space)))
    searched = len(space.parameters)
    if moved < searched:
        yield (
            f"sampler cmaes samples {searched - moved} of {searched} keys at random, "
            "because it optimizes only numbers without a condition; bohb learns all"
        )


def _nothing(_: SearchSpace) -> Iterable[str]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampler:
    """One sampler.

    ``factory`` is ``module:name`` of a ``Callable[[SamplerContext], BaseSampler]``;
    ``package`` is the module, name and extra of an optional dependency. ``problems``
    refuses spaces, ``notes`` informs about them. With ``walks_grid`` the ledger
    enqueues every parameter set of the space in turn. ``several`` tells whether it
    takes several objectives; what other people's code takes is theirs.
    """

    factory: str
    package: tuple[str, str, str] | None = None
    problems: Callable[[SearchSpace], Iterable[str]] = _nothing
    notes: Callable[[SearchSpace], Iterable[str]] = _nothing
    walks_grid: bool = False
    several: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruner:
    """One pruner, which needs ``min_folds`` folds for the reason ``why``.

    ``several`` tells whether it compares several objectives. ``factory`` is
    ``module:name`` of a ``Callable[[Steps], BasePruner]``.
    """

    factory: str
    min_folds: int = 1
    why: str = ""
    several: bool = True


_SAMPLING, _PRUNING = "search.sampling.samplers", "search.ledger.pruners"

SAMPLERS: dict[str, Sampler] = {
    "bohb": Sampler(factory="search.sampling.bohb:BohbSampler"),
    "tpe": Sampler(factory=f"{_SAMPLING}:tpe", several=False),
    "random": Sampler(factory=f"{_SAMPLING}:random"),
    "gp": Sampler(
        factory=f"{_SAMPLING}:gp", package=("torch", "PyTorch", "gp"), several=False
    ),
    "cmaes": Sampler(
        factory=f"{_SAMPLING}:cmaes",
        problems=_cmaes_problems,
        notes=_cmaes_notes,
        several=False,
    ),
    "qmc": Sampler(factory=f"{_SAMPLING}:OrdinalQmcSampler"),
    "grid": Sampler(
        factory=f"{_SAMPLING}:random", problems=_grid_problems, walks_grid=True
    ),
}

_MUST = "code that takes one argument and returns an Optuna"
OWN_SAMPLER = Kind(
    group="samplers", key="[search] sampler", must=f"{_MUST} BaseSampler"
)
OWN_PRUNER = Kind(group="pruners", key="[search] pruner", must=f"{_MUST} BasePruner")

HUB = "optunahub:"
"""Prefix of a sampler of OptunaHub; its name follows."""

_HUB_SAMPLER = Sampler(
    factory="search.sampling.hub:hub_sampler",
    package=("optunahub", "OptunaHub", "hub"),
)

PRUNERS: dict[str, Pruner] = {
    "hyperband": Pruner(factory=f"{_PRUNING}:RungHyperbandPruner", several=False),
    "successive_halving": Pruner(
        factory=f"{_PRUNING}:RungHalvingPruner", several=False
    ),
    "median": Pruner(factory=f"{_PRUNING}:SameShareMedianPruner", several=False),
    "wilcoxon": Pruner(
        factory=f"{_PRUNING}:FoldWilcoxonPruner",
        min_folds=3,
        why="pairs at least two finished folds",
        several=False,
    ),
    DOMINATED: Pruner(factory=f"{_PRUNING}:DominatedPruner"),
    "none": Pruner(factory=f"{_PRUNING}:NeverPruner"),
}


def is_sampler(name: str) -> bool:
    """Checks whether a name, not registered, may be that of a sampler."""
    return is_hub_name(name) or is_own(OWN_SAMPLER, name)


def is_pruner(name: str) -> bool:
    """Checks whether a name, not registered, may be that of a pruner."""
    return not is_hub_name(name) and is_own(OWN_PRUNER, name)


def is_hub_name(name: str) -> bool:
    """Checks whether a sampler's name is that of one of OptunaHub."""
    return re.fullmatch(rf"{HUB}[A-Za-z0-9_]+", name) is not None


def sampler_of(name: str) -> Sampler:
    """Returns a registered sampler, one of OptunaHub, or the user's own code."""
    if is_hub_name(name):
        return _HUB_SAMPLER
    return SAMPLERS[name] if name in SAMPLERS else Sampler(factory=name)


def pruner_of(name: str) -> Pruner:
    """Returns a registered pruner, or the user's own code."""
    return PRUNERS[name] if name in PRUNERS else Pruner(factory=name)


def load_factory(algorithm: Sampler | Pruner) -> Callable[..., Any]:
    """Imports the code of a registered sampler or pruner."""
    factory: Callable[..., Any] = pkgutil.resolve_name(algorithm.factory)
    return factory


def build(own: Kind, name: str, argument: Any, kind: type[Any]) -> Any:
    """Builds the user's own sampler or pruner, code ``name``, of one argument.

    Raises ``StudyError`` where it cannot be imported, fails, or makes another kind of
    object.
    """
    factory = load(own, name)
    try:
        made = factory(argument)
    except Exception as error:  # code of others may raise anything
        raise unusable(own, name, error) from error
    if not isinstance(made, kind):
        raise unusable(own, name, f"it made an object of {type(made).__name__}")
    return made


def check_installed(name: str) -> None:
    """Raises ``StudyError`` if the optional package of a sampler is not installed."""
    module, package, extra = sampler_of(name).package or ("sys", "", "")
    if find_spec(module) is None:
        raise StudyError(
            f"[search] sampler: {name} needs {package}, which is not installed; "
            f"pip install -e '.[{extra}]', or use sampler bohb"
        )


def pruner_problems(name: str, folds: int) -> Iterator[str]:
    """Yields a message if a study has too few folds for its pruner."""
    pruner = pruner_of(name)
    if folds < pruner.min_folds:
        yield (
            f"[search] pruner: {name} {pruner.why}, so it needs [split] folds of "
            f"{pruner.min_folds} or more, found {folds}; use median"
        )


def pareto_problems(sampler: str, pruner: str) -> Iterator[str]:
    """Yields a message for a sampler or pruner that knows one objective only."""
    if not sampler_of(sampler).several:
        names = ", ".join(name for name, row in SAMPLERS.items() if row.several)
        yield (
            f"[search] sampler: {sampler} takes one objective, and [objective] mode is "
            f'"pareto"; use one of {names}'
        )
    if not pruner_of(pruner).several:
        yield (
            f"[search] pruner: {pruner} compares one value, and [objective] mode is "
            f'"pareto"; use {DOMINATED} or none'
        )
