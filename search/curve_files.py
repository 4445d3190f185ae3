"""TensorBoard's files of a search: curves of each fold, hyperparameters of each trial.

The driver alone writes them, from what workers report: it works on several machines,
with every backend, and needs no TensorFlow.
"""

from collections.abc import Mapping
from pathlib import Path

from tensorboardX import SummaryWriter
from tensorboardX.summary import hparams

from models.settings import Value
from search.records import Counts, Read, Watcher
from search.results import Asked, Completed, Outcome, Report

FOLDER = "tensorboard"


class CurveFiles:
    """Watches a search for another watcher, and draws its curves.

    A trial is a folder, ``trial-0007``, with its hyperparameters; each fold is one in
    it, ``fold-1``, with two runs of the same curves: ``training`` and ``validation``.
    """

    def __init__(self, watcher: Watcher, folder: Path) -> None:
        """Takes whom to tell, and the folder, made with the first trial."""
        self._watcher = watcher
        self._folder = folder
        self._asked: dict[int, Asked] = {}
        self._open: dict[int, tuple[int, dict[str, SummaryWriter]]] = {}

    def opened(self, read: Read) -> None:
        """Sees that the ledger is open."""
        self._watcher.opened(read)

    def asked(self, asked: Asked, counts: Counts) -> None:
        """Sees a trial begin."""
        self._asked[asked.number] = asked
        self._watcher.asked(asked, counts)

    def reported(self, number: int, report: Report) -> None:
        """Draws an epoch."""
        for name, writer in self._writers(number, report.fold).items():
            for tag, value in getattr(report.curves, name).items():
                writer.add_scalar(tag, value, report.epoch)
            writer.flush()
        self._watcher.reported(number, report)

    def told(self, number: int, outcome: Outcome, counts: Counts) -> None:
        """Writes a trial's hyperparameters and what it came to."""
        self._end(number)
        asked = self._asked.pop(number)
        with SummaryWriter(str(self._trial(number))) as writer:
            _write_trial(writer, asked.values, outcome)
        self._watcher.told(number, outcome, counts)

    def closed(self) -> None:
        """Closes the files of trials that nobody runs any more."""
        for number in list(self._open):
            self._end(number)
        self._watcher.closed()

    def _trial(self, number: int) -> Path:
        return self._folder / f"trial-{number:04}"

    def _writers(self, number: int, fold: int) -> dict[str, SummaryWriter]:
        """Gives the files of a fold; those of the fold before are closed."""
        at, writers = self._open.get(number, (-1, {}))
        if at != fold:
            self._end(number)
            place = self._trial(number) / f"fold-{fold + 1}"
            names = ("training", "validation")
            writers = {name: SummaryWriter(str(place / name)) for name in names}
            self._open[number] = (fold, writers)
        return writers

    def _end(self, number: int) -> None:
        _, writers = self._open.pop(number, (-1, {}))
        for writer in writers.values():
            writer.close()


def _write_trial(
    writer: SummaryWriter, values: Mapping[str, Value], outcome: Outcome
) -> None:
    """Writes the rows that TensorBoard's table of hyperparameters reads."""
    found: dict[str, float] = {}
    epochs = outcome.spent.epochs
    if isinstance(outcome, Completed):
        found = {"value": outcome.value}
        found |= {} if outcome.gap is None else {"gap": outcome.gap.gap}
        epochs = outcome.epoch
    for summary in hparams(dict(values), {"value": 0.0, "gap": 0.0}):
        writer.file_writer.add_summary(summary)
    for name, value in found.items():
        writer.add_scalar(name, value, epochs)
