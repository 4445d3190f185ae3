"""Reader of AffectNet's full release: images in numbered folders, lists of labels.

Source: ``Manually_Annotated/Manually_Annotated_Images/<folder>/<hash>.jpg``, with
``training.csv`` and ``validation.csv``. Images annotated automatically are not read.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from data_pipeline.dataset.sample_table import Sample, SampleTable, sample_table
from data_pipeline.dataset.skipped_files import (
    Kind,
    Skipped,
    skipped_among,
    skipped_files,
)
from data_pipeline.dataset.table_checks import check_inside, image_path, refuse_impostor
from data_pipeline.files.safe_open import open_regular
from data_pipeline.readers.affectnet_labels import Image, labelled
from data_pipeline.system.errors import DataError, quote_short

LAYOUT = (
    "AffectNet's full release: Manually_Annotated_file_lists/training.csv and "
    "validation.csv beside Manually_Annotated/Manually_Annotated_Images/"
)

LISTS: dict[str, str] = {
    "training.csv": "train",
    "validation.csv": "validation",
    "test.csv": "test",
}
"""List -> partition."""

LIST_FOLDERS = (
    "Manually_Annotated_file_lists",
    "Manually_Annotated/Manually_Annotated_file_lists",
    "",
)
IMAGE_FOLDERS = (
    "Manually_Annotated/Manually_Annotated_Images",
    "Manually_Annotated_Images",
)
IMAGE = "subDirectory_filePath"
LABELS = ("expression", "valence", "arousal")
UNUSED = ("face_x", "face_y", "face_width", "face_height", "facial_landmarks")
"""Columns of the release that are no labels."""

AUTOMATIC = ("Automatically_annotated_file_list", "Automatically_Annotated")
"""Folders of the release that are not read."""

_TOLD_EVERY = 4096
_Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _List:
    """One list: its name under the data folder, its part, its columns."""

    path: Path
    name: str
    partition: str
    columns: tuple[str, ...]


def detect(root: Path) -> bool:
    """Tells whether a folder holds AffectNet's lists.

    Args:
        root: a folder.

    Returns:
        True where one of the lists is there, whatever stands in it.
    """
    return bool(_paths(root))


def read(root: Path, progress: _Progress | None = None) -> SampleTable:
    """Reads the lists; the images are neither opened nor looked for.

    Every line with possible labels is a row: None (8) without an emotion, Uncertain (9)
    and No-Face (10) without any label. A malformed line, an impossible label and the
    second line of one image are no rows, but are listed in ``skipped``, as are other
    columns and lists.

    Args:
        root: the folder.
        progress: called with lines read and all lines.

    Returns:
        The rows, in the lists' order; RGB images, no subjects.

    Raises:
        DataError: a list has no such columns or not one readable line, there is no
            image folder, or a link leads out of the folder.

    Source:
        AffectNet: 414,799 and 5,500 lines, one of them malformed.
    """
    paths = _paths(root)
    lists = [_opened(root, path) for path in paths]
    images = next((name for name in IMAGE_FOLDERS if (root / name).is_dir()), None)
    if images is None:
        raise DataError(
            f"{root}: the lists are there but no image folder, looked for "
            f"{' and '.join(IMAGE_FOLDERS)}; unpack Manually_Annotated.zip"
        )
    found: dict[str, Sample] = {}
    skipped = [row for each in lists for row in _other_columns(each)]
    for row in _rows(lists, images, progress):
        if isinstance(row, Sample) and row.image in found:
            first = found[row.image].place
            reason = f"image {row.image} stands in {first} already"
            skipped.append(Skipped(place=row.place, reason=reason))
        elif isinstance(row, Sample):
            found[row.image] = row
        else:
            skipped.append(row)
    if not found:
        rows = [row for row in skipped if row.kind is Kind.ROW]
        told = [f"; the first, {row.place}: {row.reason}" for row in rows[:1]]
        raise DataError(
            f"{root}: the lists hold no line that can be read{''.join(told)}"
        )
    check_inside(root, found.values())
    table = sample_table(
        found.values(), root=root, action_units=(), source="affectnet_csv", channels=3
    )
    skipped += _beside(root, paths, images)
    return replace(table, skipped=tuple(skipped))


def _beside(root: Path, paths: list[Path], images: str) -> list[Skipped]:
    """Names other lists, and folders of data that are not of the release."""
    home = paths[0].parent
    lists = [path for path in sorted(home.iterdir()) if path.suffix.lower() == ".csv"]
    known = [root / images.partition("/")[0], *(root / name for name in AUTOMATIC)]
    known += [root / path.relative_to(root).parts[0] for path in paths]
    others = [path for path in lists if path not in paths]
    return skipped_among(root, root, known) + skipped_files(root, others)


def _other_columns(source: _List) -> Iterator[Skipped]:
    for column in source.columns:
        if column not in (IMAGE, *LABELS, *UNUSED, ""):
            yield Skipped(
                place=f"{source.name} line 1",
                reason=f"the column {quote_short(column)} is not known here",
                kind=Kind.COLUMN,
            )


def _paths(root: Path) -> list[Path]:
    for folder in LIST_FOLDERS:
        found = [path for name in LISTS if (path := root / folder / name).is_file()]
        if found:
            return found
    return []


def _opened(root: Path, path: Path) -> _List:
    """Reads the first line of a list, which names its columns."""
    with open_regular(path) as file:
        head = file.readline()
    refuse_impostor(path, head)
    if b"\r" in head.rstrip(b"\r\n"):
        raise DataError(
            f"{path}: its lines end with lone carriage returns; save it with the line "
            "ends of Unix or Windows"
        )
    names = head.decode("utf-8-sig", errors="replace").strip().split(",")
    columns = tuple(name.strip() for name in names)
    lacking = [name for name in (IMAGE, *LABELS) if name not in columns]
    if lacking:
        raise DataError(
            f"{path} line 1: the columns {', '.join(lacking)} are missing, found "
            f"{quote_short(', '.join(columns), 80)}; restore the list of the release"
        )
    twice = sorted({name for name in columns if name and columns.count(name) > 1})
    if twice:
        raise DataError(
            f"{path} line 1: the columns {quote_short(', '.join(twice))} stand twice; "
            "restore the list of the release"
        )
    return _List(
        path=path,
        name=path.relative_to(root).as_posix(),
        partition=LISTS[path.name],
        columns=columns,
    )


def _rows(
    lists: list[_List], images: str, progress: _Progress | None
) -> Iterator[Sample | Skipped]:
    total = sum(_lines(each.path) for each in lists)
    done = 0
    for each in lists:
        before = done
        with open_regular(each.path) as file:
            for number, line in enumerate(file, start=1):
                done += 1
                if number > 1 and line.strip():
                    yield _row(each, images, number, line)
                if progress is not None and (done % _TOLD_EVERY == 0 or done == total):
                    progress(done, total)
        if done - before == 1:
            raise DataError(
                f"{each.path}: the list has a header but no lines; restore the list of "
                "the release, or remove the file"
            )


def _lines(path: Path) -> int:
    with open_regular(path) as file:
        return sum(1 for _ in file)


def _row(source: _List, images: str, number: int, line: bytes) -> Sample | Skipped:
    place = f"{source.name} line {number}"
    cells = line.rstrip(b"\r\n").split(b",")
    if len(cells) != len(source.columns):
        reason = f"{len(source.columns)} columns were expected, found {len(cells)}"
        return Skipped(place=place, reason=reason)
    try:
        name, *labels = (
            cells[source.columns.index(column)].decode().strip(' "')
            for column in (IMAGE, *LABELS)
        )
        path = f"{images}/{image_path(name, place)}"
        image = Image(path=path, place=place, partition=source.partition)
        return labelled(image, *labels)
    except DataError:
        reason = (
            f"an image path stays in the image folder, found {quote_short(name, 40)}"
        )
        return Skipped(place=place, reason=reason)
    except ValueError as error:
        return Skipped(place=place, reason=str(error))
