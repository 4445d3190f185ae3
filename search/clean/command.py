"""Prints what can be removed, and removes it where that is asked for."""

from collections.abc import Sequence
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from data_pipeline.system.terminal import escape_controls, print_line
from search.disk.freeing import free_cache, free_run
from search.disk.removable import Removable
from search.pipeline.past_runs import find_run

KEPT = "the ledger, receipts of hold-outs, models and reports stay"


def clean_run(out: Path, name: str, *, storage: str | None, yes: bool) -> None:
    """Lists what a run can do without, and with ``yes`` removes it."""
    folder = find_run(out, name)
    found = free_run(folder, storage=storage, yes=yes, show=_print_table)
    _print_total(found, of=str(folder.path), yes=yes)


def clean_cache(out: Path, *, yes: bool) -> None:
    """Lists what can be removed of the cache of all runs, and with ``yes`` removes."""
    found = free_cache(out, yes=yes, show=_print_table)
    _print_total(found, of=str(out / "cache"), yes=yes)


def _print_total(found: Sequence[Removable], *, of: str, yes: bool) -> None:
    if not found:
        print_line(f"{of}: there is nothing to remove")
        return
    total = size(sum(one.bytes for one in found))
    way = "freed" if yes else "can be freed; add --yes to remove it"
    print_line(f"{of}: {total} {way} ({KEPT})")


def _print_table(found: Sequence[Removable]) -> None:
    table = Table(box=SIMPLE_HEAD, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column("what")
    table.add_column("files", justify="right")
    table.add_column("size", justify="right")
    table.add_column("why it can go")
    for one in found:
        cells = (one.what, str(len(one.paths)), size(one.bytes), one.why)
        table.add_row(*map(escape_controls, cells))
    Console(highlight=False, markup=False, emoji=False).print(table)


def size(total: int) -> str:
    """Writes bytes as megabytes or gigabytes, of powers of ten.

    Example:
        >>> size(1_234_567), size(98_765_432_100)
        ('1.2 MB', '98.8 GB')
    """
    if total >= 10**9:
        return f"{total / 1e9:.1f} GB"
    return f"{total / 1e6:.1f} MB"
