"""Rows, folders, files and columns that a reader skips, listed and counted."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from pathlib import Path

from data_pipeline.labels.spellings import IMAGE_SUFFIXES, is_hidden, is_image
from data_pipeline.system.errors import InputError

MAX_LISTED = 5
"""Items of one kind that are listed in a summary."""

MAX_COUNTED = 10_000
"""Upper bound for counting the files of a skipped folder."""

_DATA = frozenset({*IMAGE_SUFFIXES, ".npy", ".txt", ".csv", ".heic", ".heif", ".avif"})
"""Suffixes of data files: a folder with one of them is reported if skipped."""


class Kind(StrEnum):
    """What is skipped, in the order of the report."""

    ROW = "row without a readable label"
    FOLDER = "folder that is not read"
    FILE = "file that is not read"
    COLUMN = "column that is not read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """One skipped item: its place, the reason, and how many items it stands for."""

    place: str
    reason: str
    kind: Kind = Kind.ROW
    count: int = 1


def files_below(folder: Path) -> Iterator[Path]:
    """Walks a folder in no order, without hidden files; links are followed once.

    It does not recurse, as ``os.walk`` of Python 3.11 does: folders may be nested more
    deeply than the stack.
    """
    stack, visited = [os.fspath(folder)], set()
    while stack:
        path = stack.pop()
        try:
            state = os.stat(path)  # noqa: PTH116 - faster for many folders
            if (state.st_dev, state.st_ino) in visited:
                continue
            visited.add((state.st_dev, state.st_ino))
            with os.scandir(path) as entries:
                visible = [entry for entry in entries if not is_hidden(entry.name)]
        except OSError:
            continue
        for entry in visible:
            if entry.is_dir():
                stack.append(entry.path)
            else:
                yield Path(entry.path)


def skipped_rows(skipped: Iterable[Skipped]) -> int:
    """Counts the rows without a readable label."""
    return sum(each.count for each in skipped if each.kind is Kind.ROW)


def describe_skipped(skipped: Sequence[Skipped]) -> Iterator[str]:
    """Yields lines with the count of each kind of skipped items and the first of them.

    Example:
        >>> row = Skipped(place="training.csv line 7", reason="9 columns, found 1")
        >>> list(describe_skipped([row]))[0]
        'left out: 1 row without a readable label'
    """
    for kind in Kind:
        of_kind = [each for each in skipped if each.kind is kind]
        if not of_kind:
            continue
        count = sum(each.count for each in of_kind)
        one, _, rest = kind.partition(" ")
        rest = rest.replace("is", "are", 1) if count != 1 else rest
        yield f"left out: {count} {one}{'s'[: count != 1]} {rest}"
        yield from (f"  {each.place}: {each.reason}" for each in of_kind[:MAX_LISTED])
        if len(of_kind) > MAX_LISTED:
            yield f"  ... and {len(of_kind) - MAX_LISTED} more"


@contextmanager
def add_skipped_to_error(skipped: Sequence[Skipped]) -> Iterator[None]:
    """Adds to an ``InputError`` the skipped items, which may be what is missing."""
    try:
        yield
    except InputError as error:
        others = [each for each in skipped if each.kind is not Kind.ROW]
        if not others:
            raise
        lines = [f"{each.place}: {each.reason}" for each in others]
        if len(lines) > MAX_LISTED:
            lines[MAX_LISTED:] = [f"and {len(lines) - MAX_LISTED} more"]
        raise type(error)(f"{error}. Not recognized: {'; '.join(lines)}") from None


def skipped_folder(root: Path, folder: Path, why: str) -> Skipped:
    """Describes a folder below ``root`` that is skipped, with its number of files."""
    count = sum(1 for _ in islice(files_below(folder), MAX_COUNTED))
    held = f"{_count_files(count)}{' or more' if count == MAX_COUNTED else ''}"
    place = f"{folder.relative_to(root).as_posix()}/"
    return Skipped(place=place, reason=f"{why}; it holds {held}", kind=Kind.FOLDER)


def skipped_files(
    root: Path, files: Iterable[Path], why: str = "not read here"
) -> list[Skipped]:
    """Describes skipped files below ``root``, one item for each folder and suffix."""
    groups: dict[tuple[str, str], list[str]] = {}
    for path in files:
        if not is_hidden(path.name):
            ending = path.suffix or "no ending"
            groups.setdefault((str(path.parent), ending), []).append(path.name)
    return [
        Skipped(
            place=_below(root, Path(folder)),
            reason=f"{_count_files(len(names))} ({ending}) {why}, such as {min(names)}",
            kind=Kind.FILE,
            count=len(names),
        )
        for (folder, ending), names in sorted(groups.items())
    ]


def skipped_beside(root: Path, inner: Path) -> list[Skipped]:
    """Describes data folders and loose images around ``inner``, up to ``root``.

    ``inner`` is the folder that is read, ``root`` or below it.
    """
    used = {inner}
    found: list[Skipped] = []
    while inner != root:
        inner = inner.parent
        found += _beside(root, inner, used)
        used.add(inner)
    return found


def skipped_among(root: Path, folder: Path, used: Iterable[Path]) -> list[Skipped]:
    """Describes data folders and loose images in ``folder``, except the used ones."""
    return _beside(root, folder, set(used))


def _beside(root: Path, folder: Path, used: set[Path]) -> list[Skipped]:
    paths = [path for path in sorted(folder.iterdir()) if not is_hidden(path.name)]
    folders = [
        skipped_folder(root, path, "no folder of this layout")
        for path in paths
        if path not in used
        and path.is_dir()
        and any(_is_data(file.name) for file in islice(files_below(path), MAX_COUNTED))
    ]
    loose = [
        path
        for path in paths
        if path not in used and is_image(path.name) and not path.is_dir()
    ]
    return folders + skipped_files(root, loose, "lie beside the folders")


def _below(root: Path, folder: Path) -> str:
    return f"{folder.relative_to(root).as_posix()}/" if folder != root else str(root)


def _count_files(count: int) -> str:
    return f"{count} file{'s'[: count != 1]}"


def _is_data(name: str) -> bool:
    return os.path.splitext(name)[1].lower() in _DATA  # noqa: PTH122 - faster for many files
