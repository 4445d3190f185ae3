"""The tables of FER2013 and FER+ become a tree of images and label files."""

import hashlib
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from data_pipeline.dataset.skipped_files import files_below
from data_pipeline.fer2013.fer2013_csv import Face, read_fer2013
from data_pipeline.fer2013.ferplus_csv import Voted, read_ferplus
from data_pipeline.fer2013.layout import (
    Aligned,
    image_places,
    label_files,
    place_by_emotion,
)
from data_pipeline.files.documents import DocumentError, read_json
from data_pipeline.files.file_lock import file_lock
from data_pipeline.files.safe_open import open_regular
from data_pipeline.system.errors import DataError

Progress = Callable[[int, int | None], None]
"""Called with rows done and, where it is known, rows in all."""

ORIGIN = "origin.json"
"""The file that says which tables a tree was written from."""

_TOLD_EVERY = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What lies in the tree: its images, and the rows that have none."""

    images: int
    nameless: int
    new: bool


def write_tree(
    fer: Path, ferplus: Path | None, out: Path, progress: Progress | None = None
) -> Written:
    """Writes the tree; a call that was stopped goes on where it stopped.

    With votes it is Microsoft's ``FER2013Train|Valid|Test/`` with a ``label.csv`` in
    each. A row without a name, which no tagger took for a face, gets no image. Of two
    rows of one name the later keeps it, as in Microsoft's tree, and the earlier is
    named after its row: no image gets another one's votes. Without votes it is
    ``train|test/<emotion>/``.

    The tree grows in a hidden folder beside ``out`` and is moved there when it is
    whole.

    A file that a finished tree has lost is written again.

    Args:
        fer: ``fer2013.csv``.
        ferplus: ``fer2013new.csv``, or ``None`` for FER2013's own labels.
        out: folder to make: missing, empty, or written from the same tables before.
        progress: told of the rows.

    Returns:
        What lies in ``out``.

    Raises:
        DataError: a table is wrong, the two do not fit, or ``out`` holds other files.
    """
    voted = None if ferplus is None else read_ferplus(ferplus)
    origin = {"fer": _digest(fer), "ferplus": ferplus and _digest(ferplus)}
    if _is_whole(out, origin, fer, voted):
        return _counted(out, voted, new=False)
    out.parent.mkdir(parents=True, exist_ok=True)
    with file_lock(out.parent / f".{out.name}.lock", lambda: None):
        if _is_whole(out, origin, fer, voted):  # another call wrote it meanwhile
            return _counted(out, voted, new=False)
        if _holds_something(out):  # it was whole once
            _fill(out, fer, voted, progress)
            return _counted(out, voted, new=True)
        growing = out.parent / f".{out.name}.growing"
        if _begun(growing):
            _check_same(growing, origin, "remove that folder, of an earlier call")
        growing.mkdir(exist_ok=True)
        _write(growing / ORIGIN, json.dumps(origin, indent=2).encode())
        _fill(growing, fer, voted, progress)
        if out.is_dir():
            out.rmdir()
        growing.rename(out)
    return _counted(out, voted, new=True)


def _begun(growing: Path) -> bool:
    """Tells whether an earlier call came further than making the folder."""
    return growing.is_dir() and any(
        not path.name.startswith(".") for path in growing.iterdir()
    )


def _is_whole(
    out: Path,
    origin: Mapping[str, object],
    fer: Path,
    voted: Sequence[Voted] | None,
) -> bool:
    """Tells whether nothing is left to write; refuses a folder of something else."""
    if not _holds_something(out):
        return False
    _check_same(out, origin, "name a new folder with --out")
    there = {path.relative_to(out).as_posix() for path in files_below(out)}
    if voted is None:
        with open_regular(fer) as file:
            rows = sum(1 for line in file if line.strip()) - 1
        return sum(name.endswith(".png") for name in there) >= rows
    wanted = {place for place in image_places(voted) if place is not None}
    return wanted | label_files(voted).keys() <= there


def _fill(
    folder: Path, fer: Path, voted: Sequence[Voted] | None, progress: Progress | None
) -> None:
    """Writes what a tree lacks, its label files last."""
    if voted is None:
        _write_images(folder, fer, place_by_emotion, progress)
        return
    checked = Aligned(fer, voted)
    _write_images(folder, fer, checked.place, progress, total=len(voted))
    checked.check_whole()
    for path, content in label_files(voted).items():
        _write(folder / path, content)


def _write_images(
    folder: Path,
    fer: Path,
    place: Callable[[Face], str | None],
    progress: Progress | None,
    *,
    total: int | None = None,
) -> None:
    made: set[Path] = set()
    for face in read_fer2013(fer):
        relative = place(face)
        if relative is not None:
            path = folder / relative
            if path.parent not in made:
                path.parent.mkdir(parents=True, exist_ok=True)
                made.add(path.parent)
            if not path.exists():  # a file that has its name is whole
                _write(path, png(face))
        if progress is not None and face.index % _TOLD_EVERY == 0:
            progress(face.index + 1, total)


def png(face: Face) -> bytes:
    """Encodes one image, grey."""
    file = io.BytesIO()
    Image.fromarray(face.pixels).save(file, format="PNG", compress_level=1)
    return file.getvalue()


def _write(path: Path, content: bytes) -> None:
    """Writes a file under another name first: what has its name is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content)
    part.replace(path)


def _digest(path: Path) -> str:
    try:
        with open_regular(path) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"{path}: the file cannot be read ({error.strerror})") from None


def _holds_something(out: Path) -> bool:
    if out.is_dir():
        return next(out.iterdir(), None) is not None
    return out.exists() or out.is_symlink()


def _check_same(folder: Path, origin: Mapping[str, object], way_out: str) -> None:
    path = folder / ORIGIN
    try:
        found = read_json(path)
    except (OSError, DocumentError):
        found = None
    if found != origin:
        raise DataError(
            f"{folder}: is written over only by the tables it was written from, and it "
            f"holds something else; {way_out}"
        )


def _pictures(out: Path) -> int:
    return sum(path.suffix == ".png" for path in files_below(out))


def _counted(out: Path, voted: Sequence[Voted] | None, *, new: bool) -> Written:
    nameless = sum(row.name is None for row in voted or ())
    images = len(voted) - nameless if voted else _pictures(out)
    return Written(images=images, nameless=nameless, new=new)
