"""The comparison in a terminal: tables that fit 80 columns."""

from collections.abc import Iterator, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from data_pipeline.system.terminal import escape_controls, one_line
from search.callbacks.running_trials import clock
from search.comparison.paired import Paired
from search.comparison.side_by_side import Comparison, Numbers
from search.reports.holdout_report import GUARANTEES, SYNTHETIC
from search.reports.metric_texts import UNDEFINED, metric_words, number

AT_ONCE = 3
"""Runs beside each other: more do not fit 80 columns."""

WIDTH = 22
"""Of the first column."""

Row = tuple[str, Sequence[str]]


def print_comparison(found: Comparison) -> None:
    """Prints the comparison to the standard output."""
    Console(soft_wrap=not Console().is_terminal, highlight=False).print(_page(found))


def _page(found: Comparison) -> RenderableType:
    names = list(found.runs)
    blocks = [names[n : n + AT_ONCE] for n in range(0, len(names), AT_ONCE)]
    return Group(
        *([Text(SYNTHETIC, style="red")] if _any_synthetic(found) else []),
        *(_table(found, block) for block in blocks),
        *(Text(line) for line in _guarantees(found)),
        *(
            Text(one_line(line))
            for pair in found.pairs
            for line in describe(pair, found.metrics)
        ),
    )


def _guarantees(found: Comparison) -> Iterator[str]:
    """Says what each guarantee means, and ends with an empty line."""
    for name in dict.fromkeys(run["guarantee"] for run in found.runs.values()):
        yield f"guarantee {one_line(name)}: {GUARANTEES.get(name, 'unknown')}"
    yield ""


def _any_synthetic(found: Comparison) -> bool:
    return any(run["synthetic"] for run in found.runs.values())


def _table(found: Comparison, names: Sequence[str]) -> Table:
    table = Table(box=SIMPLE_HEAD, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column("", max_width=WIDTH)
    for name in names:
        table.add_column(Text(one_line(name)), overflow="fold")
    for title, cells in rows(found, names):
        table.add_row(title, *(Text(escape_controls(cell)) for cell in cells))
    return table


def rows(found: Comparison, names: Sequence[str]) -> Iterator[Row]:
    """Yields a title and a cell of each run."""
    runs = [found.runs[name] for name in names]
    for title, write in _TITLES.items():
        yield title, [write(run) for run in runs]
    yield "on the hold-out", [""] * len(runs)
    for metric in found.metrics:
        yield (
            f"  {metric_words(metric)}",
            [_interval(r["metrics"][metric]) for r in runs],
        )


def describe(pair: Paired, metrics: Sequence[str]) -> Iterator[str]:
    """Describes the differences of two runs, or why there are none."""
    begin = f"{pair.run} minus {pair.against}, {pair.rows}"
    if pair.why:
        yield f"{begin}: not paired, {pair.why}"
        return
    people = f"{pair.subjects} people" if pair.subjects < pair.images else "no people"
    yield f"{begin} (95 % intervals; the same {pair.images} images, {people}):"
    for name in metrics:
        head, _, metric = name.partition(".")
        row = pair.metrics.get(head, {}).get(metric)
        if row is not None:
            yield f"  {metric_words(name)} {_difference(row)}"


def _difference(row: Numbers) -> str:
    text = number(row["difference"], signed=True)
    if row["low"] is None or row["high"] is None:
        return text
    ends = f"{number(row['low'], signed=True)} to {number(row['high'], signed=True)}"
    return f"{text} ({ends})"


def _interval(row: Numbers | None) -> str:
    """Writes a value, and its interval in the next line."""
    if row is None:
        return UNDEFINED
    text = number(row["value"])
    if row["low"] is None or row["high"] is None:
        return text
    return f"{text}\n{number(row['low'])} to {number(row['high'])}"


def _data(run: Numbers) -> str:
    return f"{run['data']}\nSYNTHETIC" if run["synthetic"] else str(run["data"])


def _split(run: Numbers) -> str:
    folds = run["split"]["folds"]
    return f"by {run['split']['by']}\n{folds} fold{'s'[: folds != 1]}"


def _hold_out(run: Numbers) -> str:
    found = run["hold_out"]
    people = f"{found['subjects']} subjects\n" if found["subjects"] else ""
    return f"{people}{found['images']} images"


def _space(run: Numbers) -> str:
    found = run["space"]["configurations"]
    count = f"{found:,} configurations" if found else "continuous"
    return f"{run['space']['hyperparameters']} hyperparameters\n{count}"


def _trials(run: Numbers) -> str:
    found = run["trials"]
    ends = "\n".join(f"{found[n]} {n}" for n in ("completed", "pruned", "failed"))
    return f"{found['all']}\n{ends}"


def _seconds(run: Numbers) -> str:
    return UNDEFINED if run["seconds"] is None else clock(run["seconds"])


def _weights(run: Numbers) -> str:
    return UNDEFINED if run["parameters"] is None else f"{run['parameters']:,}"


def _value(run: Numbers) -> str:
    return UNDEFINED if run["value"] is None else f"{run['value']:.4f}"


def _corrected(run: Numbers) -> str:
    return _interval(run["corrected"])


_TITLES: dict[str, Any] = {
    "data": _data,
    "targets": lambda run: "\n".join(run["targets"]),
    "split": _split,
    "guarantee": lambda run: str(run["guarantee"]),
    "hold-out": _hold_out,
    "opened": lambda run: f"{run['opened']} time{'s'[: run['opened'] != 1]}",
    "space": _space,
    "trials": _trials,
    "search time": _seconds,
    "weights": _weights,
    "validation value": _value,
    "corrected (BBC-CV)": _corrected,
}
"""Title of a row -> what writes its cells."""
