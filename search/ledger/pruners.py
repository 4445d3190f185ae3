"""Pruners; each compares trials at the same share of their training only.

Optuna's own pruners compare absolute steps: across folds, and trials of 15 epochs with
trials of 75 at the same epoch. Its Wilcoxon pruner uses every step.
"""

import binascii
import functools
import itertools
import math
from collections.abc import Iterable

from optuna import Study
from optuna.pruners import BasePruner, NopPruner
from optuna.trial import FrozenTrial, TrialState

from search.costs.dominance import Point, beats
from search.sampling.objectives import ROWS, metrics_of, point
from search.sampling.parameter_sets import ordinal_of
from search.sampling.rung_table import CompletedTable, RungTable
from search.sampling.rungs import Steps, passed_rungs
from search.storage.hidden_attributes import attributes_of
from search.study.algorithms import OWN_PRUNER, PRUNERS, build, load_factory

REDUCTION_FACTOR = 3
STARTUP_TRIALS = 5


class SameShareMedianPruner(BasePruner):
    """Prunes a trial below the median of completed trials at the same share.

    The first third of a fold is never judged.
    """

    def __init__(self, steps: Steps) -> None:
        """Compares trials by the folds and epochs of ``steps``."""
        self._steps = steps
        self._completed = CompletedTable(steps)

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        """Compares the trial at its last step."""
        step = trial.last_step
        if step is None or self._is_early(trial, step):
            return False
        self._completed.update(study.get_trials(deepcopy=False))
        others = self._completed.values(self._steps.share(trial, step))
        if len(others) < STARTUP_TRIALS:
            return False
        middle = (others[(len(others) - 1) // 2] + others[len(others) // 2]) / 2
        return bool(trial.intermediate_values[step] < middle)

    def _is_early(self, trial: FrozenTrial, step: int) -> bool:
        _, epoch = self._steps.place(step)
        return epoch < max(1, self._steps.epochs_of(trial) // 3)


class RungHalvingPruner(BasePruner):
    """Keeps the best third of the trials at each rung.

    What it keeps beside the reports is only sorted; a failed trial no longer competes.
    Source: Li et al. 2020, "A System for Massively Parallel Hyperparameter Tuning".
    """

    def __init__(self, steps: Steps) -> None:
        """Compares trials by the folds and epochs of ``steps``."""
        self._steps = steps
        self._table = RungTable(steps)

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        """Compares the trial if its last report reached a rung."""
        return _loses(self._table, study, trial, passed_rungs(self._steps, trial))


def _loses(
    table: RungTable, study: Study, trial: FrozenTrial, rungs: Iterable[int]
) -> bool:
    """Checks whether a trial is not among the best third at one of some rungs."""
    if not rungs:
        return False
    table.update(study.get_trials(deepcopy=False))
    return any(_is_beaten(table.standing(trial, rung)) for rung in rungs)


def _is_beaten(standing: tuple[int, int] | None) -> bool:
    if standing is None:
        return False
    above, others = standing
    return above >= max(1, (others + 1) // REDUCTION_FACTOR)


class RungHyperbandPruner(BasePruner):
    """Assigns each trial to a bracket of successive halving.

    Later brackets start at later rungs. Brackets are assigned as in Optuna's Hyperband,
    but by the trial's ordinal, so that a retry stays in its bracket.
    Source: Li et al. 2018, "Hyperband: A Novel Bandit-Based Approach".
    """

    def __init__(self, steps: Steps) -> None:
        """Compares trials by the folds and epochs of ``steps``."""
        self._steps = steps
        self._table: RungTable | None = None
        count = len(steps.rungs)
        self._sizes = [
            math.ceil(count * REDUCTION_FACTOR**more / (more + 1))
            for more in reversed(range(count))
        ]

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        """Compares the trial within its bracket."""
        bracket = self._bracket(study.study_name, trial)
        if self._table is None:
            group = functools.partial(self._bracket, study.study_name)
            self._table = RungTable(self._steps, group)
        passed = passed_rungs(self._steps, trial)
        rungs = [rung for rung in passed if rung >= bracket]
        return _loses(self._table, study, trial, rungs)

    def _bracket(self, study: str, trial: FrozenTrial) -> int:
        drawn = binascii.crc32(f"{study}_{ordinal_of(trial)}".encode())
        ends = itertools.accumulate(self._sizes)
        return next(i for i, end in enumerate(ends) if drawn % sum(self._sizes) < end)


class FoldWilcoxonPruner(BasePruner):
    """Prunes a trial whose finished folds lose to the best trial's, paired by fold.

    With n folds all worse, the one-sided p is 2**-n: .25, .125, .0625, so a trial
    can be pruned after its second fold.
    Source: Wilcoxon 1945, "Individual comparisons by ranking methods".
    """

    P_THRESHOLD = 0.25

    def __init__(self, steps: Steps) -> None:
        """Compares trials by the folds and epochs of ``steps``."""
        self._steps = steps
        self._completed = CompletedTable(steps)

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        """Compares the finished folds at the first step of the next fold."""
        if trial.last_step is None:
            return False
        fold, epoch = self._steps.place(trial.last_step)
        if epoch > 1 or fold < 2:  # noqa: PLR2004 - one pair has no rank
            return False
        self._completed.update(study.get_trials(deepcopy=False))
        best = self._completed.best
        if best is None:
            return False
        differences = [
            (self._steps.fold_score(trial.intermediate_values, index) or 0.0)
            - (self._steps.fold_score(best.intermediate_values, index) or 0.0)
            for index in range(fold)
        ]
        if not any(differences):
            return False
        from scipy.stats import wilcoxon  # noqa: PLC0415 - slow, and rarely needed

        test = wilcoxon(differences, alternative="less", zero_method="zsplit")
        return bool(test.pvalue <= self.P_THRESHOLD)


class DominatedPruner(BasePruner):
    """Prunes a trial that several others beat in every objective, beyond chance.

    At a rung, ``BEATEN_BY`` trials have metrics that are all higher by more than the
    margin, and costs that are not higher. The margin for n validation images is
    1 / sqrt(n): two standard errors of a share of one half, the largest there is. It
    takes images for independent, which those of one person are not.
    """

    BEATEN_BY = 3
    UNKNOWN_ROWS = 2500
    """Images of a trial that does not say how many: a margin of .02."""

    def __init__(self, steps: Steps) -> None:
        """Compares trials by the folds, epochs and objectives of ``steps``."""
        self._steps = steps
        self._metrics = len(metrics_of(steps.goals)) if steps.goals else 1

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        """Compares the trial if its last report reached a rung."""
        passed = passed_rungs(self._steps, trial)
        if not passed:
            return False
        others = [
            other
            for other in study.get_trials(deepcopy=False)
            if other.number != trial.number and other.state != TrialState.FAIL
        ]
        return any(self._loses_at(rung, trial, others) for rung in passed)

    def _loses_at(
        self, rung: int, trial: FrozenTrial, others: Iterable[FrozenTrial]
    ) -> bool:
        own = self._point(trial, rung)
        if own is None:
            return False
        reached = (self._point(other, rung) for other in others)
        margin = 1 / math.sqrt(attributes_of(trial).get(ROWS) or self.UNKNOWN_ROWS)
        better = sum(
            beats(other, own, metrics=self._metrics, margin=margin)
            for other in reached
            if other is not None
        )
        return better >= self.BEATEN_BY

    def _point(self, trial: FrozenTrial, rung: int) -> Point | None:
        values = self._steps.values_at_rung(trial, rung)
        goals = self._steps.goals
        return point(values, goals) if values is not None and goals else values


class NeverPruner(NopPruner):
    """Prunes nothing."""

    def __init__(self, steps: Steps) -> None:
        """Ignores ``steps``."""
        del steps


def build_pruner(name: str, steps: Steps) -> BasePruner:
    """Builds a pruner that ``search.study.algorithms`` registers, or the user's own."""
    if name not in PRUNERS:
        own: BasePruner = build(OWN_PRUNER, name, steps, BasePruner)
        return own
    pruner: BasePruner = load_factory(PRUNERS[name])(steps)
    return pruner
