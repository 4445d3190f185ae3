"""The trials of a search, without those that another program wrote to its storage."""

import warnings
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from copy import deepcopy as copied
from dataclasses import dataclass
from typing import Any, Self, cast

import optuna
from optuna.distributions import check_distribution_compatibility
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, TrialState, create_trial

from search.ledger.finished_trials import FinishedTrials
from search.sampling.parameter_sets import is_own, ordinal_of
from search.sampling.trial_table import TrialTable
from search.storage.draft import DraftStorage


class OwnTrials(optuna.Study):
    """An Optuna study that shows samplers and pruners only its search's own trials.

    ``machine`` is the place of what new trials run on in the run's list. ``kept`` is
    what samplers keep of trials from one proposal to the next, to read none twice.
    """

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
        self.machine: int | None = None
        self.kept: dict[str, TrialTable] = {}
        self._finished = FinishedTrials(seed)
        self._snapshot = _Snapshot()

    @contextmanager
    def read_once(self) -> Iterator[None]:
        """Reads the trials once for all that is read within, by copies too."""
        self._snapshot.trials = self._read()
        try:
            yield
        finally:
            self._snapshot.trials = None

    def draft(self, trial: FrozenTrial, sampler: BaseSampler) -> Self:
        """Returns a copy for one trial: its sampler, and its view of the storage."""
        other = copy(self)
        other.sampler = sampler
        view = DraftStorage(self._storage, self._study_id, trial)
        other._storage = cast("BaseStorage", view)  # noqa: SLF001 - as Optuna does
        return other

    def new_trial(self, fixed: Mapping[str, Any]) -> FrozenTrial:
        """Makes the next trial, which is not stored yet; some parameters are fixed."""
        attributes = {"fixed_params": dict(fixed)} if fixed else {}
        trial = create_trial(state=TrialState.RUNNING, system_attrs=attributes)
        trial.number = len(self._stored())
        return trial

    def waiting(self) -> list[FrozenTrial]:
        """Lists the enqueued trials that wait."""
        return [t for t in self._unfinished() if t.state == TrialState.WAITING]

    def claim_waiting(self) -> FrozenTrial | None:
        """Sets the first enqueued trial that still waits to RUNNING."""
        for trial in self.waiting():
            number = trial._trial_id  # noqa: SLF001 - no public way
            if self._storage.set_trial_state_values(number, TrialState.RUNNING):
                return self._storage.get_trial(number)
        return None

    def enqueue_trial(self, *args: Any, **named: Any) -> None:
        """Enqueues a trial, as Optuna does."""
        super().enqueue_trial(*args, **named)
        if self._snapshot.trials is not None:
            self._snapshot.trials = self._read()

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
        running = (
            ordinal_of(trial)
            for trial in self._unfinished()
            if is_own(trial, self.search_seed)
        )
        return max([self._finished.last_ordinal, *running]) + 1

    def foreign_with_values(self) -> list[FrozenTrial]:
        """Lists foreign trials that have parameters, finished or not."""
        numbers = self.foreign()
        ended = [t for t in self._stored() if t.number in numbers] if numbers else []
        running = (t for t in self._unfinished() if not is_own(t, self.search_seed))
        return [trial for trial in [*ended, *running] if trial.distributions]

    def store(self) -> None:
        """Stores the trial of which this is the draft.

        Raises ``ValueError``, as Optuna's storages do, if another program wrote a trial
        whose value of a key is of another kind.
        """
        draft = cast("DraftStorage", self._storage)
        kinds = draft.trial.distributions
        for trial in self.foreign_with_values():
            for key in kinds.keys() & trial.distributions.keys():
                check_distribution_compatibility(trial.distributions[key], kinds[key])
        draft.write()

    def _get_trials(
        self,
        deepcopy: bool = True,
        states: Container[TrialState] | None = None,
        use_cache: bool = False,
    ) -> list[FrozenTrial]:
        del use_cache
        trials = self._stored()
        self._finished.update(trials)
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

    def _unfinished(self) -> list[FrozenTrial]:
        trials = self._stored()
        self._finished.update(trials)
        return [trials[place] for place in sorted(self._finished.unfinished)]

    def _stored(self) -> list[FrozenTrial]:
        return self._read() if self._snapshot.trials is None else self._snapshot.trials

    def _read(self) -> list[FrozenTrial]:
        return super()._get_trials(deepcopy=False)


@dataclass(slots=True)
class _Snapshot:
    """What copies of a study share while they read the trials once."""

    trials: list[FrozenTrial] | None = None


@contextmanager
def quiet() -> Iterator[None]:
    """Silences Optuna's warnings about experimental features, which our tests cover."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        yield
