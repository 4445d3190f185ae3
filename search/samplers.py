"""Samplers by their names in a study file: one line each."""

import warnings
from collections.abc import Callable
from importlib.util import find_spec

import optuna
from optuna.samplers import BaseSampler

from data_pipeline.errors import StudyError


def _gp(fresh: int, _: int) -> BaseSampler:
    if find_spec("torch") is None:
        raise StudyError(
            "[search] sampler: gp needs PyTorch, which is not installed; "
            "pip install -e '.[gp]', or take sampler tpe"
        )
    return optuna.samplers.GPSampler(seed=fresh)


def _tpe(fresh: int, _: int) -> BaseSampler:
    return optuna.samplers.TPESampler(seed=fresh)


def _random(fresh: int, _: int) -> BaseSampler:
    return optuna.samplers.RandomSampler(seed=fresh)


def _cmaes(fresh: int, _: int) -> BaseSampler:
    return optuna.samplers.CmaEsSampler(seed=fresh, warn_independent_sampling=False)


def _qmc(fresh: int, seed: int) -> BaseSampler:
    # The sequence keeps its place in the storage, and needs the same seed for ever;
    # the sampler of its first point and of conditional parameters keeps none.
    return optuna.samplers.QMCSampler(
        seed=seed,
        scramble=True,
        independent_sampler=optuna.samplers.RandomSampler(seed=fresh),
        warn_independent_sampling=False,
    )


# Each takes a seed that no earlier start of the run had, and the study's seed.
SAMPLERS: dict[str, Callable[[int, int], BaseSampler]] = {
    "tpe": _tpe,
    "random": _random,
    "gp": _gp,
    "cmaes": _cmaes,
    "qmc": _qmc,
    # The ledger walks the grid itself; nothing is left for a sampler to decide.
    "grid": _random,
}


def build_sampler(name: str, *, seed: int, trials: int) -> BaseSampler:
    """Builds a sampler that does not repeat itself when a run goes on.

    Args:
        name: a key of ``SAMPLERS``.
        seed: the study's seed.
        trials: how many trials the storage holds already; a sampler seeded alike
            would propose its first points again.

    Raises:
        StudyError: the sampler needs a package that is not installed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return SAMPLERS[name](seed + trials, seed)
