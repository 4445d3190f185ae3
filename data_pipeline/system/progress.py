"""Progress bars on the standard error for the stages of a command."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Stages = Callable[[str, int, int | None], None]
"""Called with (stage, steps done, total steps or ``None`` where unknown)."""


@contextmanager
def stage_bars() -> Iterator[Stages]:
    """Shows a bar for each stage in a terminal, and nothing elsewhere.

    Yields:
        A callback to report progress; a stage's bar appears at its first call.
    """
    if not sys.stderr.isatty():
        yield lambda _stage, _done, _total: None
        return
    from rich.console import Console  # noqa: PLC0415 - keeps errors fast
    from rich.progress import Progress, TaskID  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def show(stage: str, done: int, total: int | None) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield show
