"""Pruners; each compares trials at the same fold and epoch only.

Steps are ``fold * stride + epoch``. Optuna's own median and patient pruners compare
across folds, its Wilcoxon pruner uses every step, and its halving compares a trial with
fewer epochs at the next step after a rung, which belongs to another fold.
"""

import binascii
import itertools
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median

from optuna import Study
from optuna.pruners import BasePruner, NopPruner
from optuna.trial import FrozenTrial, TrialState

from search.ledger.records import best_trial
from search.sampling.parameter_sets import ordinal_of
from search.study.algorithms import PRUNERS, load_factory
from search.trial.curve import smoothed

REDUCTION_FACTOR = 3
STARTUP_TRIALS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """How steps are counted: ``folds`` of at most ``stride`` epochs each."""

    folds: int
    stride: int

    @property
    def grace(self) -> int:
        """Epochs of a fold that are never pruned: a third of them, at least 1."""
        return max(1, self.stride // 3)

    def place(self, step: int) -> tuple[int, int]:
        """Returns fold (from 0) and epoch (from 1) of a step."""
        return (step - 1) // self.stride, (step - 1) % self.stride + 1

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


class SameStepMedianPruner(BasePruner):
    """Prunes a trial below the median of completed trials at the very same step."""

    def __init__(self, steps: Steps) -> None:
        """Compares trials by the folds and epochs of ``steps``."""
        self._steps = steps

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        """Compares the trial at its last step."""
        step = trial.last_step
        if step is None or self._steps.place(step)[1] < self._steps.grace:
            return False
        others = [
            other.intermediate_values[step]
            for other in study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
            if step in other.intermediate_values
        ]
        if len(others) < STARTUP_TRIALS:
            return False
        return bool(trial.intermediate_values[step] < median(others))


class SameStepHalvingPruner(BasePruner):
    """Keeps the best third of the trials at each rung, which is a single step.

    It keeps no state beside the reports, so a failed trial no longer competes.
    Source: Li et al. 2020, "A System for Massively Parallel Hyperparameter Tuning".
    """

    def __init__(self, steps: Steps, *, bracket: int = 0) -> None:
        """Starts with the first rung of ``bracket``; later brackets start later."""
        self._first: int = steps.grace * REDUCTION_FACTOR**bracket

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        """Compares the trial if its last step is a rung."""
        return self.loses(trial, study.get_trials(deepcopy=False))

    def loses(self, trial: FrozenTrial, among: Iterable[FrozenTrial]) -> bool:
        """Compares the trial with others; failed ones do not compete."""
        step = trial.last_step
        if step is None or not self._is_rung(step):
            return False
        value = trial.intermediate_values[step]
        others = [
            other.intermediate_values[step]
            for other in among
            if step in other.intermediate_values
            and other.number != trial.number
            and other.state != TrialState.FAIL
        ]
        competing = sorted([*others, value])
        kept = max(1, len(competing) // REDUCTION_FACTOR)
        return bool(value < competing[-kept])

    def _is_rung(self, step: int) -> bool:
        rung = self._first
        while rung < step:
            rung *= REDUCTION_FACTOR
        return rung == step


class SameStepHyperbandPruner(BasePruner):
    """Assigns each trial to a bracket of successive halving.

    Brackets are assigned as in Optuna's Hyperband, but by the trial's ordinal, so that
    a retry stays in its bracket.
    Source: Li et al. 2018, "Hyperband: A Novel Bandit-Based Approach".
    """

    def __init__(self, steps: Steps) -> None:
        """Compares trials by the folds and epochs of ``steps``."""
        most = max(steps.grace, steps.folds * steps.stride)
        count = math.floor(math.log(most / steps.grace, REDUCTION_FACTOR)) + 1
        self._halvings = [SameStepHalvingPruner(steps, bracket=i) for i in range(count)]
        self._shares = [
            math.ceil(count * REDUCTION_FACTOR**more / (more + 1))
            for more in reversed(range(count))
        ]

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        """Compares the trial within its bracket."""
        bracket = self._bracket(study, trial)
        among = [
            other
            for other in study.get_trials(deepcopy=False)
            if self._bracket(study, other) == bracket
        ]
        return self._halvings[bracket].loses(trial, among)

    def _bracket(self, study: Study, trial: FrozenTrial) -> int:
        name = f"{study.study_name}_{ordinal_of(trial)}"
        drawn = binascii.crc32(name.encode()) % sum(self._shares)
        ends = itertools.accumulate(self._shares)
        return next(index for index, end in enumerate(ends) if drawn < end)


class FoldPatientPruner(BasePruner):
    """Compares with the median only when a fold has not improved for some epochs.

    The patience is a third of a fold's epochs.
    """

    def __init__(self, steps: Steps) -> None:
        """Compares trials by the folds and epochs of ``steps``."""
        self._inner = SameStepMedianPruner(steps)
        self._steps = steps

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        """Compares the trial at its last step."""
        if trial.last_step is None:
            return False
        fold, _ = self._steps.place(trial.last_step)
        curve = self._steps.fold_values(trial.intermediate_values, fold)
        patience = self._steps.grace
        if len(curve) <= patience or max(curve[-patience:]) > max(curve[:-patience]):
            return False
        return self._inner.prune(study, trial)


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

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        """Compares the finished folds at the first step of the next fold."""
        if trial.last_step is None:
            return False
        fold, epoch = self._steps.place(trial.last_step)
        done = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        best = best_trial(done)
        if epoch > 1 or fold < 2 or best is None:  # noqa: PLR2004 - one pair has no rank
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


class NeverPruner(NopPruner):
    """Prunes nothing."""

    def __init__(self, steps: Steps) -> None:
        """Ignores ``steps``."""
        del steps


def build_pruner(name: str, steps: Steps) -> BasePruner:
    """Builds a pruner that ``search.study.algorithms`` registers."""
    pruner: BasePruner = load_factory(PRUNERS[name])(steps)
    return pruner
