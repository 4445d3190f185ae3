"""The folder of a page: written whole, and never over files of another program."""

import re
from collections.abc import Mapping
from pathlib import Path

from data_pipeline.files.atomic_write import staging_folder
from data_pipeline.files.safe_open import open_regular
from data_pipeline.system.errors import InputError

PAGE, CHARTS = "index.html", "charts"
GENERATOR = "data_pipeline.explore"
"""Marks a page as ours, so that a later run may replace it."""

_HEAD = 2000
_MADE_BY = f'<meta name="generator" content="{GENERATOR}">'
_NAMES = re.compile(r'<meta name="charts" content="([^"]*)">')


def check_free(out: Path) -> None:
    """Refuses a folder with files that this program did not write."""
    foreign = sorted(_files(out) - _written(out))
    if foreign:
        more = f" and {len(foreign) - 1} more" if foreign[1:] else ""
        raise InputError(
            f"--out {out}: must be a new or empty folder or hold only an earlier page; "
            f"found {foreign[0]}{more}; name another folder"
        )


def write_folder(out: Path, page: str, charts: Mapping[str, bytes]) -> None:
    """Writes the page and its charts (name -> PNG).

    A killed call leaves the earlier files or none.
    """
    check_free(out)
    with staging_folder(out) as staging:
        fresh = staging / "new"
        (fresh / CHARTS).mkdir(parents=True)
        for name, png in charts.items():
            (fresh / CHARTS / f"{name}.png").write_bytes(png)
        (fresh / PAGE).write_text(page, encoding="utf-8")
        if out.exists():
            out.rename(staging / "old")
        fresh.rename(out)


def _files(out: Path) -> set[str]:
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        return {out.name}
    return {
        path.relative_to(out).as_posix()
        for path in out.rglob("*")
        if not path.is_dir() or path.is_symlink()
    }


def _written(out: Path) -> set[str]:
    """Lists the files of an earlier page, from its head."""
    path = out / PAGE
    if not path.is_file():
        return set()
    with open_regular(path) as file:
        head = file.read(_HEAD).decode("utf-8", "replace")
    names = _NAMES.search(head)
    if _MADE_BY not in head or names is None:
        return set()
    return {PAGE, *(f"{CHARTS}/{name}.png" for name in names[1].split())}
