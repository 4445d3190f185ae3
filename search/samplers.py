"""Samplers by their names in a study file: one line each."""

import warnings
from collections.abc import Callable
from importlib.util import find_spec

import optuna
from optuna.samplers import BaseSampler

from data_pipeline.errors import StudyError


def _gp(seed: int) -> BaseSampler:
    if find_spec("torch") is None:
        raise StudyError(
            "[search] sampler: gp needs PyTorch, which is not installed; "
            "pip install -e '.[gp]', or take sampler tpe"
        )
    return optuna.samplers.GPSampler(seed=seed)


def _tpe(seed: int) -> BaseSampler:
    return optuna.samplers.TPESampler(seed=seed)


def _random(seed: int) -> BaseSampler:
    return optuna.samplers.RandomSampler(seed=seed)


def _cmaes(seed: int) -> BaseSampler:
    return optuna.samplers.CmaEsSampler(seed=seed, warn_independent_sampling=False)


def _qmc(seed: int) -> BaseSampler:
    return optuna.samplers.QMCSampler(
        seed=seed, scramble=True, warn_independent_sampling=False
    )


SAMPLERS: dict[str, Callable[[int], BaseSampler]] = {
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
    # QMC keeps its place in the sequence in the storage, and needs the same seed.
    shifted = seed if name == "qmc" else seed + trials
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return SAMPLERS[name](shifted)
