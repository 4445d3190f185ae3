"""Shows a search's progress: a bar in a terminal, otherwise a line per trial."""

import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from data_pipeline.system.interrupts import raise_if_interrupted
from data_pipeline.system.terminal import escape_controls, one_line
from models.config.config import is_full
from models.config.hyperparameters import HYPERPARAMETERS, Value
from search.callbacks.json_events import JsonEvents
from search.callbacks.run_log import RunLog
from search.ledger.callback import Callback
from search.ledger.records import Counts
from search.trial.messages import (
    Completed,
    Failed,
    Outcome,
    Pruned,
    Report,
    TrialRequest,
    WorkerDied,
)


def open_console(*, quiet: bool = False) -> Console:
    """Opens a run's console: in a notebook it prints plain lines, as to a file.

    Rich would show each line in a box of its own there.
    """
    plain = False if Console().is_jupyter else None
    return Console(quiet=quiet, force_jupyter=False, force_terminal=plain)


class ProgressBar(Callback):
    """Prints to the console, and shows a bar where it is a terminal."""

    def __init__(
        self,
        console: Console,
        *,
        log: RunLog | None = None,
        events: JsonEvents | None = None,
    ) -> None:
        """Prints to ``console``; the bar is shown within the context.

        A quiet console shows nothing. Everything is in the log too, and among the
        events.
        """
        self._console = console
        self._shows_bar = console.is_terminal and not console.quiet
        self.log = log or RunLog()
        self.events = events
        self._expected = self._steps = 0
        self._best: float | None = None
        self._running: dict[int, tuple[float, TrialRequest]] = {}
        self._began: float | None = None
        self._ended = 0
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            TextColumn("{task.completed}/{task.total}"),
            TextColumn("{task.fields[status]}"),
            console=console,
            disable=not self._shows_bar,
        )
        self._task: TaskID | None = None
        self._stages: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        """Starts the bar."""
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stops the bar."""
        self.stop()

    def stop(self) -> None:
        """Removes the bar, so that later lines stay the last ones."""
        self._bar.stop()

    def stage(self, name: str, done: int, total: int) -> None:
        """Shows the progress of a step before the search, such as reading images."""
        raise_if_interrupted()
        if self.events is not None:
            self.events.stage(name, done, total)
        if name not in self._stages:
            self._say(f"{name}: {total}", shown=not self._shows_bar)
            self._stages[name] = self._bar.add_task(name, total=total, status="")
        self._bar.update(self._stages[name], completed=done)

    def print(self, text: str) -> None:
        """Prints a line."""
        if self.events is not None:
            self.events.write("note", text=text)
        self._say(text)

    def _say(self, text: str, *, shown: bool = True) -> None:
        """Logs a line, and prints it if it is ``shown``."""
        self.log.line(text)
        if not shown:
            return
        self._console.print(
            escape_controls(text),
            highlight=False,
            soft_wrap=True,
            markup=False,
            emoji=False,
        )

    def resume(self, best: float) -> None:
        """Starts from the best value of earlier starts of the run."""
        self._best = best

    def on_trial_start(self, request: TrialRequest, counts: Counts) -> None:
        """Updates the bar."""
        raise_if_interrupted()
        self._began = self._began or time.monotonic()
        self._running[request.number] = (time.monotonic(), request)
        if request.finetunes is not None:
            self.print(f"trial {request.number} {request.enqueued}")
        self._update(counts)

    def on_epoch_end(self, number: int, report: Report) -> None:
        """Ends the search after Ctrl-C; an epoch is too small a step to print."""
        raise_if_interrupted()

    def on_trial_end(self, number: int, outcome: Outcome, counts: Counts) -> None:
        """Updates the bar, or prints a line where there is none."""
        self._ended += not isinstance(outcome, WorkerDied)
        started, request = self._running.pop(number)
        if isinstance(outcome, Completed):
            self._best = max(outcome.value, self._best or outcome.value)
        seconds, trace = time.monotonic() - started, self._keep_trace(number, outcome)
        line = one_line(trial_line(request, outcome, seconds, counts, trace=trace))
        # Failures are printed beside the bar too: they must not wait for the end.
        failed = isinstance(outcome, Failed | WorkerDied)
        self._say(line, shown=failed or not self._shows_bar)
        self._update(counts)

    def _keep_trace(self, number: int, outcome: Outcome) -> Path | None:
        """Writes the traceback of a failed trial to its file."""
        if not isinstance(outcome, Failed | WorkerDied):
            return None
        trace = self.log.keep_trace(str(number), outcome.trace)
        if trace is not None and self.events is not None:
            self.events.traces[number] = trace
        return trace

    def expect(self, steps: int) -> None:
        """Counts steps after the search, such as the retraining, in the bar."""
        self._expected = steps

    def begin_step(self, name: str, counts: Counts) -> None:
        """Shows a step after the search, which may have ended early."""
        if self.events is not None:
            self.events.write("step", name=name)
        self._update(counts)
        if self._task is not None:
            total = counts.done + self._expected
            self._bar.update(self._task, total=total, status=name)

    def end_step(self) -> None:
        """Counts a step that is done, or that was not needed."""
        if self._steps < self._expected:
            self._steps += 1
            if self._task is not None:
                self._bar.advance(self._task)

    def end_steps(self, count: int) -> None:
        """Counts steps until so many are done or were not needed."""
        for _ in range(self._steps, min(count, self._expected)):
            self.end_step()

    def _update(self, counts: Counts) -> None:
        total = counts.budget + self._expected
        if self._task is None:
            self._task = self._bar.add_task("trials", total=total, status="")
        best = "-" if self._best is None else f"{self._best:.3f}"
        status = (
            f"completed {counts.completed}  pruned {counts.pruned}  "
            f"failed {counts.failed}  best {best}  left {self._left(counts)}"
        )
        done = counts.done + self._steps
        self._bar.update(self._task, completed=done, status=status)

    def _left(self, counts: Counts) -> str:
        if not self._ended or self._began is None:
            return "?"
        each = (time.monotonic() - self._began) / self._ended
        return clock(each * (counts.budget - counts.done))


def trial_line(
    request: TrialRequest,
    outcome: Outcome,
    seconds: float,
    counts: Counts,
    *,
    trace: Path | None = None,
) -> str:
    """Describes in one line how a trial ended, ``seconds`` after its proposal.

    ``trace`` is the file of a failed trial's traceback.
    """
    see = "" if trace is None else f"; traceback: {trace}"
    match outcome:
        case Completed(value=value, epoch=epoch, gap=gap):
            text = f"completed  value {value:.4f} at epoch {epoch}"
            text += f", {gap.diagnosis}" if gap else ""
        case Pruned(reason=reason, why=str(why)) if why:
            text = f"pruned     {reason}: {why}"
        case Pruned(reason=reason):
            text = f"pruned     {reason} after {outcome.spent.epochs} epochs"
            text += f", {outcome.gap.diagnosis} there" if outcome.gap else ""
        case Failed(reason=reason):
            text = f"failed     {reason}{see}"
        case WorkerDied(reason=reason):
            text = f"lost       {reason}; it runs again{see}"
    enqueued = f"{request.enqueued}, " if request.enqueued else ""
    return (
        f"[{counts.done}/{counts.budget}] trial {request.number}: {text}  "
        f"({enqueued}{trained_part(request.values)}, {clock(seconds)})"
    )


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
