"""Samplers by their names in a study file: one line each.

A sampler proposes one trial, and is built from the study and the trial's ordinal. It
keeps no state of its own, so a kill changes no proposal.
"""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler

from data_pipeline.system.seeds import child_seed
from search.sampling.cmaes import CmaesSampler
from search.sampling.packages import check_sampler
from search.study.space import SearchSpace, numeric_parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplerContext:
    """What a sampler is built from.

    ``seed`` is the study's; ``fresh`` is derived from it and the ``ordinal`` of the
    trial, so that no two trials draw the same numbers.
    """

    space: SearchSpace
    seed: int
    ordinal: int

    @property
    def fresh(self) -> int:
        """The seed of this trial alone."""
        return child_seed(self.seed, "sampler", self.ordinal)


def _gp(turn: SamplerContext) -> BaseSampler:
    check_sampler("gp")
    return optuna.samplers.GPSampler(seed=turn.fresh)


def _tpe(turn: SamplerContext) -> BaseSampler:
    return optuna.samplers.TPESampler(seed=turn.fresh)


def _random(turn: SamplerContext) -> BaseSampler:
    return optuna.samplers.RandomSampler(seed=turn.fresh)


def _cmaes(turn: SamplerContext) -> BaseSampler:
    return CmaesSampler(turn.space, seed=turn.fresh)


class _PlacedQmc(optuna.samplers.QMCSampler):
    """Takes its place in the sequence from the ordinal.

    Optuna counts the places in the storage, where a kill after the count leaves one
    out.
    """

    def __init__(self, turn: SamplerContext) -> None:
        super().__init__(
            # The sequence needs the same seed for ever; first and conditional
            # parameters, which are no part of it, need a new one for each trial.
            seed=turn.seed,
            scramble=True,
            independent_sampler=optuna.samplers.RandomSampler(seed=turn.fresh),
            warn_independent_sampling=False,
        )
        self._place = turn.ordinal

    def _find_sample_id(
        self, study: optuna.Study, search_space: dict[str, BaseDistribution]
    ) -> int:
        del study, search_space
        return self._place


SAMPLERS: dict[str, Callable[[SamplerContext], BaseSampler]] = {
    "tpe": _tpe,
    "random": _random,
    "gp": _gp,
    "cmaes": _cmaes,
    "qmc": _PlacedQmc,
    # The ledger walks the grid itself; nothing is left for a sampler to decide.
    "grid": _random,
}


def build_sampler(
    name: str, *, seed: int, ordinal: int, space: SearchSpace
) -> BaseSampler:
    """Builds the sampler of one trial.

    Args:
        name: a key of ``SAMPLERS``.
        seed: the study's seed.
        ordinal: how many trials were asked before.
        space: of the study.

    Raises:
        StudyError: the sampler needs a package that is not installed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return SAMPLERS[name](SamplerContext(space=space, seed=seed, ordinal=ordinal))


def sampler_notes(name: str, space: SearchSpace) -> Iterator[str]:
    """Says what a sampler leaves to chance in a space."""
    moved = len(list(numeric_parameters(space)))
    searched = len(space.parameters)
    if name == "cmaes" and moved < searched:
        yield (
            f"sampler cmaes draws {searched - moved} of {searched} keys at random: it "
            "moves numbers alone, and no key with a condition; tpe learns from all"
        )
