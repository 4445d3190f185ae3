"""Facts of a search's trials that are kept up to date instead of read anew each time.

With 100,000 trials, looking at all of them at each report would take the driver longer
than the report does.
"""

from collections.abc import Sequence

from optuna.trial import FrozenTrial


class TrialTable:
    """What a subclass keeps of trials; an ended trial never changes again.

    Each trial is looked at while it is new or unfinished, and once when it has ended.
    """

    def __init__(self) -> None:
        """Begins with nothing."""
        self._seen = 0
        self._last: int | None = None
        self._latest: Sequence[FrozenTrial] = ()
        self.unfinished: set[int] = set()
        """The places of the trials that had not ended."""

    def update(self, trials: Sequence[FrozenTrial]) -> None:
        """Looks at the trials that may have changed.

        ``trials`` are all, in the order of their numbers. Where some are missing that
        were there before, all are looked at again. A list does not change, so that the
        same one is looked at once.
        """
        if trials is self._latest:
            return
        if not self._continues(trials):
            self.clear()
            self._seen, self.unfinished = 0, set()
        places = [*sorted(self.unfinished), *range(self._seen, len(trials))]
        for place in places:
            trial = trials[place]
            if trial.state.is_finished():
                self.unfinished.discard(place)
            else:
                self.unfinished.add(place)
            self.add(trial)
        self._seen = len(trials)
        self._last = trials[-1].number if trials else None
        self._latest = trials

    def add(self, trial: FrozenTrial) -> None:
        """Keeps what is new of a trial."""

    def clear(self) -> None:
        """Forgets all trials."""

    def _continues(self, trials: Sequence[FrozenTrial]) -> bool:
        seen = self._seen
        return not seen or (
            len(trials) >= seen and trials[seen - 1].number == self._last
        )
