"""The report of a check: a table of counts, then the problems of each kind."""

from collections.abc import Iterator
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from data_pipeline.checks.dataset_check import CheckResult
from data_pipeline.config.dataset_identity import MARKER
from data_pipeline.dataset.problems import Check, Problem
from data_pipeline.system.terminal import escape_controls, one_line


def report(root: Path, found: CheckResult, *, shown: int | None) -> None:
    """Prints the report, with at most ``shown`` problems of each kind."""
    Console(soft_wrap=not Console().is_terminal).print(_page(root, found, shown))


def _page(root: Path, found: CheckResult, shown: int | None) -> RenderableType:
    return Group(
        Text(one_line(_heading(root, found))),
        *([Text(found.warning, style="red")] if found.warning else []),
        *(Text(one_line(line)) for line in _read(found)),
        _summary(found),
        *(
            Text(f"\n{line}", style="red") if line[0] != " " else Text(line)
            for check in Check
            for line in _list(check, found, shown)
        ),
        Text(f"\n{_verdict(found)}"),
    )


def _heading(root: Path, found: CheckResult) -> str:
    folder = root.parent if root.is_file() else root
    mark = ", SYNTHETIC faces" if (folder / MARKER).is_file() else ""
    if not found.source:
        return f"{root}{mark}: the labels cannot be read, so no image was checked"
    parts = ", ".join(f"{name} {count}" for name, count in found.parts.items())
    total = sum(found.parts.values())
    return f"{root} (read as {found.source}{mark}): {total} images; {parts}"


def _read(found: CheckResult) -> Iterator[str]:
    """Yields the suffixes and unusual spellings that were read."""
    if found.endings:
        counts = (f"{count} {ending}" for ending, count in found.endings.items())
        yield f"images: {', '.join(counts)}"
    yield from found.understood


def _summary(found: CheckResult) -> Table:
    table = Table()
    table.add_column("check")
    table.add_column("found", justify="right")
    for check in Check:
        count = len(_of(check, found))
        checked = bool(found.source) or check is Check.LABEL
        table.add_row(check, str(count) if checked else "not checked")
    return table


def _list(check: Check, found: CheckResult, shown: int | None) -> Iterator[str]:
    problems = _of(check, found)
    if not problems:
        return
    yield f"{check}: {len(problems)}"
    for problem in problems[:shown]:
        yield f"  {one_line(problem.where)}: {escape_controls(problem.message)}"
    if shown is not None and len(problems) > shown:
        yield f"  ... and {len(problems) - shown} more; list them with --all"


def _of(check: Check, found: CheckResult) -> list[Problem]:
    return [problem for problem in found.problems if problem.check is check]


def _verdict(found: CheckResult) -> str:
    count = len(found.problems)
    return f"{count} problem{'s'[: count != 1]} found" if count else "nothing is wrong"
