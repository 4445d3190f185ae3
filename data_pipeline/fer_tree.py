"""The tables of FER2013 and FER+ become a tree of images and label files.

Votes belong to pixels by the place of their rows, never by name: the numbers in the
names lag behind the rows, 173 rows have no name, and four names stand in two rows.
"""

import hashlib
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from data_pipeline.errors import DataError
from data_pipeline.fer2013_csv import Face, read_fer2013
from data_pipeline.ferplus_csv import Voted, label_csv, read_ferplus
from data_pipeline.labels import FERPLUS_FOLDERS, FERPLUS_PARTITIONS

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
    if _holds_something(out):
        _check_same(out, origin, "name a new folder with --out")
        return _counted(out, voted, new=False)
    growing = out.parent / f".{out.name}.growing"
    if growing.exists():
        _check_same(growing, origin, "remove that folder, which an earlier call left")
    growing.mkdir(parents=True, exist_ok=True)
    _write(growing / ORIGIN, json.dumps(origin, indent=2).encode())
    if voted is None:
        _write_images(growing, fer, _place_by_emotion, progress)
    else:
        names = image_names(voted)
        checked = _Aligned(fer, voted, names)
        _write_images(growing, fer, checked.place, progress, total=len(voted))
        checked.check_whole()
        for path, content in label_files(voted, names).items():
            _write(growing / path, content)
    if out.is_dir():
        out.rmdir()
    growing.rename(out)
    return _counted(out, voted, new=True)


def image_names(voted: Sequence[Voted]) -> list[str | None]:
    """Names the image of each row; no two alike.

    Args:
        voted: all rows of ``fer2013new.csv``.

    Returns:
        A file name for each row, ``None`` where it has no image.
    """
    last = {row.name: index for index, row in enumerate(voted)}
    return [
        row.name
        if row.name is None or last[row.name] == index
        else f"{Path(row.name).stem}_row{index}.png"
        for index, row in enumerate(voted)
    ]


def label_files(
    voted: Sequence[Voted], names: Sequence[str | None]
) -> Mapping[str, bytes]:
    """Makes the three ``label.csv``.

    Args:
        voted: all rows of ``fer2013new.csv``.
        names: from ``image_names``.

    Returns:
        Relative path -> content.
    """
    rows: dict[str, list[tuple[str, Sequence[int]]]] = {
        folder: [] for folder in FERPLUS_FOLDERS.values()
    }
    for row, name in zip(voted, names, strict=True):
        if name is not None:
            rows[_folder(str(row.usage))].append((name, row.votes))
    return {f"{folder}/label.csv": label_csv(own) for folder, own in rows.items()}


class _Aligned:
    """The place of each row's image, while the two tables are compared."""

    def __init__(
        self, fer: Path, voted: Sequence[Voted], names: Sequence[str | None]
    ) -> None:
        self._fer, self._voted, self._names = fer, voted, names
        self._seen = 0

    def place(self, face: Face) -> str | None:
        """Finds the image's path, checking that the row is of the same part."""
        self._seen = face.index + 1
        if face.index >= len(self._voted):
            raise self._other_tables(f"more than {len(self._voted)} rows")
        row = self._voted[face.index]
        if row.usage != face.usage:
            raise self._other_tables(
                f"Usage {face.usage} in row {face.index + 2} where the votes have "
                f"{row.usage}"
            )
        name = self._names[face.index]
        return None if name is None else f"{_folder(face.usage)}/{name}"

    def check_whole(self) -> None:
        """Checks that no row of votes is left."""
        if self._seen != len(self._voted):
            raise self._other_tables(f"{self._seen} rows")

    def _other_tables(self, found: str) -> DataError:
        return DataError(
            f"{self._fer}: its rows are those of fer2013new.csv, one by one, "
            f"{len(self._voted)} in all; found {found}; take both tables whole and in "
            "their own order"
        )


def _place_by_emotion(face: Face) -> str:
    part = "train" if FERPLUS_PARTITIONS[face.usage] == "train" else "test"
    return f"{part}/{face.emotion}/{face.usage}_{face.index}.png"


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


def _folder(usage: str) -> str:
    return FERPLUS_FOLDERS[FERPLUS_PARTITIONS[usage]]


def _write(path: Path, content: bytes) -> None:
    """Writes a file under another name first: what has its name is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content)
    part.replace(path)


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
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
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = None
    if found != origin:
        raise DataError(
            f"{folder}: is written over only by the tables it was written from, and it "
            f"holds something else; {way_out}"
        )


def _counted(out: Path, voted: Sequence[Voted] | None, *, new: bool) -> Written:
    nameless = sum(row.name is None for row in voted or ())
    images = len(voted) - nameless if voted else sum(1 for _ in out.rglob("*.png"))
    return Written(images=images, nameless=nameless, new=new)
