"""Rungs: shares of a trial's own training at which trials are compared.

A trial's horizon is its epochs times its folds. Trials of 15 and of 75 epochs meet at
the same share of their horizons, never at the same absolute step.
"""

import bisect
import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from optuna.trial import FrozenTrial, TrialState

from models.config.hyperparameters import HYPERPARAMETERS
from search.sampling.objectives import values_at
from search.study.study import Study
from search.trial.curve import peak, smoothed

EPOCHS = "training.epochs"

SHARES = (Fraction(1, 30), Fraction(1, 15), Fraction(1, 5), Fraction(3, 5))
"""The rungs. A horizon below 60 epochs has its first rung at the first epoch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """How steps are counted: ``fold * stride + epoch`` with epochs from 1.

    A trial has ``folds`` of at most ``stride`` epochs each; one whose epochs are not
    searched has ``epochs`` a fold. ``rungs`` are shares in rising order. ``goals`` are
    the objectives of each step where there are several.
    """

    folds: int
    stride: int
    epochs: int
    rungs: tuple[Fraction, ...] = field(default=SHARES, hash=False)
    goals: tuple[str, ...] = ()

    def epochs_of(self, trial: FrozenTrial) -> int:
        """Returns the epochs of each of a trial's folds."""
        return int(trial.params.get(EPOCHS, self.epochs))

    def place(self, step: int) -> tuple[int, int]:
        """Returns fold (from 0) and epoch (from 1) of a step."""
        return (step - 1) // self.stride, (step - 1) % self.stride + 1

    def share(self, trial: FrozenTrial, step: int) -> Fraction:
        """Returns the share of a trial's horizon that lies up to a step."""
        fold, epoch = self.place(step)
        epochs = self.epochs_of(trial)
        return Fraction(fold * epochs + epoch, self.folds * epochs)

    def step(self, trial: FrozenTrial, share: Fraction) -> int:
        """Returns the last step within a share of a trial's horizon, or its first."""
        return _step(self, self.epochs_of(trial), share)

    def rung_steps(self, trial: FrozenTrial) -> tuple[int, ...]:
        """Returns the step of each rung of a trial."""
        return _rung_steps(self, self.epochs_of(trial))

    def value_at(self, trial: FrozenTrial, share: Fraction) -> float | None:
        """Returns a trial's value at a share, ``None`` if it was not trained so far."""
        return self._value(trial, self.step(trial, share))

    def value_at_rung(self, trial: FrozenTrial, rung: int) -> float | None:
        """Returns a trial's value at a rung, ``None`` if it did not reach it."""
        return self._value(trial, self.rung_steps(trial)[rung])

    def values_at_rung(self, trial: FrozenTrial, rung: int) -> list[float] | None:
        """Returns the values of all objectives likewise, each as it was reported."""
        step = self._reported(trial, self.rung_steps(trial)[rung])
        return None if step is None else values_at(trial, step, self.goals)

    def _value(self, trial: FrozenTrial, step: int) -> float | None:
        found = self._reported(trial, step)
        return None if found is None else trial.intermediate_values[found]

    def _reported(self, trial: FrozenTrial, step: int) -> int | None:
        """Returns the step whose report counts at one of a trial's steps.

        A fold that stopped before, by its patience, counts with its best epoch, whose
        weights early stopping restores.
        """
        values = trial.intermediate_values
        if step in values:
            return step
        if trial.state != TrialState.COMPLETE and max(values, default=0) < step:
            return None
        start = self.place(step)[0] * self.stride
        before = [at for at in sorted(values) if start < at < step]
        return before[peak([values[at] for at in before]) - 1] if before else None

    def fold_values(self, values: Mapping[int, float], fold: int) -> list[float]:
        """Returns one fold's values in the order of its epochs."""
        start = fold * self.stride
        steps = range(start + 1, start + self.stride + 1)
        return [values[step] for step in steps if step in values]

    def fold_score(self, values: Mapping[int, float], fold: int) -> float | None:
        """Returns the peak of a fold's smoothed curve; ``None`` before its training."""
        curve = self.fold_values(values, fold)
        if not curve:
            return None
        return max(smoothed(curve))


def _step(steps: Steps, epochs: int, share: Fraction) -> int:
    trained = share.numerator * steps.folds * epochs // share.denominator
    fold, epoch = divmod(max(1, trained) - 1, epochs)
    return fold * steps.stride + epoch + 1


@functools.cache  # called for every trial
def _rung_steps(steps: Steps, epochs: int) -> tuple[int, ...]:
    return tuple(_step(steps, epochs, share) for share in steps.rungs)


def steps_of(study: Study) -> Steps:
    """Returns how the trials of a study count their steps."""
    epochs = dict(study.space.fixed).get(EPOCHS, HYPERPARAMETERS[EPOCHS].default)
    return Steps(
        folds=study.split.folds,
        stride=study.stride,
        epochs=int(epochs),
        goals=study.goals,
    )


def passed_rungs(steps: Steps, trial: FrozenTrial) -> range:
    """Lists the rungs that a trial's last report is the first to reach.

    A rung inside a part that the trial skipped, because a fold stopped early, is
    reached by the next report.
    """
    reported = sorted(trial.intermediate_values)[-2:]
    if not reported:
        return range(0)
    rungs = steps.rung_steps(trial)
    before = bisect.bisect_right(rungs, reported[0]) if len(reported) > 1 else 0
    return range(before, bisect.bisect_right(rungs, reported[-1]))
