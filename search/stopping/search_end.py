"""Why a search starts no more trials."""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Self

from optuna.trial import FrozenTrial, TrialState

from data_pipeline.pages.wording import counted
from search.costs.memory_fit import NOT_STARTED
from search.sampling.objectives import newest_on_front
from search.sampling.parameter_sets import is_counted, ordinal_of
from search.study.algorithms import sampler_of
from search.study.sections import Search
from search.trial.messages import OUT_OF_MEMORY, WHY

HOUR = 3600.0

MOST_REFUSED = 20
"""Trials that do not start as too large for the memory, where none has trained."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchEnd:
    """Why a search has ended; ``early`` is before its number of trials.

    It ``failed`` where no trial trained.
    """

    reason: str
    early: bool = False
    failed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What a start finds: how many trials have failed, and how many did not start."""

    failed: int = 0
    refused: int = 0

    @classmethod
    def of(cls, trials: Sequence[FrozenTrial], *, grid: bool = False) -> Self:
        """Counts them; ``grid`` is as in ``failed``."""
        count = len(failed(trials, grid=grid))
        return cls(failed=count, refused=len(refused(trials)))


ALL_TRIED = SearchEnd(reason="every configuration of the grid has run", early=True)


def all_run(search: Search) -> SearchEnd:
    """Returns the end of a search that has run its number of trials."""
    return SearchEnd(reason=f"all trials have run (search.trials = {search.trials})")


def early_end(
    search: Search,
    trials: Sequence[FrozenTrial],
    *,
    running: Container[int],
    seconds: float,
    goals: Sequence[str] = (),
    before: Before = Before(),
) -> SearchEnd | None:
    """Checks the limits beside the number of trials.

    A search starts no more trials once it has searched for ``search.hours``, nor once
    ``search.stop_after`` trials have begun after the best one. Those that run still
    end, and with a better one among them the search continues. Nor does one start
    where the first ``search.stop_after_failures`` trials have all failed, or where
    ``MOST_REFUSED`` are too large for the memory and none has trained. A grid goes on
    to the smaller ones, and ends by itself.

    Args:
        search: the section of the study.
        trials: all of the search's own.
        running: the numbers of those that run now.
        seconds: how long the run has searched.
        goals: the objectives, where there are several; a trial is then better that no
            other one dominates.
        before: what this start found.

    Returns:
        Why no trial may begin, or ``None`` if one may.
    """
    if search.hours is not None and seconds >= search.hours * HOUR:
        reason = f"its time is used up (search.hours = {search.hours:g})"
        return SearchEnd(reason=reason, early=True)
    grid = sampler_of(search.sampler).walks_grid
    count = len(failed(trials, grid=grid))
    if count - before.failed >= search.stop_after_failures:
        reason = _all_failed(count, search, grid=grid)
        return SearchEnd(reason=reason, early=True, failed=True)
    too_large = len(refused(trials))
    if not grid and too_large - before.refused >= MOST_REFUSED:
        return SearchEnd(reason=_all_refused(too_large), early=True, failed=True)
    best = best_so_far(trials, goals) if search.stop_after is not None else None
    if best is None or begun_after(best, trials, running) < (search.stop_after or 0):
        return None
    reason = (
        f"no better trial than {best.number} in {search.stop_after} trials "
        f"(search.stop_after = {search.stop_after})"
    )
    return SearchEnd(reason=reason, early=True)


def failed(trials: Sequence[FrozenTrial], *, grid: bool = False) -> list[FrozenTrial]:
    """Lists the trials that failed or ran out of memory, if no other one has ended.

    Once a trial has trained, pruned perhaps, a failure is that of one configuration.
    Of a ``grid`` those that ran out are not listed: several large ones may run at once,
    and smaller ones are left.
    """
    found = []
    for trial in trials:
        if trial.state.is_finished() and is_counted(trial) and _has_started(trial):
            if not _has_failed(trial):
                return []
            found.append(trial)
    if grid:
        return [trial for trial in found if not _ran_out(trial)]
    return found


def refused(trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    """Lists the trials that did not start as too large, if no other one has trained."""
    found = []
    for trial in trials:
        if trial.state.is_finished() and is_counted(trial):
            if not _has_failed(trial):
                return []
            if not _has_started(trial):
                found.append(trial)
    return found


def _has_started(trial: FrozenTrial) -> bool:
    """Whether a trial was not refused as too large for the memory."""
    return not str(trial.user_attrs.get(WHY, "")).startswith(NOT_STARTED)


def _has_failed(trial: FrozenTrial) -> bool:
    return trial.state == TrialState.FAIL or _ran_out(trial)


def _ran_out(trial: FrozenTrial) -> bool:
    return trial.user_attrs.get("reason") == OUT_OF_MEMORY


def _all_failed(count: int, search: Search, *, grid: bool) -> str:
    trials, limit = counted(count, "trial"), search.stop_after_failures
    # Of a grid others may have run out of memory before.
    others = f"{trials} failed and none has trained"
    begin = others if grid else f"all of its first {trials} failed"
    return f"{begin} (search.stop_after_failures = {limit})"


def _all_refused(count: int) -> str:
    return (
        f"{counted(count, 'trial')} did not start, as large as others that ran out of "
        "memory, and none has trained"
    )


def best_so_far(
    trials: Sequence[FrozenTrial], goals: Sequence[str] = ()
) -> FrozenTrial | None:
    """Finds the completed trial with the highest value, the first of equal ones.

    With several objectives it is the last one on the front.
    """
    done = [trial for trial in trials if trial.state == TrialState.COMPLETE]
    if goals:
        return newest_on_front(done, goals)
    return max(done, key=lambda t: (t.value, -ordinal_of(t)), default=None)


def begun_after(
    best: FrozenTrial, trials: Sequence[FrozenTrial], running: Container[int]
) -> int:
    """Counts the trials that began after the best one and that count in the budget.

    By their ordinals: the order in which trials end differs from run to run.
    """
    return sum(
        ordinal_of(trial) > ordinal_of(best)
        for trial in trials
        if trial.number in running or (trial.state.is_finished() and is_counted(trial))
    )
