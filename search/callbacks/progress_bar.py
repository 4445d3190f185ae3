"""Shows a search's progress: a line for each trial that ended.

In a terminal there is also a line for each that runs, and a bar below.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.text import Text

from data_pipeline.pages.wording import counted
from data_pipeline.system.interrupts import raise_if_interrupted
from data_pipeline.system.terminal import escape_controls, one_line
from search.callbacks.json_events import JsonEvents
from search.callbacks.run_log import RunLog
from search.callbacks.running_trials import RunningTrials, clock, trained_part
from search.callbacks.time_left import TimeLeft
from search.ledger.callback import Callback
from search.ledger.records import Counts
from search.run_folder import where
from search.study.study import Study
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


WIDE = 80
"""Columns from which the bar is long."""

OTHERS = 6
"""Lines of a terminal that are not for running trials."""


class Display(Progress):
    """A bar with lines above and below it, which are rendered anew each time."""

    def __init__(
        self,
        console: Console,
        *,
        disable: bool,
        above: Callable[[], Iterator[str]],
        below: Callable[[], str],
    ) -> None:
        """Shows nothing if it is to ``disable``."""
        self._above, self._below = above, below
        super().__init__(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=40 if console.width >= WIDE else 12),
            TextColumn("{task.completed}/{task.total}", markup=False),
            console=console,
            disable=disable,
            transient=True,
            refresh_per_second=2,  # calm, also through tmux over a network
        )

    def get_renderables(self) -> Iterator[RenderableType]:
        """Renders the lines and the bars."""
        for line in self._above():
            yield Text(escape_controls(line), no_wrap=True, overflow="ellipsis")
        yield self.make_tasks_table(self.tasks)
        yield Text(self._below())


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
        self._named: Path | None = None
        self.events = events
        self._expected = self._steps = 0
        self._best: float | None = None
        self._running = RunningTrials()
        self._left: TimeLeft | None = None
        self._resumed: set[int] = set()
        self._counts: Counts | None = None
        self._step = ""
        self._bar = Display(
            console,
            disable=not self._shows_bar,
            above=self._lines,
            below=self._status,
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
            self._say(f"{name}: {total}")
            self._stages[name] = self._bar.add_task(name, total=total)
        self._bar.update(self._stages[name], completed=done, visible=done < total)

    def print(self, text: str) -> None:
        """Prints a line."""
        if self.events is not None:
            self.events.write("note", text=text)
        self._say(text)

    def _say(self, text: str, *, of_trial: bool = False) -> None:
        """Logs and prints a line; that of a trial fits into a terminal."""
        self.log.line(text)
        if of_trial and self._console.is_terminal:
            text = broken(text, columns=self._console.width)
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
        self._running.start(request)
        if self._left is not None:
            self._left.start_trial(len(self._running))
        if request.finetunes is not None:
            self.print(f"trial {request.number} {request.enqueued}")
        self._update(counts)

    def on_epoch_end(self, number: int, report: Report) -> None:
        """Updates the trial's line; ends the search after Ctrl-C."""
        raise_if_interrupted()
        seconds = self._running.report(number, report)
        if report.repeated:
            self._resumed.add(number)
        if self._left is not None:
            self._left.end_epoch(seconds)

    def on_trial_end(self, number: int, outcome: Outcome, counts: Counts) -> None:
        """Prints a line, and updates the bar."""
        request, seconds = self._running.end(number)
        # What was trained of a resumed trial is not a whole one.
        part = number in self._resumed or isinstance(outcome, WorkerDied)
        if self._left is not None and not part:
            self._left.end_trial(seconds)
        if isinstance(outcome, Completed):
            self._best = max(outcome.value, self._best or outcome.value)
        see = self._see(number, outcome)
        line = trial_line(request, outcome, seconds, counts, see=see)
        self._say(one_line(line), of_trial=True)
        self._update(counts)

    def _see(self, number: int, outcome: Outcome) -> str:
        """Writes the traceback of a failed trial to its file, and names the file.

        The log is the same for all trials: the first failure alone names it.
        """
        if not isinstance(outcome, Failed | WorkerDied):
            return ""
        trace = self.log.keep_trace(str(number), outcome.trace)
        if trace is not None and self.events is not None:
            self.events.traces[number] = trace
        log = None if self._named == self.log.path else self.log.path
        self._named = self.log.path
        return where(trace=trace, log=log)

    def expect(self, steps: int, study: Study) -> None:
        """Counts steps after the search, such as the retraining, in the bar."""
        self._expected = steps
        self._left = TimeLeft(study, retrains=steps > 0)
        self._running.folds = study.split.folds

    def begin_retraining(self, counts: Counts, *, epochs: int, seeds: int) -> None:
        """Shows the retraining, of so many epochs and seeds."""
        if self._left is not None:
            self._left.retrain(epochs=epochs, seeds=seeds)
        self.begin_step("retraining", counts)

    def begin_step(self, name: str, counts: Counts) -> None:
        """Shows a step after the search, which may have ended early."""
        if self.events is not None:
            self.events.write("step", name=name)
        self._step = name
        self._update(counts)
        if self._task is not None:
            self._bar.update(self._task, total=counts.done + self._expected)

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
        self._counts = counts
        total = counts.budget + self._expected
        if self._task is None:
            self._task = self._bar.add_task("run", total=total)
        self._bar.update(self._task, completed=counts.done + self._steps)

    def _lines(self) -> Iterator[str]:
        """Describes the trials that run."""
        size = self._console.size
        most = max(1, size.height - OTHERS)
        yield from self._running.lines(columns=size.width, most=most)

    def _status(self) -> str:
        """Describes how far the run is, below the bar."""
        counts = self._counts
        if counts is None:
            return ""
        if self._step == "test":
            return "testing on the hold-out"
        best = "-" if self._best is None else f"{self._best:.3f}"
        left = "left ?"
        if self._left is not None:
            left = self._left.describe(counts, self._running.elapsed())
        parts = [
            f"completed {counts.completed}",
            f"pruned {counts.pruned}",
            f"failed {counts.failed}",
            f"best {best}",
            left,
        ]
        shown = [self._step, *parts] if self._step else parts
        return fitted(shown, columns=self._console.width)


def fitted(parts: Sequence[str], *, columns: int) -> str:
    r"""Joins parts into as few lines as there is room for; no part is broken.

    Example:
        >>> fitted(["completed 3", "pruned 1", "best 0.731"], columns=24)
        'completed 3  pruned 1\nbest 0.731'
    """
    lines = [parts[0]]
    for part in parts[1:]:
        longer = f"{lines[-1]}  {part}"
        lines[-1:] = [longer] if len(longer) <= columns else [lines[-1], part]
    return "\n".join(lines)


def broken(line: str, *, columns: int) -> str:
    """Breaks a line that is too wide before its last bracket.

    Example:
        >>> print(
        ...     broken("[1/9] trial 0: pruned     pruner  (resnet18, 0:02)", columns=40)
        ... )
        [1/9] trial 0: pruned     pruner
              (resnet18, 0:02)
    """
    head, mark, tail = line.rpartition("  (")
    begin = " " * len(line.partition("trial")[0])
    return f"{head}\n{begin}({tail}" if mark and len(line) > columns else line


def trial_line(
    request: TrialRequest,
    outcome: Outcome,
    seconds: float,
    counts: Counts,
    *,
    see: str = "",
) -> str:
    """Describes in one line how a trial ended, ``seconds`` after its proposal.

    ``see`` names the files that have more about a failed trial.
    """
    match outcome:
        case Completed(value=value, epoch=epoch, gap=gap):
            text = f"completed  value {value:.4f} at epoch {epoch}"
            text += f", {gap.diagnosis}" if gap else ""
        case Pruned(reason=reason, why=str(why)) if why:
            text = f"pruned     {reason}: {why}"
        case Pruned(reason=reason):
            text = f"pruned     {reason} after {counted(outcome.spent.epochs, 'epoch')}"
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
