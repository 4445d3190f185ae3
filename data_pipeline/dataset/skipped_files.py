"""What a reader leaves out: named and counted, so that nothing is lost in silence."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from pathlib import Path

from data_pipeline.labels.spellings import IMAGE_SUFFIXES, is_hidden, is_image
from data_pipeline.system.errors import InputError

TOLD = 5
"""Things of one kind that are named where not all are listed."""

MOST = 10_000
"""Files of a folder that nobody reads are counted up to here."""

_DATA = frozenset({*IMAGE_SUFFIXES, ".npy", ".txt", ".csv", ".heic", ".heif", ".avif"})
"""Endings that make a folder one of data: beside documents it is worth a word."""


class Kind(StrEnum):
    """What is left out, in the order in which it is told."""

    ROW = "row without a readable label"
    FOLDER = "folder that is not read"
    FILE = "file that is not read"
    COLUMN = "column that is not read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """One thing left out: where it is, why, and for how many it stands."""

    place: str
    reason: str
    kind: Kind = Kind.ROW
    count: int = 1


def files_below(folder: Path) -> Iterator[Path]:
    """Walks a folder, litter left out, in no order; a linked one is entered once.

    Without recursion, which ``os.walk`` of Python 3.11 takes: folders may be nested
    deeper than its stack.
    """
    left, seen = [os.fspath(folder)], set()
    while left:
        path = left.pop()
        try:
            state = os.stat(path)  # noqa: PTH116 - of a text, of many folders
            if (state.st_dev, state.st_ino) in seen:
                continue
            seen.add((state.st_dev, state.st_ino))
            with os.scandir(path) as entries:
                found = [entry for entry in entries if not is_hidden(entry.name)]
        except OSError:
            continue
        for entry in found:
            if entry.is_dir():
                left.append(entry.path)
            else:
                yield Path(entry.path)


def skipped_rows(skipped: Iterable[Skipped]) -> int:
    """Counts the rows that have no readable label."""
    return sum(each.count for each in skipped if each.kind is Kind.ROW)


def describe_skipped(skipped: Sequence[Skipped]) -> Iterator[str]:
    """Says for each kind how many are left out, and names the first of them.

    Args:
        skipped: what a reader left out.

    Yields:
        Lines; nothing where nothing was left out.

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
        yield from (f"  {each.place}: {each.reason}" for each in of_kind[:TOLD])
        if len(of_kind) > TOLD:
            yield f"  ... and {len(of_kind) - TOLD} more"


@contextmanager
def add_skipped_to_error(skipped: Sequence[Skipped]) -> Iterator[None]:
    """Adds to a refusal what a reader did not know, which may be what is missing.

    Args:
        skipped: what the reader left out.

    Yields:
        Nothing; a refusal of data of which everything is known stays as it is.
    """
    try:
        yield
    except InputError as error:
        foreign = [each for each in skipped if each.kind is not Kind.ROW]
        if not foreign:
            raise
        named = "; ".join(f"{each.place}: {each.reason}" for each in foreign[:TOLD])
        more = f"; and {len(foreign) - TOLD} more" if len(foreign) > TOLD else ""
        raise type(error)(f"{error}. Not known here: {named}{more}") from None


def skipped_folder(root: Path, folder: Path, why: str) -> Skipped:
    """Names a folder that stands where a known one was expected.

    Args:
        root: the data folder.
        folder: below it.
        why: what is not known of it.
    """
    count = sum(1 for _ in islice(files_below(folder), MOST))
    held = f"{MOST} files or more" if count == MOST else _files_said(count)
    place = f"{folder.relative_to(root).as_posix()}/"
    return Skipped(place=place, reason=f"{why}; it holds {held}", kind=Kind.FOLDER)


def skipped_files(
    root: Path, files: Iterable[Path], why: str = "not read here"
) -> list[Skipped]:
    """Names files that stand where known ones were expected, litter left out.

    Args:
        root: the data folder.
        files: below it.
        why: what is not known of them.

    Returns:
        One for each folder and ending, in order.
    """
    groups: dict[tuple[str, str], list[str]] = {}
    for path in files:
        if not is_hidden(path.name):
            ending = path.suffix or "no ending"
            groups.setdefault((str(path.parent), ending), []).append(path.name)
    return [
        Skipped(
            place=_below(root, Path(folder)),
            reason=f"{_files_said(len(names))} ({ending}) {why}, such as {min(names)}",
            kind=Kind.FILE,
            count=len(names),
        )
        for (folder, ending), names in sorted(groups.items())
    ]


def skipped_beside(root: Path, inner: Path) -> list[Skipped]:
    """Names folders of data that lie beside the one that is read, or around it.

    Args:
        root: the data folder.
        inner: the folder that is read, below it or the same.

    Returns:
        One for each folder with pictures or labels, and for loose pictures.
    """
    used = {inner}
    found: list[Skipped] = []
    while inner != root:
        inner = inner.parent
        found += _beside(root, inner, used)
        used.add(inner)
    return found


def skipped_among(root: Path, folder: Path, known: Iterable[Path]) -> list[Skipped]:
    """Names folders of data, and loose pictures, among those that are read.

    Args:
        root: the data folder.
        folder: the one whose content is looked at.
        known: what is read in it, or known not to be.
    """
    return _beside(root, folder, set(known))


def _beside(root: Path, folder: Path, used: set[Path]) -> list[Skipped]:
    paths = [path for path in sorted(folder.iterdir()) if not is_hidden(path.name)]
    folders = [
        skipped_folder(root, path, "no folder of this layout")
        for path in paths
        if path not in used
        and path.is_dir()
        and any(_is_data(file.name) for file in islice(files_below(path), MOST))
    ]
    loose = [path for path in paths if is_image(path.name) and not path.is_dir()]
    return folders + skipped_files(root, loose, "lie beside the folders")


def _below(root: Path, folder: Path) -> str:
    return f"{folder.relative_to(root).as_posix()}/" if folder != root else str(root)


def _files_said(count: int) -> str:
    return f"{count} file{'s'[: count != 1]}"


def _is_data(name: str) -> bool:
    return os.path.splitext(name)[1].lower() in _DATA  # noqa: PTH122 - of many files
