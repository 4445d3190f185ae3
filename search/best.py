"""Which trial is the best: one rule for the ledger, the export and the pruners."""

from collections.abc import Iterable
from typing import Protocol, TypeVar


class Valued(Protocol):
    """A trial, of ours or of Optuna's."""

    @property
    def number(self) -> int:
        """The trial's number, from 0."""

    @property
    def value(self) -> float | None:
        """What it came to, if it was completed."""


Trial = TypeVar("Trial", bound=Valued)


def best_of(trials: Iterable[Trial]) -> Trial | None:
    """Returns the trial with the highest value, of equals the first.

    Args:
        trials: in any order.

    Returns:
        One that was completed, or none.
    """
    done = [trial for trial in trials if trial.value is not None]
    return max(done, key=lambda own: (own.value or 0.0, -own.number), default=None)
