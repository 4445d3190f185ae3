"""Converts the tables of FER2013 and FER+ to a tree of images and label files."""

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
from data_pipeline.files.atomic_write import is_occupied
from data_pipeline.files.documents import DocumentError, read_json
from data_pipeline.files.file_lock import file_lock
from data_pipeline.files.safe_open import open_regular, sha256
from data_pipeline.system.errors import DataError

Progress = Callable[[int, int | None], None]
"""Called with rows done and all rows, if known."""

ORIGIN = "origin.json"
"""The file with digests of the tables that a tree was written from."""

_PROGRESS_ROWS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Counts of images and of rows without one; ``new`` if anything was written."""

    images: int
    unnamed: int
    new: bool


def write_tree(
    fer: Path, ferplus: Path | None, out: Path, progress: Progress | None = None
) -> Written:
    """Writes the tree; an interrupted call is resumed.

    With votes it is Microsoft's ``FER2013Train|Valid|Test/`` with a ``label.csv`` in
    each. A row without a name, which no tagger took for a face, gets no image. Of two
    rows with one name the later keeps it, as in Microsoft's tree, and the earlier is
    named after its row: no image gets another's votes. Without votes it is
    ``train|test/<emotion>/``.

    The tree is written to a hidden folder beside ``out`` and renamed when complete. A
    file missing in a finished tree is written again.

    ``fer`` is ``fer2013.csv``; ``ferplus`` is ``fer2013new.csv``, or ``None`` for
    FER2013's own labels. A wrong table, two that do not match, and an ``out`` with
    other files are ``DataError``s.
    """
    voted = None if ferplus is None else read_ferplus(ferplus)
    origin = {"fer": _digest(fer), "ferplus": ferplus and _digest(ferplus)}
    if _is_whole(out, origin, fer, voted):
        return _counted(out, voted, new=False)
    out.parent.mkdir(parents=True, exist_ok=True)
    with file_lock(out.parent / f".{out.name}.lock", lambda: None):
        if _is_whole(out, origin, fer, voted):  # another call wrote it meanwhile
            return _counted(out, voted, new=False)
        if is_occupied(out):  # some files are missing
            _fill(out, fer, voted, progress)
            return _counted(out, voted, new=True)
        growing = out.parent / f".{out.name}.growing"
        if _is_started(growing):
            _check_same(growing, origin, "remove this folder of an earlier call")
        growing.mkdir(exist_ok=True)
        _write(growing / ORIGIN, json.dumps(origin, indent=2).encode())
        _fill(growing, fer, voted, progress)
        if out.is_dir():
            out.rmdir()
        growing.rename(out)
    return _counted(out, voted, new=True)


def _is_started(growing: Path) -> bool:
    """Returns whether an earlier call wrote to the folder."""
    return growing.is_dir() and any(
        not path.name.startswith(".") for path in growing.iterdir()
    )


def _is_whole(
    out: Path,
    origin: Mapping[str, object],
    fer: Path,
    voted: Sequence[Voted] | None,
) -> bool:
    """Returns whether a tree is complete; DataError for a folder of something else."""
    if not is_occupied(out):
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
    """Writes the missing files of a tree, its label files last."""
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
            if not path.exists():  # written atomically, so it is complete
                _write(path, png(face))
        if progress is not None and face.index % _PROGRESS_ROWS == 0:
            progress(face.index + 1, total)


def png(face: Face) -> bytes:
    """Encodes a grey image as PNG."""
    file = io.BytesIO()
    Image.fromarray(face.pixels).save(file, format="PNG", compress_level=1)
    return file.getvalue()


def _write(path: Path, content: bytes) -> None:
    """Writes a file under another name first, then renames it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content)
    part.replace(path)


def _digest(path: Path) -> str:
    try:
        return sha256(path)
    except OSError as error:
        raise DataError(f"{path}: the file cannot be read ({error.strerror})") from None


def _check_same(folder: Path, origin: Mapping[str, object], way_out: str) -> None:
    path = folder / ORIGIN
    try:
        found = read_json(path)
    except (OSError, DocumentError):
        found = None
    if found != origin:
        raise DataError(
            f"{folder}: the folder holds other files, or files written from other "
            f"tables; {way_out}"
        )


def _count_images(out: Path) -> int:
    return sum(path.suffix == ".png" for path in files_below(out))


def _counted(out: Path, voted: Sequence[Voted] | None, *, new: bool) -> Written:
    unnamed = sum(row.name is None for row in voted or ())
    images = len(voted) - unnamed if voted else _count_images(out)
    return Written(images=images, unnamed=unnamed, new=new)
