"""What the ledger says of trials: counts, records, and who may watch."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from models.settings import Value
from search.results import Asked, Outcome, Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How far the budget is spent; interrupted trials are in none of these."""

    completed: int
    pruned: int
    failed: int
    running: int
    budget: int

    @property
    def done(self) -> int:
        """Trials that count: completed, pruned, and failed by their own doing."""
        return self.completed + self.pruned + self.failed


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRecord:
    """One trial as the storage holds it.

    ``known`` names the known configuration that it is, if it is one. An
    ``interrupted`` one was lost with its driver or its worker, and counts for nothing.
    ``ordinal`` counts the trials that were asked before, where that is known: one that
    runs a lost one again has its ordinal and another number.
    """

    number: int
    state: str
    reason: str
    value: float | None
    values: Mapping[str, Value]
    curve: Mapping[int, float]
    attributes: Mapping[str, Any]
    known: str = ""
    interrupted: bool = False
    ordinal: int | None = None


Read = Callable[[], Sequence[TrialRecord]]
"""Reads every trial that was begun, in the order of their numbers."""


class Watcher(Protocol):
    """Who wants to see a search go on."""

    def opened(self, read: Read) -> None:
        """Sees that the ledger is open, and nobody runs trials yet."""

    def asked(self, asked: Asked, counts: Counts) -> None:
        """Sees a trial begin."""

    def reported(self, number: int, report: Report) -> None:
        """Sees an epoch."""

    def told(self, number: int, outcome: Outcome, counts: Counts) -> None:
        """Sees a trial end."""

    def closed(self) -> None:
        """Sees that nobody runs trials any more."""


class Unwatched:
    """Nobody looks."""

    def opened(self, read: Read) -> None:
        """Sees that the ledger is open, and nobody runs trials yet."""

    def asked(self, asked: Asked, counts: Counts) -> None:
        """Sees a trial begin."""

    def reported(self, number: int, report: Report) -> None:
        """Sees an epoch."""

    def told(self, number: int, outcome: Outcome, counts: Counts) -> None:
        """Sees a trial end."""

    def closed(self) -> None:
        """Sees that nobody runs trials any more."""
