"""The rules that are compared: in which order folds train, and who is pruned."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from optuna.pruners import BasePruner
from optuna.trial import TrialState

from search.ledger.pruners import (
    REDUCTION_FACTOR,
    RungHalvingPruner,
    RungHyperbandPruner,
    SameShareMedianPruner,
    build_pruner,
)
from search.sampling.rungs import EPOCHS, Steps, passed_rungs
from tests.benchmarks.pruning.setting import FOLDS, STRIDE

ABSOLUTE = (STRIDE // 3, STRIDE, 3 * STRIDE)
"""The rungs before they were shares, in steps: those of ckplus on shorter folds."""

FEWEST = 3
"""Competitors of a rung that decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldsInTurn:
    """A fold is trained to its end before the next one begins.

    A report has the value of the current fold; if ``pooled``, of all rows so far, where
    finished folds count with their last epoch. With ``shuffled`` each trial has an
    order of its own.
    """

    pooled: bool = False
    shuffled: bool = False

    def steps(self):
        """Counts as the product does."""
        return Steps(folds=FOLDS, stride=STRIDE, epochs=STRIDE)

    def reports(self, epochs, seed):
        """Yields the step and the state of each epoch of a trial."""
        order = np.arange(FOLDS)
        if self.shuffled:
            order = np.random.default_rng(seed).permutation(FOLDS)
        state = [0] * FOLDS
        for place, fold in enumerate(order.tolist()):
            state = state if self.pooled else [0] * FOLDS
            for epoch in range(1, epochs + 1):
                state[fold] = epoch
                yield place * STRIDE + epoch, tuple(state)


class MeanOfFolds(Steps):
    """Steps at which a trial has the mean of its finished folds and the current one."""

    def _value(self, trial, step):
        value = super()._value(trial, step)
        values = trial.intermediate_values
        last = self.epochs_of(trial)
        ends = [fold * STRIDE + last for fold in range(self.place(step)[0])]
        if value is None or not all(end in values for end in ends):
            return value
        return float(np.mean([value, *(values[end] for end in ends)]))


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanSoFar(FoldsInTurn):
    """Folds in turn, compared by the mean of the folds so far."""

    def steps(self):
        """Counts as the product does."""
        return MeanOfFolds(folds=FOLDS, stride=STRIDE, epochs=STRIDE)


class AllEpochs(Steps):
    """Steps that count the epochs of all folds, as if there were one."""

    def epochs_of(self, trial):
        """Returns the epochs of all folds."""
        return FOLDS * int(trial.params[EPOCHS])


@dataclass(frozen=True, slots=True, kw_only=True)
class Interleaved:
    """Each fold trains some epochs in turn; a report pools the rows of all so far."""

    turn: int

    def steps(self):
        """Counts the epochs of all folds."""
        return AllEpochs(folds=1, stride=FOLDS * STRIDE, epochs=FOLDS * STRIDE)

    def reports(self, epochs, seed):
        """Yields the step and the state of each epoch of a trial."""
        del seed
        state, step = [0] * FOLDS, 0
        for start in range(0, epochs, self.turn):
            for fold in range(FOLDS):
                for epoch in range(start + 1, min(start + self.turn, epochs) + 1):
                    state[fold], step = epoch, step + 1
                    yield step, tuple(state)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule; ``pruner`` is made of the replay, which knows its trials' states."""

    name: str
    order: Any
    pruner: Callable[[Any], Any]


class AbsoluteHalvingPruner(RungHalvingPruner):
    """Halving at steps that are the same for every trial, whatever its epochs."""

    def prune(self, study, trial):
        """Compares the trial at exactly these steps."""
        step = trial.last_step
        if step not in ABSOLUTE:
            return False
        trials = study.get_trials(deepcopy=False)
        reached = [t.intermediate_values.get(step) for t in trials]
        values = sorted(value for value in reached if value is not None)
        kept = max(1, len(values) // REDUCTION_FACTOR)
        return bool(trial.intermediate_values[step] < values[-kept])


class EachRungPruner(BasePruner):
    """Compares a trial with all others at each rung that it reaches."""

    def __init__(self, steps):
        """Compares trials by the folds and epochs of ``steps``."""
        self._steps = steps

    def prune(self, study, trial):
        """Compares the trial if its last report reached a rung."""
        competing = [
            other
            for other in study.get_trials(deepcopy=False)
            if other.number != trial.number and other.state != TrialState.FAIL
        ]
        passed = passed_rungs(self._steps, trial)
        return any(self._loses_at(rung, trial, competing) for rung in passed)


class BeyondChancePruner(EachRungPruner):
    """Halving that prunes only what is worse than the last one kept beyond chance.

    Both are scored in the same resamples of the subjects of the same rows; the trial is
    pruned if it wins in less than ``chance`` of them. Fewer than three competitors
    prune nothing.
    """

    def __init__(self, replay, *, chance):
        """Takes the replay, and the share of resamples that keeps a trial."""
        super().__init__(replay.steps)
        self._replay, self._chance = replay, chance

    def _loses_at(self, rung, trial, competing):
        values = {
            other.number: (self._steps.value_at_rung(other, rung), other)
            for other in [trial, *competing]
        }
        known = {n: found for n, found in values.items() if found[0] is not None}
        own = known.get(trial.number)
        if own is None or len(known) <= FEWEST:
            return False
        ranked = sorted(known.values(), key=lambda found: found[0], reverse=True)
        bar, holder = ranked[max(1, len(ranked) // REDUCTION_FACTOR) - 1]
        if own[0] >= bar:
            return False
        wins = self._scores(rung, trial) >= self._scores(rung, holder)
        return bool(wins.mean() < self._chance)

    def _scores(self, rung, trial):
        return self._replay.resampled(trial, self._steps.rung_steps(trial)[rung])


class EnoughPruner(EachRungPruner):
    """Halving at rungs that at least three others have reached."""

    def _loses_at(self, rung, trial, competing):
        own = self._steps.value_at_rung(trial, rung)
        reached = [self._steps.value_at_rung(other, rung) for other in competing]
        others = [value for value in reached if value is not None]
        if own is None or len(others) < FEWEST:
            return False
        kept = max(1, (len(others) + 1) // REDUCTION_FACTOR)
        return bool(own < sorted([own, *others])[-kept])


def beyond_chance(chance):
    """Makes the rule's pruner of a replay."""
    return lambda replay: BeyondChancePruner(replay, chance=chance)


def of_steps(kind):
    """Makes a pruner that needs nothing but the steps."""
    return lambda replay: kind(replay.steps)


IN_TURN = FoldsInTurn()
HALVING, ENOUGH = of_steps(RungHalvingPruner), of_steps(EnoughPruner)

RULES = (
    Rule(name="today's: halving at shares", order=IN_TURN, pruner=HALVING),
    Rule(name="none", order=IN_TURN, pruner=lambda r: build_pruner("none", r.steps)),
    Rule(name="median", order=IN_TURN, pruner=of_steps(SameShareMedianPruner)),
    Rule(name="hyperband", order=IN_TURN, pruner=of_steps(RungHyperbandPruner)),
    Rule(
        name="halving at absolute steps",
        order=IN_TURN,
        pruner=of_steps(AbsoluteHalvingPruner),
    ),
    Rule(name="3 competitors at least", order=IN_TURN, pruner=ENOUGH),
    *(
        Rule(name=f"beyond chance, {c}", order=IN_TURN, pruner=beyond_chance(c))
        for c in (0.05, 0.1, 0.2, 0.35)
    ),
    Rule(name="all rows so far", order=FoldsInTurn(pooled=True), pruner=HALVING),
    Rule(name="mean of the folds so far", order=MeanSoFar(), pruner=HALVING),
    Rule(name="own order of folds", order=FoldsInTurn(shuffled=True), pruner=HALVING),
    *(
        Rule(name=f"interleaved, {turn} epochs", order=Interleaved(turn=turn), pruner=p)
        for turn, p in ((1, HALVING), (2, HALVING), (4, HALVING))
    ),
    *(
        Rule(
            name=f"interleaved, 2 epochs, beyond chance, {chance}",
            order=Interleaved(turn=2),
            pruner=beyond_chance(chance),
        )
        for chance in (0.1, 0.2)
    ),
)
