"""The trials that run: a line for each in a terminal."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from models.config.config import is_full
from models.config.hyperparameters import HYPERPARAMETERS, Value
from search.trial.messages import Report, TrialRequest

EPOCHS = "training.epochs"

NARROW = 60
"""Columns below which a line has numbers without their names."""


@dataclass(slots=True, kw_only=True)
class RunningTrial:
    """A trial, the epoch that it has reported last, and seconds of that epoch."""

    request: TrialRequest
    started: float
    last: Report | None = None
    seconds: float = 0.0

    def report(self, report: Report) -> float:
        """Takes an epoch; returns its seconds."""
        before = 0.0 if self.last is None else _trained(self.last)
        self.seconds = _trained(report) - before
        self.last = report
        return self.seconds

    def line(self, *, folds: int, columns: int, now: float) -> str:
        """Describes the trial in a line for so many columns.

        Where there is no room for all, what it trains is cut, and not its numbers.
        """
        number, trained = self.request.number, trained_part(self.request.values)
        name = f"trial {number}" if columns >= NARROW else f"{number}"
        if self.last is None:
            done = f"starting {clock(now - self.started)}"
        else:
            done = self._progress(self.last, folds, columns)
        room = max(1, columns - len(f"{name}    {done}"))
        if len(trained) > room:
            trained = f"{trained[: room - 1]}\N{HORIZONTAL ELLIPSIS}"
        return f"{name}  {trained}  {done}"

    def _progress(self, last: Report, folds: int, columns: int) -> str:
        default = HYPERPARAMETERS[EPOCHS].default
        epoch = f"{last.epoch}/{self.request.values.get(EPOCHS, default)}"
        fold = f"{last.fold + 1}/{folds}"
        if columns < NARROW:
            return f"{fold} {epoch}  {last.value:.3f}  {self.seconds:.1f} s"
        part = f"fold {fold}  " if folds > 1 else ""
        each = f"{self.seconds:.1f} s an epoch"
        return f"{part}epoch {epoch}  value {last.value:.3f}  {each}"


def _trained(report: Report) -> float:
    return report.spent.trained + report.spent.validated


class RunningTrials:
    """The trials that run now."""

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        """Takes a clock in seconds."""
        self._now = now
        self._running: dict[int, RunningTrial] = {}
        self.folds = 1

    def __len__(self) -> int:
        """Counts them."""
        return len(self._running)

    def start(self, request: TrialRequest) -> None:
        """Adds a trial."""
        self._running[request.number] = RunningTrial(
            request=request, started=self._now()
        )

    def report(self, number: int, report: Report) -> float:
        """Takes an epoch of a trial; returns its seconds."""
        return self._running[number].report(report)

    def end(self, number: int) -> tuple[TrialRequest, float]:
        """Removes a trial; returns it and the seconds since its start."""
        trial = self._running.pop(number)
        return trial.request, self._now() - trial.started

    def elapsed(self) -> list[float]:
        """Lists for how many seconds each has run."""
        now = self._now()
        return [now - trial.started for trial in list(self._running.values())]

    def lines(self, *, columns: int, most: int) -> Iterator[str]:
        """Describes each in a line; at most so many."""
        trials, now = list(self._running.values()), self._now()
        shown = trials if len(trials) <= most else trials[: most - 1]
        for trial in shown:
            yield trial.line(folds=self.folds, columns=columns, now=now)
        if len(shown) < len(trials):
            yield f"and {len(trials) - len(shown)} more"


def trained_part(values: Mapping[str, Value]) -> str:
    """Names what a configuration trains.

    Example:
        >>> trained_part({"backbone.name": "resnet18"})
        'resnet18'
        >>> trained_part({"backbone.name": "resnet18", "finetune.stage": "features"})
        'head on resnet18'
    """
    default = HYPERPARAMETERS["backbone.name"].default
    backbone = str(values.get("backbone.name", default))
    return backbone if is_full(values) else f"head on {backbone}"


def clock(seconds: float) -> str:
    """Writes a duration.

    Example:
        >>> clock(75), clock(3700)
        ('1:15', '1:01:40')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
