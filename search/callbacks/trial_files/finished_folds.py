"""Keeps the finished folds of running trials, and deletes them when a trial ends."""

from search.ledger.callback import Callback, ReadRecords
from search.ledger.records import Counts
from search.trial.finished.fold_files import FoldFiles
from search.trial.messages import Outcome, Report, TrialRequest, WorkerDied


class FinishedFolds(Callback):
    """Writes each fold that is over; a lost trial's stay until it has run again."""

    def __init__(self, files: FoldFiles) -> None:
        """Writes to ``files``."""
        self._files = files
        self._seeds: dict[int, int] = {}

    def on_search_start(self, read_records: ReadRecords) -> None:
        """Deletes what a killed driver left of trials that do not run again."""
        lost: set[int] = set()
        ended: set[int] = set()
        for record in read_records():
            if "seed" in record.attributes:  # a refused one has none
                seeds = lost if record.interrupted else ended
                seeds.add(record.attributes["seed"])
        self._files.keep_only(lost - ended)

    def on_trial_start(self, request: TrialRequest, counts: Counts) -> None:
        """Notes the seed, which names the trial's files."""
        self._seeds[request.number] = request.seed

    def on_epoch_end(self, number: int, report: Report) -> None:
        """Writes a fold that is over."""
        if report.finished is not None:
            self._files.write(self._seeds[number], report.fold, report.finished)

    def on_trial_end(self, number: int, outcome: Outcome, counts: Counts) -> None:
        """Deletes the folds of a trial that does not run again."""
        seed = self._seeds.pop(number)
        if not isinstance(outcome, WorkerDied):
            self._files.remove(seed)

    def on_exhausted(self) -> None:
        """Deletes the folds of lost trials, which do not run again."""
        self._files.keep_only(())
