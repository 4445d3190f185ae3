"""Samplers of OptunaHub, loaded by name when a search starts.

OptunaHub downloads a sampler's code once and keeps it in its own cache.
"""

import functools
import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

from optuna.samplers import BaseSampler

from data_pipeline.system.errors import StudyError, first_line
from search.sampling.samplers import SamplerContext
from search.study.algorithms import HUB


def hub_sampler(context: SamplerContext) -> BaseSampler:
    """Builds a sampler of OptunaHub, with the trial's seed if it takes one."""
    name = context.name
    kind = _sampler_class(name.removeprefix(HUB))
    try:
        seeded = "seed" in inspect.signature(kind).parameters
        sampler: BaseSampler = kind(seed=context.trial_seed) if seeded else kind()
    except Exception as error:  # code of others may raise anything
        raise _cannot("be built", name, error) from error
    return sampler


@functools.cache  # loading runs the module again
def _sampler_class(package: str) -> Callable[..., BaseSampler]:
    import optunahub  # noqa: PLC0415 - an optional package

    try:
        module = optunahub.load_module(f"samplers/{package}")
    except Exception as error:  # Git, network and the module itself
        raise _cannot("be loaded", HUB + package, error) from error
    for kind in _public(module):
        if isinstance(kind, type) and issubclass(kind, BaseSampler):
            return kind
    raise _cannot("be used", HUB + package, TypeError("it has no sampler class"))


def _public(module: ModuleType) -> list[Any]:
    """Lists what a module offers, without what it imported of Optuna."""
    names = getattr(module, "__all__", None) or vars(module)
    found = (getattr(module, name, None) for name in names)
    return [one for one in found if not _module_of(one).startswith("optuna.")]


def _module_of(kind: Any) -> str:
    return str(getattr(kind, "__module__", ""))


def _cannot(what: str, name: str, error: Exception) -> StudyError:
    kind = type(error).__name__
    return StudyError(
        f"[search] sampler: {name} cannot {what} ({kind}: {first_line(error)}); check "
        "the network and the name, the last part of its address samplers/NAME at "
        "hub.optuna.org, or use sampler bohb"
    )
