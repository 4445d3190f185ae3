"""What a trial keeps while it runs: checkpoints, and folds that are finished."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from search.trial.checkpoints import Checkpoints
from search.trial.finished.finished_fold import FinishedFold
from search.trial.finished.resume import Resume
from search.trial.fold_history import FoldHistory
from search.trial.messages import Report, Spent


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeper:
    """Keeps what a study asks for; by default nothing."""

    checkpoints: Checkpoints | None = None
    resume: Resume | None = None

    def spent(self) -> Spent | None:
        """Returns what an earlier run had spent by then, with the model's costs."""
        if self.resume is None or not self.resume.folds:
            return None
        return self.resume.folds[-1].spent

    def take_over(self, index: int) -> FinishedFold | None:
        """Returns a fold that was finished before; its weights are in place then."""
        if self.resume is None or index >= len(self.resume.folds):
            return None
        fold = self.resume.folds[index]
        if self.checkpoints is not None:
            self.checkpoints.put(index, fold.history.values, fold.weights)
        return fold

    def keep(
        self, fold: FoldHistory, reports: Sequence[Report], *, is_over: bool
    ) -> Report:
        """Keeps the newest epoch; returns its report, with the fold if that is over.

        The last fold is not sent: the trial's outcome follows it.
        """
        report = reports[-1]
        if self.checkpoints is not None:
            self.checkpoints.add(report.fold, fold.values)
        if self.resume is None or not is_over or report.last:
            return report
        weights = b""
        if self.checkpoints is not None:
            weights = self.checkpoints.best(report.fold, fold.values)
        done = FinishedFold(history=fold, reports=tuple(reports), weights=weights)
        return replace(report, finished=self.resume.pack(report.fold, done))

    def end(self, folds: Sequence[FoldHistory]) -> None:
        """Writes the models of a completed trial."""
        if self.checkpoints is not None:
            self.checkpoints.end([fold.values for fold in folds])
