"""Sorts finished trials into a search's own ones and those of another program."""

from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from optuna.trial import FrozenTrial, TrialState

from search.sampling.parameter_sets import (
    END_ATTRIBUTES,
    is_counted,
    is_own,
    is_refused,
    ordinal_of,
)
from search.storage.hidden_attributes import attributes_of


class FinishedTrials:
    """The finished trials seen so far; each is looked at once, as it never changes.

    An unfinished trial belongs to the search, which runs or refuses it.
    """

    def __init__(self, seed: int) -> None:
        """Knows own trials by ``seed``, from which those of trials are derived."""
        self._seed = seed
        self._settled = _Tally()
        self._later: dict[int, _Claim] = {}
        self._tally = self._settled
        self.first_unfinished = 0

    @property
    def foreign(self) -> AbstractSet[int]:
        """The numbers of trials that another program wrote."""
        return self._tally.foreign

    @property
    def counts(self) -> Mapping[TrialState, int]:
        """How many of the search's own trials ended in each state."""
        return self._tally.counts

    @property
    def last_ordinal(self) -> int:
        """The highest ordinal of an own trial, -1 without any."""
        return self._tally.last_ordinal

    def add(self, trials: Sequence[FrozenTrial]) -> None:
        """Adds the finished ones of all ``trials``, in the order of their numbers."""
        new = {
            trial.number: _claim(trial, self._seed)
            for trial in trials[self.first_unfinished :]
            if trial.number not in self._later and trial.state.is_finished()
        }
        if new:
            self._later |= new
            self._sort()

    def _sort(self) -> None:
        """Decides in the order of numbers: of two claims the first is right.

        What is decided before the first unfinished trial stays so.
        """
        while self.first_unfinished in self._later:
            claim = self._later.pop(self.first_unfinished)
            self._settled.add(self.first_unfinished, claim)
            self.first_unfinished += 1
        self._tally = self._settled.copy() if self._later else self._settled
        for number in sorted(self._later):
            self._tally.add(number, self._later[number])


_Claim = tuple[TrialState | None, int | None]
"""The state of a trial that counts, and the ordinal of one that claims to be own."""


class _Tally:
    """What is known of finished trials, added in the order of their numbers."""

    def __init__(self) -> None:
        self.ordinals: set[int] = set()
        self.foreign: set[int] = set()
        self.counts: Counter[TrialState] = Counter()
        self.last_ordinal = -1

    def copy(self) -> "_Tally":
        other = _Tally()
        other.ordinals, other.foreign = set(self.ordinals), set(self.foreign)
        other.counts, other.last_ordinal = Counter(self.counts), self.last_ordinal
        return other

    def add(self, number: int, claim: _Claim) -> None:
        state, ordinal = claim
        if state is not None:
            if ordinal is None or ordinal in self.ordinals:
                self.foreign.add(number)
                return
            self.ordinals.add(ordinal)
            self.counts[state] += 1
        if ordinal is not None:
            self.last_ordinal = max(self.last_ordinal, ordinal)


def _claim(trial: FrozenTrial, seed: int) -> _Claim:
    # A copy of an own trial has its attributes, but is foreign, too.
    ordinal = ordinal_of(trial) if _claims(trial, seed) else None
    return trial.state if is_counted(trial) else None, ordinal


def _claims(trial: FrozenTrial, seed: int) -> bool:
    """Checks whether a trial looks like one that a search started and ended."""
    if not is_own(trial, seed) or is_refused(trial):
        return False
    has_value = trial.state in (TrialState.COMPLETE, TrialState.PRUNED)
    return not has_value or bool(attributes_of(trial).keys() & END_ATTRIBUTES)


def foreign(trials: Sequence[FrozenTrial], seed: int) -> AbstractSet[int]:
    """Returns the numbers of finished trials that another program wrote."""
    finished = FinishedTrials(seed)
    finished.add(trials)
    return finished.foreign
