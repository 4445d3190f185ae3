"""Event files of a search for TensorBoard: curves of each fold, settings of each trial.

The driver alone writes them, from what workers report. So it works on several machines
and with every backend, and needs no TensorFlow.
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
from models.config.hyperparameters import Value
from search.ledger.callback import Callback
from search.ledger.records import Counts
from search.trial.messages import Completed, Outcome, Report, TrialRequest

FOLDER = "tensorboard"


class EventFile:
    """One event file, written by the calling thread.

    tensorboardX's own writer uses a thread whose errors cannot be caught.
    """

    def __init__(self, folder: Path) -> None:
        """Starts a file in a folder, which is created."""
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
        """Flushes to the disk."""
        self._records.flush()

    def close(self) -> None:
        """Flushes and closes the file."""
        try:
            self.flush()
        finally:
            self._records.close()

    def _write(self, event: Any) -> None:
        self._records.write(event.SerializeToString())


class TensorBoardWriter(Callback):
    """Writes the curves of a search.

    A trial is a folder, ``trial-0007``, with its settings. Each fold is a folder in it,
    ``fold-1``, with two runs of the same curves: ``training`` and ``validation``.
    """

    def __init__(self, folder: Path) -> None:
        """Writes to ``folder``, which is created with the first trial."""
        self._folder = folder
        self._running: dict[int, TrialRequest] = {}
        self._open: dict[int, tuple[int, dict[str, EventFile]]] = {}

    def on_trial_start(self, request: TrialRequest, counts: Counts) -> None:
        """Keeps the settings until the trial ends."""
        self._running[request.number] = request

    def on_epoch_end(self, number: int, report: Report) -> None:
        """Writes a point of each curve."""
        with self._writing():
            for name, writer in self._writers(number, report.fold).items():
                for tag, value in getattr(report.curves, name).items():
                    writer.scalar(tag, value, report.epoch)
                writer.flush()

    def on_trial_end(self, number: int, outcome: Outcome, counts: Counts) -> None:
        """Writes a trial's settings and value."""
        request = self._running.pop(number)
        with self._writing():
            self._end(number)
            with closing(EventFile(self._trial(number))) as writer:
                _write_trial(writer, request.values, outcome)

    def on_search_end(self) -> None:
        """Closes the files of interrupted trials."""
        for number in list(self._open):
            with suppress(OSError):  # reported already, or lost as after a kill
                self._end(number)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Turns an error of the disk into one message."""
        try:
            yield
        except OSError as error:
            raise RunError(
                f"{self._folder}: the curves cannot be written ({error.strerror}); "
                "make room, or set search.tensorboard = false; then run the same "
                "command to resume"
            ) from error

    def _trial(self, number: int) -> Path:
        return self._folder / f"trial-{number:04}"

    def _writers(self, number: int, fold: int) -> dict[str, EventFile]:
        """Returns the files of a fold; closes those of the fold before."""
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
    """Writes what TensorBoard's table of hyperparameters reads."""
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
