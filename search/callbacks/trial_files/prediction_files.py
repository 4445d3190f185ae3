"""Keeps the out-of-fold predictions of completed trials in the run's folder."""

from pathlib import Path

from models.evaluation.out_of_fold import delete_other_predictions, write_predictions
from search.ledger.callback import Callback, ReadRecords
from search.trial.messages import Completed, Outcome


class PredictionFiles(Callback):
    """Writes a file before its trial is stored; deletes those of no trial."""

    def __init__(self, folder: Path) -> None:
        """Writes to ``folder``."""
        self._folder = folder

    def on_search_start(self, read_records: ReadRecords) -> None:
        """Deletes what a kill left before its trial was stored."""
        completed = [r.number for r in read_records() if r.value is not None]
        delete_other_predictions(self._folder, completed)

    def on_trial_result(self, number: int, outcome: Outcome) -> None:
        """Writes the predictions of a completed trial."""
        if isinstance(outcome, Completed) and outcome.predictions is not None:
            write_predictions(self._folder, number, outcome.predictions)
