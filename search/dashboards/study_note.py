"""Keeps the note of a run's Optuna study up to date."""

from collections.abc import Callable, Sequence

from search.ledger.callback import Callback, ReadRecords, no_records
from search.ledger.records import Counts, TrialRecord
from search.trial.messages import Completed, Outcome


class StudyNote(Callback):
    """Writes the note when the search begins, at each new best trial, and at its end.

    Counts of trials are not in it, so that it is written rarely.
    """

    def __init__(self, render: Callable[[Sequence[TrialRecord]], str]) -> None:
        """Takes what renders the note as Markdown, of the trials so far."""
        self._render = render
        self._read_records: ReadRecords = no_records
        self._save: Callable[[str], None] | None = None
        self._best = float("-inf")

    def on_search_start(self, read_records: ReadRecords) -> None:
        """Keeps the reader of trials."""
        self._read_records = read_records

    def begin(self, save: Callable[[str], None]) -> None:
        """Writes the note by ``save`` from now on."""
        self._save = save
        self.update()

    def update(self) -> None:
        """Writes the note anew."""
        if self._save is not None:
            self._save(self._render(self._read_records()))

    def on_trial_end(self, number: int, outcome: Outcome, counts: Counts) -> None:
        """Names a new best trial."""
        if isinstance(outcome, Completed) and outcome.value > self._best:
            self._best = outcome.value
            self.update()
