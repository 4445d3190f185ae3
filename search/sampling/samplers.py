"""Builds the samplers that ``search.study.algorithms`` registers.

A sampler proposes one trial, and is built from the study and the trial's ordinal. It
keeps no state of its own, so a kill changes no proposal.
"""

import warnings
from dataclasses import dataclass, field

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler

from data_pipeline.system.seeds import child_seed
from search.sampling.rungs import Steps, steps_of
from search.sampling.trial_table import TrialTable
from search.study.algorithms import (
    OWN_SAMPLER,
    SAMPLERS,
    build,
    check_installed,
    is_hub_name,
    load_factory,
    sampler_of,
)
from search.study.space import SearchSpace
from search.study.study import Study


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplerContext:
    """What a sampler is built from; ``ordinal`` counts the trials started before.

    ``kept`` is the same for all samplers of a run: a ``TrialTable`` there is what they
    would read from the trials, so that it changes no proposal.
    """

    name: str
    space: SearchSpace
    steps: Steps
    seed: int
    ordinal: int
    kept: dict[str, TrialTable] = field(default_factory=dict, compare=False)

    @property
    def trial_seed(self) -> int:
        """A seed of this trial alone, so that no two trials draw the same numbers."""
        return child_seed(self.seed, "sampler", self.ordinal)


def gp(context: SamplerContext) -> BaseSampler:
    """Gaussian processes."""
    return optuna.samplers.GPSampler(seed=context.trial_seed)


def tpe(context: SamplerContext) -> BaseSampler:
    """Tree-structured Parzen estimators."""
    return optuna.samplers.TPESampler(seed=context.trial_seed)


def random(context: SamplerContext) -> BaseSampler:
    """Independent random values."""
    return optuna.samplers.RandomSampler(seed=context.trial_seed)


def cmaes(context: SamplerContext) -> BaseSampler:
    """CMA-ES over the unconditional numbers."""
    # Loads SciPy's distributions, which takes a second.
    from search.sampling.cmaes import CmaesSampler  # noqa: PLC0415

    return CmaesSampler(context.space, seed=context.trial_seed)


class OrdinalQmcSampler(optuna.samplers.QMCSampler):
    """A Sobol sequence, indexed by the ordinal.

    Optuna stores the index, and skips one if a kill follows its storage.
    """

    def __init__(self, context: SamplerContext) -> None:
        """Continues the sequence of the study's seed."""
        super().__init__(
            # All trials need the same sequence. The first trial and conditional keys,
            # which are not part of it, need new random values each.
            seed=context.seed,
            scramble=True,
            independent_sampler=optuna.samplers.RandomSampler(seed=context.trial_seed),
            warn_independent_sampling=False,
        )
        self._ordinal = context.ordinal

    def _find_sample_id(
        self, study: optuna.Study, search_space: dict[str, BaseDistribution]
    ) -> int:
        del study, search_space
        return self._ordinal


def build_sampler(
    study: Study, *, ordinal: int, kept: dict[str, TrialTable] | None = None
) -> BaseSampler:
    """Builds the sampler of a study's trial, before which ``ordinal`` were started."""
    name = study.search.sampler
    check_installed(name)
    context = SamplerContext(
        name=name,
        space=study.space,
        steps=steps_of(study),
        seed=study.sampler_seed,
        ordinal=ordinal,
        kept={} if kept is None else kept,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        if name in SAMPLERS or is_hub_name(name):
            sampler: BaseSampler = load_factory(sampler_of(name))(context)
        else:
            sampler = build(OWN_SAMPLER, name, context, BaseSampler)
    return sampler
