"""Sorts finished trials into a search's own ones and those of another program."""

from collections import Counter
from collections.abc import Sequence

from optuna.trial import FrozenTrial, TrialState

from search.sampling.parameter_sets import (
    END_ATTRIBUTES,
    is_counted,
    is_own,
    is_refused,
    ordinal_of,
)


class FinishedTrials:
    """The finished trials seen so far; each is looked at once, as it never changes.

    An unfinished trial belongs to the search, which runs or refuses it.
    """

    def __init__(self, seed: int) -> None:
        """Knows own trials by ``seed``, from which those of trials are derived."""
        self._seed = seed
        self._claims: dict[int, int | None] = {}
        self._states: dict[int, TrialState | None] = {}
        self.first_unfinished = 0
        self.foreign: frozenset[int] = frozenset()
        self.counts: Counter[TrialState] = Counter()
        self.last_ordinal = -1

    def add(self, trials: Sequence[FrozenTrial]) -> None:
        """Adds the finished ones of all ``trials``, in the order of their numbers."""
        new = [
            trial
            for trial in trials[self.first_unfinished :]
            if trial.number not in self._claims and trial.state.is_finished()
        ]
        for trial in new:
            # A copy of an own trial has its attributes, but is foreign, too.
            claimed = _claims(trial, self._seed)
            self._claims[trial.number] = ordinal_of(trial) if claimed else None
            self._states[trial.number] = trial.state if is_counted(trial) else None
        if new:
            self._sort()

    def _sort(self) -> None:
        """Decides in the order of numbers: of two claims the first is right."""
        while self.first_unfinished in self._claims:
            self.first_unfinished += 1
        ordinals: set[int] = set()
        foreign: set[int] = set()
        self.counts = Counter()
        for number in sorted(self._claims):
            state, ordinal = self._states[number], self._claims[number]
            if state is None:
                self._note(ordinal)
            elif ordinal is None or ordinal in ordinals:
                foreign.add(number)
            else:
                ordinals.add(ordinal)
                self.counts[state] += 1
                self._note(ordinal)
        self.foreign = frozenset(foreign)

    def _note(self, ordinal: int | None) -> None:
        if ordinal is not None:
            self.last_ordinal = max(self.last_ordinal, ordinal)


def _claims(trial: FrozenTrial, seed: int) -> bool:
    """Checks whether a trial looks like one that a search started and ended."""
    if not is_own(trial, seed) or is_refused(trial):
        return False
    has_value = trial.state in (TrialState.COMPLETE, TrialState.PRUNED)
    return not has_value or bool(trial.user_attrs.keys() & END_ATTRIBUTES)


def foreign(trials: Sequence[FrozenTrial], seed: int) -> frozenset[int]:
    """Returns the numbers of finished trials that another program wrote."""
    finished = FinishedTrials(seed)
    finished.add(trials)
    return finished.foreign
