"""The trials of a search, without those that another program wrote to its storage."""

import warnings
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy as copied

import optuna
from optuna.pruners import BasePruner
from optuna.trial import FrozenTrial, TrialState

from search.ledger.finished_trials import FinishedTrials
from search.sampling.parameter_sets import is_interrupted, is_own, ordinal_of


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
        self._finished = FinishedTrials(seed)

    def foreign(self) -> list[int]:
        """Lists the numbers of trials that another program wrote."""
        self.get_trials(deepcopy=False)
        return sorted(self._finished.foreign)

    def count_ended(self) -> Mapping[TrialState, int]:
        """Counts the trials that count in the budget by how they ended."""
        self.get_trials(deepcopy=False)
        return self._finished.counts

    def next_ordinal(self) -> int:
        """Counts the fully started trials, each with its retries once."""
        trials = self.get_trials(deepcopy=False)
        running = (
            ordinal_of(trial)
            for trial in trials
            if not trial.state.is_finished() and is_own(trial, self.search_seed)
        )
        return max([self._finished.last_ordinal, *running]) + 1

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
        self._finished.add(trials)
        others = self._finished.foreign
        own = trials
        if others or states is not None:
            own = [
                trial
                for trial in trials
                if trial.number not in others
                and (states is None or trial.state in states)
            ]
        return copied(own) if deepcopy else own


@contextmanager
def quiet() -> Iterator[None]:
    """Silences Optuna's warnings about experimental features, which our tests cover."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        yield
