"""Reader of own data in folders: one for each class, optionally inside parts."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from data_pipeline.dataset.own_data import OwnData
from data_pipeline.dataset.sample_table import Sample, SampleTable, sample_table
from data_pipeline.dataset.skipped_files import (
    Skipped,
    skipped_among,
    skipped_files,
    skipped_folder,
)
from data_pipeline.dataset.table_checks import checked_samples
from data_pipeline.labels.spellings import is_image
from data_pipeline.readers.own.file_names import file_subjects, part_of
from data_pipeline.readers.own.words import own_words, spelling
from data_pipeline.readers.reader import DEFAULTS, ReadOptions, visible
from data_pipeline.system.errors import DataError

LAYOUT = (
    "folders of images, one for each class (calm/1.png, tense/2.png), optionally "
    "inside train/, val/ and test/"
)
OBTAIN = "See own data in data_pipeline/README.md"
SOURCE = "folders"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Class:
    """A folder of one class; ``part`` where it lies in the folder of one."""

    path: Path
    part: str | None


def detect(root: Path) -> bool:
    """Detects a folder with images, in the root or in the folder of a part."""
    return bool(_classes(root))


def read(root: Path, options: ReadOptions = DEFAULTS) -> SampleTable:
    """Reads the labels from the names of folders and files, by path."""
    options.check_no_frames(root)
    classes, own = _classes(root), options.own
    if not classes:
        raise DataError(f"{root}: there are no images; expected {LAYOUT}")
    found = [(each.path.name.strip(), str(each.path)) for each in classes]
    words = own_words(found, own.emotions)
    samples = list(_samples(root, classes, spelling(words)))
    return sample_table(
        checked_samples(_with_subjects(samples, own), root),
        root=root,
        source=SOURCE,
        channels=own.channels,
        words=words,
        skipped=list(_skipped(root, classes)),
    )


def _classes(root: Path) -> list[_Class]:
    """Lists the folders with images: those in parts if there are any, else in root."""
    folders = [path for path in visible(root) if path.is_dir()]
    inside = [
        _Class(path=path, part=part_of(folder.name))
        for folder in folders
        if part_of(folder.name) is not None
        for path in visible(folder)
        if _has_images(path)
    ]
    if inside:
        return inside
    return [_Class(path=path, part=None) for path in folders if _has_images(path)]


def _has_images(folder: Path) -> bool:
    return any(is_image(path.name) and path.is_file() for path in visible(folder))


def _samples(
    root: Path, classes: list[_Class], words: dict[str, str]
) -> Iterator[Sample]:
    for each in classes:
        for path in visible(each.path):
            if is_image(path.name):
                yield Sample(
                    image=path.relative_to(root).as_posix(),
                    emotion=words[each.path.name.strip().casefold()],
                    partition=each.part,
                    place=f"{each.path.relative_to(root).as_posix()}/",
                )


def _with_subjects(samples: list[Sample], own: OwnData) -> list[Sample]:
    named = file_subjects([sample.image for sample in samples], own.subject)
    return [
        replace(sample, subject=subject)
        for sample, subject in zip(samples, named, strict=True)
    ]


def _skipped(root: Path, classes: list[_Class]) -> Iterator[Skipped]:
    """Yields folders that are no class, and files that are not read."""
    used = [each.path for each in classes]
    parents = sorted({each.path.parent for each in classes})
    if root not in parents:
        yield from skipped_among(root, root, parents)
    for parent in parents:
        yield from skipped_among(root, parent, used)
    others = []
    for folder in used:
        for path in visible(folder):
            if path.is_dir():
                yield skipped_folder(root, path, "a folder within a class")
            elif not is_image(path.name):
                others.append(path)
    yield from skipped_files(root, others)
