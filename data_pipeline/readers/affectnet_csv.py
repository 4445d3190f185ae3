"""Reader of AffectNet's full release: images in numbered folders, lists of labels.

Source: ``Manually_Annotated/Manually_Annotated_Images/<folder>/<hash>.jpg``, with
``training.csv`` and ``validation.csv``. Images annotated automatically are not read.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from data_pipeline.dataset.sample_table import Sample, SampleTable, sample_table
from data_pipeline.dataset.skipped_files import (
    Kind,
    Skipped,
    skipped_among,
    skipped_files,
)
from data_pipeline.dataset.table_checks import (
    checked_samples,
    image_path,
    refuse_impostor,
)
from data_pipeline.files.safe_open import open_regular
from data_pipeline.readers.affectnet_labels import (
    OBTAIN_AFFECTNET,
    ImageRef,
    to_sample,
)
from data_pipeline.readers.reader import DEFAULTS, ReadOptions
from data_pipeline.system.errors import DataError, quote_short

LAYOUT = (
    "AffectNet's full release: Manually_Annotated_file_lists/training.csv and "
    "validation.csv beside Manually_Annotated/Manually_Annotated_Images/"
)
OBTAIN = OBTAIN_AFFECTNET

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
"""Columns of the release other than labels."""

AUTOMATIC = ("Automatically_annotated_file_list", "Automatically_Annotated")
"""Folders of the release that are not read."""

_PROGRESS_LINES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class _List:
    """One list: its name in the data folder, its part, its columns."""

    path: Path
    name: str
    partition: str
    columns: tuple[str, ...]


def detect(root: Path) -> bool:
    """Detects one of the lists, whatever its content."""
    return bool(_paths(root))


def read(root: Path, options: ReadOptions = DEFAULTS) -> SampleTable:
    """Reads the lists, line by line.

    Every line with valid labels is a row: None (8) without an emotion, Uncertain (9)
    and No-Face (10) without any label. Malformed lines, invalid labels and second lines
    of an image are skipped and listed.

    Source: AffectNet, 414,799 and 5,500 lines, one of them malformed; RGB, without
    subjects.
    """
    options.check_no_frames(root)
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
    for row in _rows(lists, images, options):
        if isinstance(row, Sample) and row.image in found:
            first = found[row.image].place
            reason = f"image {row.image} is already in {first}"
            skipped.append(Skipped(place=row.place, reason=reason))
        elif isinstance(row, Sample):
            found[row.image] = row
        else:
            skipped.append(row)
    if not found:
        rows = [row for row in skipped if row.kind is Kind.ROW]
        first = "".join(f"; the first, {r.place}: {r.reason}" for r in rows[:1])
        raise DataError(f"{root}: the lists have no readable line{first}")
    return sample_table(
        checked_samples(found.values(), root),
        root=root,
        source="affectnet_csv",
        channels=3,
        skipped=[*skipped, *_beside(root, paths, images)],
    )


def _beside(root: Path, paths: list[Path], images: str) -> list[Skipped]:
    """Lists other lists, and data folders that are not part of the release."""
    home = paths[0].parent
    lists = [path for path in sorted(home.iterdir()) if path.suffix.lower() == ".csv"]
    used = [root / images.partition("/")[0], *(root / name for name in AUTOMATIC)]
    used += [root / path.relative_to(root).parts[0] for path in paths]
    others = [path for path in lists if path not in paths]
    return skipped_among(root, root, used) + skipped_files(root, others)


def _other_columns(source: _List) -> Iterator[Skipped]:
    for column in source.columns:
        if column not in (IMAGE, *LABELS, *UNUSED, ""):
            yield Skipped(
                place=f"{source.name} line 1",
                reason=f"the column {quote_short(column)} is unknown",
                kind=Kind.COLUMN,
            )


def _paths(root: Path) -> list[Path]:
    for folder in LIST_FOLDERS:
        found = [path for name in LISTS if (path := root / folder / name).is_file()]
        if found:
            return found
    return []


def _opened(root: Path, path: Path) -> _List:
    """Reads the header of a list."""
    with open_regular(path) as file:
        head = file.readline()
    refuse_impostor(path, head)
    if b"\r" in head.rstrip(b"\r\n"):
        raise DataError(
            f"{path}: its lines end with carriage returns only; save it with Unix or "
            "Windows line endings"
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
            f"{path} line 1: the columns {quote_short(', '.join(twice))} occur twice; "
            "restore the list of the release"
        )
    return _List(
        path=path,
        name=path.relative_to(root).as_posix(),
        partition=LISTS[path.name],
        columns=columns,
    )


def _rows(
    lists: list[_List], images: str, options: ReadOptions
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
                if done % _PROGRESS_LINES == 0 or done == total:
                    options.progress(done, total)
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
        image = ImageRef(path=path, place=place, partition=source.partition)
        return to_sample(image, *labels)
    except DataError:
        reason = (
            f"an image path stays in the image folder, found {quote_short(name, 40)}"
        )
        return Skipped(place=place, reason=reason)
    except ValueError as error:
        return Skipped(place=place, reason=str(error))
