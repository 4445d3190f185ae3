"""Sorts finished trials into a search's own ones and those of another program."""

from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from optuna.trial import FrozenTrial, TrialState

from search.sampling.parameter_sets import (
    END_ATTRIBUTES,
    is_counted,
    is_own,
    is_refused,
    ordinal_of,
)
from search.sampling.trial_table import TrialTable
from search.storage.hidden_attributes import attributes_of


class FinishedTrials(TrialTable):
    """The finished trials seen so far; each is looked at once, as it never changes.

    An unfinished trial belongs to the search, which runs or refuses it. Of two trials
    that claim the same ordinal the first by number is right.
    """

    def __init__(self, seed: int) -> None:
        """Knows own trials by ``seed``, from which those of trials are derived."""
        super().__init__()
        self._seed = seed
        self.clear()

    def clear(self) -> None:
        """Forgets all trials."""
        self.foreign: set[int] = set()
        """The numbers of trials that another program wrote."""
        self.counts: Counter[TrialState] = Counter()
        """How many of the search's own trials ended in each state."""
        self.last_ordinal = -1
        """The highest ordinal of an own trial, -1 without any."""
        self._owners: dict[int, tuple[int, TrialState]] = {}

    def add(self, trial: FrozenTrial) -> None:
        """Adds a trial that has finished."""
        if not trial.state.is_finished():
            return
        # A copy of an own trial has its attributes, but is foreign, too.
        ordinal = ordinal_of(trial) if _claims(trial, self._seed) else None
        if ordinal is not None:
            self.last_ordinal = max(self.last_ordinal, ordinal)
        if is_counted(trial):
            self._count(trial, ordinal)

    def _count(self, trial: FrozenTrial, ordinal: int | None) -> None:
        if ordinal is None:
            self.foreign.add(trial.number)
            return
        new = (trial.number, trial.state)
        owner = self._owners.setdefault(ordinal, new)
        if owner is new:
            self.counts[trial.state] += 1
            return
        first, second = (owner, new) if owner[0] < new[0] else (new, owner)
        self._owners[ordinal] = first
        self.foreign.add(second[0])
        self.counts[owner[1]] -= 1
        self.counts[first[1]] += 1


def _claims(trial: FrozenTrial, seed: int) -> bool:
    """Checks whether a trial looks like one that a search started and ended."""
    if not is_own(trial, seed) or is_refused(trial):
        return False
    has_value = trial.state in (TrialState.COMPLETE, TrialState.PRUNED)
    return not has_value or bool(attributes_of(trial).keys() & END_ATTRIBUTES)


def foreign(trials: Sequence[FrozenTrial], seed: int) -> AbstractSet[int]:
    """Returns the numbers of finished trials that another program wrote."""
    finished = FinishedTrials(seed)
    finished.update(trials)
    return finished.foreign
