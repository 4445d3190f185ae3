"""Between Tune and the ledger: what the Searcher and the Scheduler share.

It knows Tune's rules and imports nothing of Ray, so that a test needs no Ray either.
"""

import time
from collections.abc import Callable
from typing import Any

from search.ledger import Ledger
from search.results import (
    Asked,
    Failed,
    Outcome,
    Pruned,
    Report,
    Retrained,
    RetrainOrder,
    settled,
)

FINISHED = "FINISHED"
"""What Tune takes for the end of a search; ``ray.tune.search.Searcher.FINISHED``."""


class Bridge:
    """What Searcher and Scheduler share: the ledger and the trials that run."""

    def __init__(self, ledger: Ledger, then: Callable[[], RetrainOrder | None]) -> None:
        """Joins a ledger and what comes after the search."""
        self.error: BaseException | None = None
        self.retrained: Retrained | Failed | None = None
        self._ledger = ledger
        self._then = then
        self._running: dict[str, _Running] = {}
        self._retraining: str | None = None
        self._over = False

    def __getstate__(self) -> dict[str, Any]:
        """Pickles to nothing: Tune keeps copies to restore from, which nobody does."""
        return {}

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        """Gives Tune the next thing to do: a trial, the retraining, nothing yet."""
        if self._over or self.error is not None:
            return FINISHED
        if self._retraining is not None:
            return None
        asked = self._ledger.ask()
        if asked is not None:
            self._running[trial_id] = _Running(asked)
            return {"asked": asked}
        if self._running:
            return None
        order = self._then()
        if order is None:
            self._over = True
            return FINISHED
        self._retraining = trial_id
        return {"order": order}

    def report(self, trial_id: str, result: dict[str, Any]) -> bool:
        """Records an epoch; tells whether the trial stops here."""
        running = self._running.get(trial_id)
        if running is None or "report" not in result:
            return False
        report: Report = result["report"]
        running.last = report
        running.pruned = self._ledger.report(running.asked.number, report)
        return running.pruned

    def complete(
        self, trial_id: str, result: dict[str, Any] | None, *, error: bool
    ) -> None:
        """Records how a trial or the retraining ended."""
        if trial_id == self._retraining:
            self._over = True
            found = None if error or result is None else result.get("retrained")
            self.retrained = found or Failed(reason="the worker of retraining died")
            return
        running = self._running.pop(trial_id, None)
        if running is None:
            return
        self._ledger.tell(running.asked.number, running.outcome(result, error=error))


class _Running:
    """A trial on a worker, and its last report."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.pruned = False
        self.last: Report | None = None
        self._proposed = time.time()

    def outcome(self, result: dict[str, Any] | None, *, error: bool) -> Outcome:
        """Says how the trial ended."""
        found: Outcome = Failed(reason="the worker died in this trial")
        started = self._proposed
        if result is not None:
            started = result.get("started", started)
        if self.pruned:
            found = Pruned(reason="pruner")
        elif not error and result is not None and "outcome" in result:
            found = result["outcome"]
        waited = max(0.0, started - self._proposed)
        return settled(found, self.last, asked=self.asked.seconds, waited=waited)
