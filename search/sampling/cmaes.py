"""CMA-ES without stored state: it is rebuilt from its trials for each proposal.

Optuna's sampler unpickles its state from the storage, so anyone with write access to a
shared storage could run code here.
Source: Hansen 2016, "The CMA Evolution Strategy: A Tutorial".
"""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import cmaes
import numpy as np
from optuna import Study
from optuna._transform import _SearchSpaceTransform as Transform
from optuna.distributions import (
    BaseDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.samplers import BaseSampler, RandomSampler
from optuna.trial import FrozenTrial, TrialState

from search.sampling.objectives import value_of
from search.sampling.parameter_sets import GENERATION
from search.study.space import FloatRange, IntRange, SearchSpace, numeric_parameters

SIGMA = 1 / 6
"""The initial standard deviation as a share of each range, as in Optuna."""


class CmaesSampler(BaseSampler):
    """Optimizes the numeric keys that every trial has; samples all others."""

    def __init__(self, space: SearchSpace, *, seed: int) -> None:
        """Prepares one proposal; ``seed`` differs for each proposal of a run."""
        self._movable = {
            key: _distribution(domain) for key, domain in numeric_parameters(space)
        }
        self._seed = seed
        self._random = RandomSampler(seed=seed)

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Returns the optimized keys, the same from the first trial on."""
        del study, trial
        return dict(self._movable)

    def sample_relative(
        self,
        study: Study,
        trial: FrozenTrial,
        search_space: dict[str, BaseDistribution],
    ) -> dict[str, Any]:
        """Proposes the optimized keys."""
        if not search_space:
            return {}
        transform = Transform(search_space, transform_0_1=True)
        completed = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        optimizer = _rebuilt(completed, transform, search_space)
        study._storage.set_trial_user_attr(  # noqa: SLF001 - samplers have no other way
            trial._trial_id,  # noqa: SLF001
            GENERATION,
            optimizer.generation,
        )
        optimizer.reseed_rng(self._seed)
        return dict(transform.untransform(optimizer.ask()))

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Samples a choice or a conditional key."""
        return self._random.sample_independent(
            study, trial, param_name, param_distribution
        )


def _rebuilt(
    completed: Sequence[FrozenTrial],
    transform: Transform,
    search_space: Mapping[str, BaseDistribution],
) -> cmaes.CMA:
    """Builds the optimizer and tells it each complete generation."""
    bounds = transform.bounds
    optimizer = cmaes.CMA(
        mean=bounds.mean(axis=1),
        sigma=float(np.min(bounds[:, 1] - bounds[:, 0])) * SIGMA,
        bounds=bounds,
        seed=0,  # reseeded before it draws
        n_max_resampling=10 * len(bounds),
    )
    own = [trial for trial in completed if search_space.keys() <= trial.params.keys()]
    for generation in itertools.count():
        members = [t for t in own if t.user_attrs.get(GENERATION) == generation]
        if len(members) < optimizer.population_size:
            return optimizer
        optimizer.tell(
            [
                (
                    transform.transform(_of(trial, search_space)),
                    -float(value_of(trial) or 0),
                )
                for trial in members[: optimizer.population_size]
            ]
        )
    raise AssertionError


def _of(trial: FrozenTrial, keys: Mapping[str, Any]) -> dict[str, Any]:
    return {key: trial.params[key] for key in keys}


def _distribution(domain: IntRange | FloatRange) -> BaseDistribution:
    """Converts a range; equal to the distribution that the trial suggests."""
    if isinstance(domain, IntRange):
        return IntDistribution(
            domain.low, domain.high, log=domain.log, step=domain.step
        )
    return FloatDistribution(domain.low, domain.high, log=domain.log, step=domain.step)
