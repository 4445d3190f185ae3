"""Prints what can be removed, and removes it where that is asked for."""

from collections.abc import Sequence
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from data_pipeline.system.terminal import escape_controls, print_line
from search.clean.of_cache import idle_runs, of_cache
from search.clean.of_run import idle_run, of_run
from search.clean.removable import Removable, remove
from search.pipeline.past_runs import find_run
from search.storage.url import chosen_storage

KEPT = "the ledger, receipts of hold-outs, models and reports stay"


def clean_run(out: Path, name: str, *, storage: str | None, yes: bool) -> None:
    """Lists what a run can do without, and with ``yes`` removes it."""
    folder = find_run(out, name)
    url = chosen_storage(storage) or folder.storage
    with idle_run(folder, url):
        _clean(of_run(folder, url), of=str(folder.path), yes=yes)


def clean_cache(out: Path, *, yes: bool) -> None:
    """Lists what can be removed of the cache of all runs, and with ``yes`` removes."""
    with idle_runs(out):
        _clean(of_cache(out), of=str(out / "cache"), yes=yes)


def _clean(found: Sequence[Removable], *, of: str, yes: bool) -> None:
    if not found:
        print_line(f"{of}: there is nothing to remove")
        return
    _print_table(found)
    total = size(sum(one.bytes for one in found))
    if not yes:
        print_line(f"{of}: {total} can be freed; add --yes to remove it ({KEPT})")
        return
    for one in found:
        remove(one)
    print_line(f"{of}: {total} freed ({KEPT})")


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
