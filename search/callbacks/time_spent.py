"""Where the time of a search went, printed at its end."""

import time
from collections.abc import Callable, Mapping

from search.ledger.callback import Callback
from search.ledger.records import Counts
from search.trial.messages import PHASES, Outcome, Report, Spent, TrialRequest


class TimeSpent(Callback):
    """Adds up what the trials of this run cost, and how long they took together."""

    def __init__(
        self,
        print_line: Callable[[str], None],
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prints by ``print_line``; ``now`` returns seconds."""
        self._print, self._now = print_line, now
        self._started: float | None = None
        self._wall = 0.0
        self._workers = 0
        self._spent = dict.fromkeys(PHASES, 0.0)
        self._earlier: dict[int, Spent] = {}

    def on_trial_start(self, request: TrialRequest, counts: Counts) -> None:
        """Starts the clock at the first trial."""
        self._workers = max(self._workers, counts.running)
        if self._started is None:
            self._started = self._now()

    def on_epoch_end(self, number: int, report: Report) -> None:
        """Notes what an earlier run of a trial had spent."""
        if report.repeated:
            self._earlier[number] = report.spent

    def on_trial_end(self, number: int, outcome: Outcome, counts: Counts) -> None:
        """Adds the seconds of a trial."""
        if self._started is not None:
            self._wall = self._now() - self._started
        earlier = self._earlier.pop(number, Spent())
        for name in PHASES:
            now = getattr(outcome.spent, name) - getattr(earlier, name)
            self._spent[name] += now

    def on_search_end(self) -> None:
        """Prints a line, if a trial has ended."""
        if self._wall > 0:
            self._print(describe_time(self._spent, self._wall, self._workers))


def describe_time(spent: Mapping[str, float], wall: float, workers: int) -> str:
    """Describes what the workers' time went to, the largest part first.

    ``spent`` is seconds by the names of ``Spent``, over all trials.

    Example:
        >>> print(describe_time({"traced": 10.0, "trained": 90.0}, 60.0, 2))
        time of 2 workers in 60 s: trained 90 s, traced 10 s; training is 75 % of it
    """
    largest = sorted(spent.items(), key=lambda part: -part[1])
    parts = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in largest if seconds)
    noun = "worker" if workers == 1 else "workers"
    share = 100 * spent["trained"] / (wall * workers)
    return (
        f"time of {workers} {noun} in {wall:.0f} s: {parts}; "
        f"training is {share:.0f} % of it"
    )
