"""TensorBoard's files of a search: curves of each fold, hyperparameters of each trial.

The driver alone writes them, from what workers report: it works on several machines,
with every backend, and needs no TensorFlow.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from socket import gethostname
from time import time
from typing import Any

from tensorboardX.proto.event_pb2 import Event
from tensorboardX.record_writer import RecordWriter
from tensorboardX.summary import hparams, scalar

from data_pipeline.system.errors import RunError
from models.config.settings import Value
from search.ledger.records import Counts, Read, Watcher
from search.trial.messages import Asked, Completed, Outcome, Report

FOLDER = "tensorboard"


class EventFile:
    """One file of TensorBoard's, written by the thread that has something to write.

    The usual writer has a thread of its own, whose errors nobody can catch.
    """

    def __init__(self, folder: Path) -> None:
        """Begins a file in a folder, which is made."""
        folder.mkdir(parents=True, exist_ok=True)
        name = f"events.out.tfevents.{time():.0f}.{gethostname()}"
        self._records = RecordWriter(str(folder / name))
        self._write(Event(file_version="brain.Event:2", wall_time=time()))

    def add(self, summary: Any, step: int = 0) -> None:
        """Writes a summary."""
        self._write(Event(summary=summary, step=step, wall_time=time()))

    def scalar(self, tag: str, value: float, step: int) -> None:
        """Writes a point of a curve."""
        self.add(scalar(tag, value), step)

    def flush(self) -> None:
        """Brings what is written to the disk."""
        self._records.flush()

    def close(self) -> None:
        """Ends the file."""
        try:
            self.flush()
        finally:
            self._records.close()

    def _write(self, event: Any) -> None:
        self._records.write(event.SerializeToString())


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
        self._open: dict[int, tuple[int, dict[str, EventFile]]] = {}

    def opened(self, read: Read) -> None:
        """Sees that the ledger is open."""
        self._watcher.opened(read)

    def asked(self, asked: Asked, counts: Counts) -> None:
        """Sees a trial begin."""
        self._asked[asked.number] = asked
        self._watcher.asked(asked, counts)

    def reported(self, number: int, report: Report) -> None:
        """Draws an epoch."""
        with self._writing():
            for name, writer in self._writers(number, report.fold).items():
                for tag, value in getattr(report.curves, name).items():
                    writer.scalar(tag, value, report.epoch)
                writer.flush()
        self._watcher.reported(number, report)

    def told(self, number: int, outcome: Outcome, counts: Counts) -> None:
        """Writes a trial's hyperparameters and what it came to."""
        asked = self._asked.pop(number)
        with self._writing():
            self._end(number)
            with closing(EventFile(self._trial(number))) as writer:
                _write_trial(writer, asked.values, outcome)
        self._watcher.told(number, outcome, counts)

    def closed(self) -> None:
        """Closes the files of trials that nobody runs any more."""
        for number in list(self._open):
            with suppress(OSError):  # told already, or lost as after a kill
                self._end(number)
        self._watcher.closed()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Turns what the disk refuses into one message."""
        try:
            yield
        except OSError as error:
            raise RunError(
                f"{self._folder}: the curves cannot be written ({error.strerror}); "
                "make room, or set search.tensorboard = false; then the same command "
                "goes on from here"
            ) from error

    def _trial(self, number: int) -> Path:
        return self._folder / f"trial-{number:04}"

    def _writers(self, number: int, fold: int) -> dict[str, EventFile]:
        """Gives the files of a fold; those of the fold before are closed."""
        at, writers = self._open.get(number, (-1, {}))
        if at != fold:
            self._end(number)
            place = self._trial(number) / f"fold-{fold + 1}"
            names = ("training", "validation")
            writers = {name: EventFile(place / name) for name in names}
            self._open[number] = (fold, writers)
        return writers

    def _end(self, number: int) -> None:
        _, writers = self._open.pop(number, (-1, {}))
        with ExitStack() as ends:
            for writer in writers.values():
                ends.callback(writer.close)


def _write_trial(
    writer: EventFile, values: Mapping[str, Value], outcome: Outcome
) -> None:
    """Writes the rows that TensorBoard's table of hyperparameters reads."""
    found: dict[str, float] = {}
    epochs = outcome.spent.epochs
    if isinstance(outcome, Completed):
        found = {"value": outcome.value}
        found |= {} if outcome.gap is None else {"gap": outcome.gap.gap}
        epochs = outcome.epoch
    for summary in hparams(dict(values), {"value": 0.0, "gap": 0.0}):
        writer.add(summary)
    for name, value in found.items():
        writer.scalar(name, value, epochs)
