"""Trials as the ledger reads them: counts, records and their order by value."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from models.config.hyperparameters import Value


class Valued(Protocol):
    """A trial, of ours or of Optuna's."""

    @property
    def number(self) -> int:
        """The trial's number, from 0."""

    @property
    def value(self) -> float | None:
        """What it came to, if it was completed."""


Trial = TypeVar("Trial", bound=Valued)


def best_trial(trials: Iterable[Trial]) -> Trial | None:
    """Returns the trial with the highest value, of equals the first.

    Args:
        trials: in any order.

    Returns:
        One that was completed, or none.
    """
    return next(iter(rank_trials(trials)), None)


def _place(trial: Valued) -> int:
    """Returns a trial's place in the order of asking; its number, if that is unknown.

    So of equals a kill of the search lets the same one win.
    """
    ordinal: int | None = getattr(trial, "ordinal", None)
    return trial.number if ordinal is None else ordinal


def rank_trials(trials: Iterable[Trial]) -> list[Trial]:
    """Sorts the completed trials from the best, of equals the first one first."""
    done = [(trial.value, -_place(trial), trial) for trial in trials]
    kept = [one for one in done if one[0] is not None]
    kept.sort(key=lambda one: (one[0], one[1]), reverse=True)
    return [trial for _, _, trial in kept]


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

    ``enqueued`` is the name of the enqueued configuration, if it is one. An
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
    enqueued: str = ""
    interrupted: bool = False
    ordinal: int | None = None
