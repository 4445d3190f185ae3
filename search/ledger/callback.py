"""Callbacks: hooks that run during a search."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from search.ledger.records import Counts, TrialRecord
from search.trial.messages import Outcome, Report, TrialRequest


class ReadRecords(Protocol):
    """Reads trials that were begun, in the order of their numbers."""

    def __call__(self, *numbers: int) -> Sequence[TrialRecord]:
        """Reads those with these numbers, or all."""


def no_records(*numbers: int) -> Sequence[TrialRecord]:
    """Stands for ``ReadRecords`` before a search begins."""
    del numbers
    return ()


class Callback:
    """Base class with hooks that do nothing, as in Keras and Ray Tune.

    The ledger calls its callbacks one after another, in the driver process. An
    exception in one of them ends the search.
    """

    def on_search_start(self, read_records: ReadRecords) -> None:
        """Runs when the ledger is open, before any trial runs."""

    def on_trial_start(self, request: TrialRequest, counts: Counts) -> None:
        """Runs when a trial begins."""

    def on_epoch_end(self, number: int, report: Report) -> None:
        """Runs after each epoch of a trial."""

    def on_trial_result(self, number: int, outcome: Outcome) -> None:
        """Runs when a trial has ended, before it is stored: a kill may come between."""

    def attachments(self, number: int, outcome: Outcome) -> Mapping[str, str]:
        """Lists attributes of Optuna that name files of a trial; runs after that."""
        del number, outcome
        return {}

    def on_trial_end(self, number: int, outcome: Outcome, counts: Counts) -> None:
        """Runs when a trial has ended and is stored."""

    def on_exhausted(self) -> None:
        """Runs before ``on_search_end`` if the search has ended: no trial is left."""

    def on_search_end(self) -> None:
        """Runs when the ledger closes; interrupted trials are settled by then."""
