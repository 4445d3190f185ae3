"""The values of all trials at each rung, sorted, for pruners that compare them."""

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Callable, Hashable
from fractions import Fraction

from optuna.trial import FrozenTrial, TrialState

from search.sampling.rungs import Steps
from search.sampling.trial_table import TrialTable

Group = Callable[[FrozenTrial], Hashable]


class RungTable(TrialTable):
    """Every trial's value at each rung that it has reached, by groups of trials.

    A value does not change any more once a trial has it. A failed trial has none.
    """

    def __init__(self, steps: Steps, group: Group = lambda _: None) -> None:
        """Takes how rungs are counted, and the group in which a trial competes."""
        super().__init__()
        self._steps = steps
        self._group = group
        self.clear()

    def clear(self) -> None:
        """Forgets all trials."""
        self._sorted: defaultdict[Hashable, list[float]] = defaultdict(list)
        self._of: dict[int, dict[int, float]] = {}
        self._reports: dict[int, int] = {}

    def add(self, trial: FrozenTrial) -> None:
        """Adds a trial's value at each rung that it has newly reached."""
        own = self._of.setdefault(trial.number, {})
        if trial.state == TrialState.FAIL:
            for rung, value in own.items():
                self._remove(self._key(trial, rung), value)
        elif self._is_new(trial):
            for rung in range(len(self._steps.rungs)):
                if rung not in own:
                    self._reach(trial, rung, own)
        if trial.state.is_finished():
            del self._of[trial.number]
            self._reports.pop(trial.number, None)

    def standing(self, trial: FrozenTrial, rung: int) -> tuple[int, int] | None:
        """Counts the others of a running trial's group at a rung: those above, and all.

        ``None`` where the trial itself has no value.
        """
        value = self._steps.value_at_rung(trial, rung)
        if value is None:
            return None
        values = self._sorted[self._key(trial, rung)]
        own = rung in self._of.get(trial.number, ())
        return len(values) - bisect_right(values, value), len(values) - own

    def _is_new(self, trial: FrozenTrial) -> bool:
        """Whether a trial has ended, or has more reports than before."""
        reports = len(trial.intermediate_values)
        before = self._reports.get(trial.number, 0)
        self._reports[trial.number] = reports
        return reports > before or trial.state.is_finished()

    def _reach(self, trial: FrozenTrial, rung: int, own: dict[int, float]) -> None:
        value = self._steps.value_at_rung(trial, rung)
        if value is not None:
            own[rung] = value
            insort(self._sorted[self._key(trial, rung)], value)

    def _remove(self, key: Hashable, value: float) -> None:
        values = self._sorted[key]
        del values[bisect_left(values, value)]

    def _key(self, trial: FrozenTrial, rung: int) -> Hashable:
        return self._group(trial), rung


class CompletedTable(TrialTable):
    """The completed trials: the best, and all values at any share of the training."""

    def __init__(self, steps: Steps) -> None:
        """Takes how shares are counted."""
        super().__init__()
        self._steps = steps
        self.clear()

    def clear(self) -> None:
        """Forgets all trials."""
        self.best: FrozenTrial | None = None
        self._trials: list[FrozenTrial] = []
        self._at: dict[Fraction, tuple[int, list[float]]] = {}

    def add(self, trial: FrozenTrial) -> None:
        """Adds a completed trial."""
        if trial.state == TrialState.COMPLETE:
            self._trials.append(trial)
            known = [trial] if self.best is None else [self.best, trial]
            self.best = max(known, key=lambda one: (one.value, -one.number))

    def values(self, share: Fraction) -> list[float]:
        """Returns the completed trials' values at a share, sorted."""
        done, values = self._at.get(share, (0, []))
        for trial in self._trials[done:]:
            value = self._steps.value_at(trial, share)
            if value is not None:
                insort(values, value)
        self._at[share] = len(self._trials), values
        return values
