"""How long a run may still take: its trials and the retraining."""

import time
from collections.abc import Callable, Sequence

from search.callbacks.forecast import rows_in_retraining
from search.callbacks.running_trials import clock
from search.ledger.records import Counts
from search.study.study import Study


class TimeLeft:
    """Estimates the rest of a run from what this start of it has taken.

    Before a trial has ended the estimate is an upper bound: every trial is trained to
    its last epoch.
    """

    def __init__(
        self, study: Study, *, retrains: bool, now: Callable[[], float] = time.monotonic
    ) -> None:
        """Counts the retraining too where the run ``retrains``."""
        self._study, self._now = study, now
        self._seeds = study.final.seeds if retrains else 0
        self._began: float | None = None
        self._after: tuple[float, float] | None = None
        self._workers, self._ended, self._epochs = 1, 0, 0
        self._spent = self._trained = 0.0

    def start_trial(self, running: int) -> None:
        """Notes how many trials run at once."""
        self._began = self._now() if self._began is None else self._began
        self._workers = max(self._workers, running)

    def end_epoch(self, seconds: float) -> None:
        """Notes what an epoch took."""
        self._trained += seconds
        self._epochs += 1

    def end_trial(self, seconds: float) -> None:
        """Notes what a whole trial took, from its proposal."""
        self._spent += seconds
        self._ended += 1

    def retrain(self, *, epochs: int, seeds: int) -> None:
        """Begins to count the retraining, of so many epochs and seeds, alone."""
        self._after = self._now(), self._of_retraining(epochs, seeds)

    def describe(self, counts: Counts, elapsed: Sequence[float]) -> str:
        """Describes the rest; ``elapsed`` are the seconds of the running trials.

        A question mark stands for it before the first epoch.
        """
        if not self._epochs:
            return "left ?"
        if self._after is not None:
            began, whole = self._after
            rest = max(0.0, began + whole - self._now())
            return f"left about {clock(rest)}"
        waiting = max(0, counts.budget - counts.done - len(elapsed))
        each = self._of_trial()
        work = waiting * each + sum(max(0.0, each - one) for one in elapsed)
        whole = self._within_hours(work / self._workers)
        whole += self._of_retraining(self._study.stride, self._seeds)
        return f"left {'about' if self._ended else 'at most'} {clock(whole)}"

    def _of_trial(self) -> float:
        if self._ended:
            return self._spent / self._ended
        study = self._study
        return study.stride * study.split.folds * self._trained / self._epochs

    def _of_retraining(self, epochs: int, seeds: int) -> float:
        if not self._epochs:
            return 0.0
        rounds = -(-seeds // self._workers)
        each = self._trained / self._epochs * rows_in_retraining(self._study)
        return rounds * epochs * each

    def _within_hours(self, seconds: float) -> float:
        """Bounds the rest of the search by its hours, as if it had begun now."""
        hours = self._study.search.hours
        if hours is None or self._began is None:
            return seconds
        return min(seconds, max(0.0, self._began + hours * 3600 - self._now()))
