"""The trials of a search, without those that another program wrote to its storage."""

import warnings
from collections.abc import Container, Iterator
from contextlib import contextmanager
from copy import deepcopy as copied

import optuna
from optuna.pruners import BasePruner
from optuna.trial import FrozenTrial, TrialState

from search.sampling.parameter_sets import foreign, is_interrupted, is_own


class OwnTrials(optuna.Study):
    """An Optuna study that shows samplers and pruners only its search's own trials."""

    def __init__(
        self, trials: optuna.Study, *, pruner: BasePruner | None = None, seed: int
    ) -> None:
        """Wraps a stored study; ``seed`` is that of its search."""
        super().__init__(
            study_name=trials.study_name,
            storage=trials._storage,  # noqa: SLF001 - as Optuna's Hyperband does
            pruner=pruner,
        )
        self.search_seed = seed

    def foreign(self) -> list[int]:
        """Lists the numbers of trials that another program wrote."""
        return sorted(foreign(super()._get_trials(deepcopy=False), self.search_seed))

    def foreign_with_values(self) -> list[int]:
        """Lists foreign trials that have parameters, finished or not."""
        return [
            trial.number
            for trial in super()._get_trials(deepcopy=False)
            if trial.distributions
            and not is_interrupted(trial)
            and not is_own(trial, self.search_seed)
        ]

    def _get_trials(
        self,
        deepcopy: bool = True,
        states: Container[TrialState] | None = None,
        use_cache: bool = False,
    ) -> list[FrozenTrial]:
        trials = super()._get_trials(deepcopy=False, use_cache=use_cache)
        others = foreign(trials, self.search_seed)
        own = [
            trial
            for trial in trials
            if trial.number not in others and (states is None or trial.state in states)
        ]
        return copied(own) if deepcopy else own


@contextmanager
def quiet() -> Iterator[None]:
    """Silences Optuna's warnings about experimental features, which our tests cover."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        yield
