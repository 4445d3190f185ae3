"""Trials as the ledger reads them: counts, records and their order by value."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from data_pipeline.system.errors import RunError
from models.config.hyperparameters import Value


class Valued(Protocol):
    """A ``TrialRecord`` or one of Optuna's trials."""

    @property
    def number(self) -> int:
        """The trial's number, from 0."""

    @property
    def value(self) -> float | None:
        """The objective's value, ``None`` unless completed."""


Trial = TypeVar("Trial", bound=Valued)


def best_trial(trials: Iterable[Trial]) -> Trial | None:
    """Returns the completed trial with the highest value, the first if tied."""
    return next(iter(rank_trials(trials)), None)


def _place(trial: Valued) -> int:
    """Returns a trial's ordinal, or else its number.

    By ordinal the same trial wins a tie even after the search was killed.
    """
    ordinal: int | None = getattr(trial, "ordinal", None)
    return trial.number if ordinal is None else ordinal


def rank_trials(trials: Iterable[Trial]) -> list[Trial]:
    """Sorts the completed trials from the best; in a tie the first comes first."""
    done = [(trial.value, -_place(trial), trial) for trial in trials]
    kept = [one for one in done if one[0] is not None]
    kept.sort(key=lambda one: (one[0], one[1]), reverse=True)
    return [trial for _, _, trial in kept]


def find_trial(trials: Iterable[Trial], number: int, *, place: str) -> Trial:
    """Finds the trial that a file of a run names; ``place`` is the file.

    Raises:
        RunError: the storage does not have it.
    """
    found = next((trial for trial in trials if trial.number == number), None)
    if found is None:
        raise RunError(
            f"{place}: names trial {number}, which the storage does not have; restore "
            "a copy of the storage, or name the run's own with --storage"
        )
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Trials by state, without interrupted ones; ``budget`` is their maximum."""

    completed: int
    pruned: int
    failed: int
    running: int
    budget: int

    @property
    def done(self) -> int:
        """Trials that count against the budget."""
        return self.completed + self.pruned + self.failed


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRecord:
    """One trial of the storage.

    ``enqueued`` is the name of the enqueued configuration, if it is one. An
    ``interrupted`` trial was lost with its driver or worker and does not count.
    ``objectives`` are those of a completed trial by name, where a study has several.
    ``ordinal`` counts the trials started before; a retry has the ordinal of the lost
    trial and a number of its own.
    """

    number: int
    state: str
    reason: str
    value: float | None
    values: Mapping[str, Value]
    curve: Mapping[int, float]
    attributes: Mapping[str, Any]
    enqueued: str = ""
    objectives: Mapping[str, float] = field(default_factory=dict)
    interrupted: bool = False
    ordinal: int | None = None
