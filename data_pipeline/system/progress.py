"""Progress bars on the standard error for the stages of a command."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Stages = Callable[[str, float, int | None], None]
"""Called with (stage, steps done, total steps or ``None`` where unknown)."""


@contextmanager
def stage_bars(unit: str = "") -> Iterator[Stages]:
    """Shows a bar for each stage in a terminal, and nothing elsewhere.

    Args:
        unit: what a step is, for its rate: "files" shows files/s; empty shows none.

    Yields:
        A callback to report progress; a stage's bar appears at its first call.
    """
    if not sys.stderr.isatty():
        yield lambda _stage, _done, _total: None
        return
    from rich.console import Console  # noqa: PLC0415 - keeps errors fast
    from rich.progress import Progress, ProgressColumn, Task, TaskID  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    class Rate(ProgressColumn):
        """Steps a second; nothing before the first."""

        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:.1f} {unit}/s" if task.speed else "")

    columns = (*Progress.get_default_columns(), *([Rate()] if unit else []))
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def show(stage: str, done: float, total: int | None) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield show
