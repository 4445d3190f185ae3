"""How long a run has searched, over all its starts."""

import time

import optuna

SECONDS = "seconds_searched"
"""The attribute of a run's Optuna study that holds it."""

STORE_EVERY = 10.0
"""Seconds after which it is stored between the ends of trials too."""

now = time.monotonic


class SearchClock:
    """Adds up the time between the steps of a search, and stores it with its trials.

    A step is a proposal, a report or the end of a trial. What comes before the first
    step of a start does not count (images are read), nor what follows the last one
    (the best trial is retrained).
    """

    def __init__(self, trials: optuna.Study, *, seconds: float) -> None:
        """Continues from the ``seconds`` that are stored."""
        self._trials = trials
        self._stored = self.seconds = seconds
        self._last: float | None = None

    def step(self, *, store: bool = False) -> None:
        """Adds the time since the last step; with ``store`` it survives a kill."""
        current = now()
        if self._last is not None:
            self.seconds += current - self._last
        self._last = current
        if store or self.seconds - self._stored >= STORE_EVERY:
            self._stored = self.seconds
            self._trials.set_user_attr(SECONDS, round(self.seconds, 3))
