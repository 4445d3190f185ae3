"""Lists what a run or the cache can do without, and removes it where that is asked."""

from collections.abc import Callable, Sequence
from pathlib import Path

from search.disk.of_cache import idle_runs, of_cache
from search.disk.of_run import idle_run, of_run
from search.disk.removable import Removable, remove
from search.run_folder import RunFolder
from search.storage.url import chosen_storage

Show = Callable[[Sequence[Removable]], None]


def free_run(
    folder: RunFolder, *, storage: str | None, yes: bool, show: Show | None = None
) -> list[Removable]:
    """Lists what a run can do without, and with ``yes`` removes it.

    ``show`` gets the list before anything is removed. ``RunError`` where a driver works
    on the run.
    """
    url = chosen_storage(storage) or folder.storage
    with idle_run(folder, url):
        return _free(of_run(folder, url), yes=yes, show=show)


def free_cache(out: Path, *, yes: bool, show: Show | None = None) -> list[Removable]:
    """Does the same for the cache of all runs."""
    with idle_runs(out):
        return _free(of_cache(out), yes=yes, show=show)


def _free(found: list[Removable], *, yes: bool, show: Show | None) -> list[Removable]:
    if found and show is not None:
        show(found)
    if yes:
        for one in found:
            remove(one)
    return found
