"""BOHB: TPE that learns from the highest rung with enough trials.

TPE alone ranks pruned trials by how far they came, so that with early rungs it learns
little from most trials.
Source: Falkner et al. 2018, "BOHB: Robust and Efficient Hyperparameter Optimization
at Scale".
"""

from collections.abc import Container, Iterable
from copy import copy
from copy import deepcopy as copied
from typing import Any, cast

import optuna
from optuna import Study
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.trial import FrozenTrial, TrialState

from search.sampling.ended_trials import EndedTrials, values_at_level
from search.sampling.samplers import SamplerContext

RANDOM_EVERY = 3
"""One proposal in so many is random, whatever has been learned."""

MORE_THAN_KEYS = 2
"""A rung is learned from when it has so many more trials than keys are searched."""


class BohbSampler(BaseSampler):
    """Proposes one trial, by TPE over one rung or at random."""

    def __init__(self, context: SamplerContext) -> None:
        """Prepares one proposal; the next one reads only the trials ended since."""
        self._steps = context.steps
        self._needed = len(context.space.parameters) + MORE_THAN_KEYS
        self._is_random = context.ordinal % RANDOM_EVERY == RANDOM_EVERY - 1
        self._random = RandomSampler(seed=context.trial_seed)
        self._tpe = TPESampler(seed=context.trial_seed, n_startup_trials=0)
        self._view: Study | None = None
        ended = context.kept.setdefault("bohb", EndedTrials(context.steps))
        self._ended = cast("EndedTrials", ended)

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Returns the keys that every trial of the rung has."""
        del trial
        self._view = None if self._is_random else self._rung_view(study)
        if self._view is None:
            return {}
        return _shared(self._view.get_trials(deepcopy=False))

    def sample_relative(
        self,
        study: Study,
        trial: FrozenTrial,
        search_space: dict[str, BaseDistribution],
    ) -> dict[str, Any]:
        """Proposes the keys that every trial of the rung has."""
        del study
        if self._view is None:
            return {}
        return self._tpe.sample_relative(self._view, trial, search_space)

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Proposes a conditional key from the trials of the rung that have it."""
        if self._view is None:
            return self._random.sample_independent(
                study, trial, param_name, param_distribution
            )
        return self._tpe.sample_independent(
            self._view, trial, param_name, param_distribution
        )

    def _rung_view(self, study: Study) -> "RungView | None":
        """Shows the trials that reached a rung, each completed with its value there.

        Running ones that will, and infeasible ones, are shown as running: TPE keeps
        away from these without counting them. Its number of good trials is a share of
        those that it counts, and must not grow with trials that diverged: where they
        outnumbered the others, it took almost every trial of the rung for a good one.
        """
        trials = study.get_trials(deepcopy=False)
        self._ended.update(trials)
        running = [trials[place] for place in sorted(self._ended.unfinished)]
        running = [trial for trial in running if trial.state == TrialState.RUNNING]
        final = len(self._steps.rungs)
        for level in reversed(range(final + 1)):
            may = () if level == final else running
            now = [(one, values_at_level(self._steps, one, level)) for one in may]
            reached = [*self._ended.reached(level), *now]
            found = [_completed(one, values) for one, values in reached if values]
            if len(found) >= self._needed:
                numbers = {trial.number for trial in found}
                others = (trial for trial in running if trial.number not in numbers)
                avoided = map(_avoided, self._ended.avoided())
                shown = [*found, *others, *avoided]
                return RungView(study, sorted(shown, key=lambda trial: trial.number))
        return None


def _shared(trials: Iterable[FrozenTrial]) -> dict[str, BaseDistribution]:
    """Returns the keys that all completed trials have, as TPE infers them.

    TPE also compares each trial's distributions, which are the same in all of a run.
    """
    kinds = [t.distributions for t in trials if t.state == TrialState.COMPLETE]
    keys = set[str].intersection(*map(set, kinds))
    return {key: kinds[0][key] for key in sorted(keys) if not kinds[0][key].single()}


def _completed(trial: FrozenTrial, values: list[float]) -> FrozenTrial:
    shown = copy(trial)
    shown.state, shown.values = TrialState.COMPLETE, values
    return shown


def _avoided(trial: FrozenTrial) -> FrozenTrial:
    """Shows an infeasible trial as a running one, with all of its parameters."""
    shown = copy(trial)
    shown.state, shown.system_attrs = TrialState.RUNNING, {}
    return shown


class RungView(optuna.Study):
    """An Optuna study that shows TPE the trials of one rung."""

    def __init__(self, study: Study, trials: list[FrozenTrial]) -> None:
        """Shows ``trials``; TPE stores its proposal in the storage of ``study``."""
        vars(self).update(vars(copy(study)))  # __init__ would read the storage
        self._shown = trials

    def _get_trials(
        self,
        deepcopy: bool = True,
        states: Container[TrialState] | None = None,
        use_cache: bool = False,
    ) -> list[FrozenTrial]:
        del use_cache
        shown = [t for t in self._shown if states is None or t.state in states]
        return copied(shown) if deepcopy else shown
