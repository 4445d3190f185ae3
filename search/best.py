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
    return next(iter(ranked(trials)), None)


def _place(trial: Valued) -> int:
    """Returns a trial's place in the order of asking; its number, if that is unknown.

    So of equals a kill of the search lets the same one win.
    """
    ordinal: int | None = getattr(trial, "ordinal", None)
    return trial.number if ordinal is None else ordinal


def ranked(trials: Iterable[Trial]) -> list[Trial]:
    """Sorts the completed trials from the best, of equals the first one first."""
    done = [(trial.value, -_place(trial), trial) for trial in trials]
    kept = [one for one in done if one[0] is not None]
    kept.sort(key=lambda one: (one[0], one[1]), reverse=True)
    return [trial for _, _, trial in kept]
