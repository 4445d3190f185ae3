"""How long a run has searched, over all its starts."""

import time

import optuna

from search.storage.hidden_attributes import hide_study_attribute

SECONDS = "seconds_searched"
"""The attribute that holds it: of each trial at its end, and of the Optuna study."""

STORE_EVERY = 10.0
"""Seconds after which it is stored between the ends of trials too."""

now = time.monotonic


class SearchClock:
    """Adds up the time between the steps of a search, and stores it at times.

    A step is a proposal, a report or the end of a trial. What comes before the first
    step of a start does not count (images are read), nor what follows the last one
    (the best trial is retrained).
    """

    def __init__(self, trials: optuna.Study, *, seconds: float) -> None:
        """Continues from the ``seconds`` that are stored."""
        self._trials = trials
        self._stored = self.seconds = seconds
        self._last: float | None = None

    def step(self) -> float:
        """Adds the time since the last step; returns all seconds."""
        current = now()
        if self._last is not None:
            self.seconds += current - self._last
        self._last = current
        return round(self.seconds, 3)

    def store(self, *, every: float = STORE_EVERY) -> None:
        """Stores the time, unless little has passed since; a kill loses no more."""
        if self.seconds - self._stored >= every:
            self._stored = self.seconds
            hide_study_attribute(self._trials, SECONDS, round(self.seconds, 3))
