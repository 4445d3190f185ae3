"""The ended trials that a model of good and bad configurations is made of.

A model of all of them would take the longer, the more there are: with 100,000 trials a
third of a second for each proposal.
"""

from bisect import insort
from collections.abc import Sequence

from optuna.trial import FrozenTrial, TrialState

from search.sampling.parameter_sets import is_infeasible
from search.sampling.rungs import Steps
from search.sampling.trial_table import TrialTable

MOST = 1_000
"""Trials of a level in a model; of more, the good ones and an even sample."""

GOOD = 25
"""The most trials that TPE takes for good ones, with one objective."""

Reached = tuple[FrozenTrial, list[float]]


class EndedTrials(TrialTable):
    """The ended trials: at which levels each has values, and those to keep away from.

    A level is a rung; the last one is the end of a completed trial.
    """

    def __init__(self, steps: Steps) -> None:
        """Takes how rungs are counted."""
        super().__init__()
        self._steps = steps
        self.clear()

    def clear(self) -> None:
        """Forgets all trials."""
        levels = range(len(self._steps.rungs) + 1)
        self._levels = [_Level() for _ in levels]
        self._avoided: list[FrozenTrial] = []

    def add(self, trial: FrozenTrial) -> None:
        """Adds a trial that has ended, and taught something."""
        if trial.state not in (TrialState.COMPLETE, TrialState.PRUNED):
            return
        if trial.state == TrialState.PRUNED and is_infeasible(trial):
            self._avoided.append(trial)
            return
        last = trial.state == TrialState.COMPLETE
        for level in range(len(self._steps.rungs) + last):
            values = values_at_level(self._steps, trial, level)
            if values:
                self._levels[level].add(trial, values)

    def reached(self, level: int) -> list[Reached]:
        """Lists trials with values at a level, in the order in which they ended."""
        return self._levels[level].shown()

    def avoided(self) -> Sequence[FrozenTrial]:
        """Lists infeasible trials."""
        return self._avoided[:: _every(len(self._avoided))]


class _Level:
    """The trials of one level."""

    def __init__(self) -> None:
        self._all: list[Reached] = []
        self._good: list[tuple[float, int]] = []

    def add(self, trial: FrozenTrial, values: list[float]) -> None:
        """Adds a trial, of equally good ones behind the earlier."""
        insort(self._good, (-values[0], len(self._all)))
        del self._good[GOOD:]
        self._all.append((trial, values))

    def shown(self) -> list[Reached]:
        """Lists all while there are few; of several objectives always.

        Which trials are good in several objectives, TPE finds among all.
        """
        every = _every(len(self._all))
        if every == 1 or len(self._all[0][1]) > 1:
            return self._all
        places = {*range(0, len(self._all), every), *(at for _, at in self._good)}
        return [self._all[place] for place in sorted(places)]


def _every(count: int) -> int:
    """Returns n, so that each n-th of so many is at most ``MOST``.

    A power of two: each third trial is proposed at random, and some must be shown.
    """
    return 1 << (max(1, -(-count // MOST)) - 1).bit_length()


def values_at_level(steps: Steps, trial: FrozenTrial, level: int) -> list[float] | None:
    """Returns a trial's values at a rung; for the last level a completed one's."""
    if level < len(steps.rungs):
        return steps.values_at_rung(trial, level)
    values: list[float] | None = trial.values
    return values
