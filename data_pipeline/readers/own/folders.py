"""Reader of own data in folders: one for each class, or emotions in file names."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from data_pipeline.dataset.own_data import EMOTION, OwnData
from data_pipeline.dataset.sample_table import Sample, SampleTable, sample_table
from data_pipeline.dataset.skipped_files import (
    Skipped,
    files_below,
    skipped_among,
    skipped_files,
    skipped_folder,
)
from data_pipeline.dataset.table_checks import checked_samples
from data_pipeline.labels.spellings import is_image
from data_pipeline.readers.own.file_names import (
    Names,
    describe_included,
    find_in_names,
    included,
    part_of,
)
from data_pipeline.readers.own.words import (
    describe_words,
    in_words,
    own_words,
    spelling,
)
from data_pipeline.readers.reader import DEFAULTS, ReadOptions, visible
from data_pipeline.system.errors import DataError

LAYOUT = (
    "folders of images, one for each class (calm/1.png, tense/2.png), optionally "
    "inside train/, val/ and test/; or images in any folders, whose paths name the "
    "emotion: [data] emotion = 'REGEX'"
)
OBTAIN = "See own data in data_pipeline/README.md"
SOURCE = "folders"

_UNREADABLE = (".heic", ".heif", ".avif")
"""Endings of pictures that no reader opens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Class:
    """A folder of one class; ``part`` where it lies in the folder of one."""

    path: Path
    part: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """Images with what is known of them, and what is not read."""

    samples: list[Sample]
    skipped: list[Skipped]


def detect(root: Path) -> bool:
    """Detects a folder with images, in the root or in the folder of a part."""
    return bool(_classes(root))


def read(root: Path, options: ReadOptions = DEFAULTS) -> SampleTable:
    """Reads the labels from the names of folders and files, by path."""
    options.check_no_frames(root)
    own = options.own
    found = _anywhere(root) if EMOTION in own.names else _in_classes(root)
    if not found.samples:
        raise DataError(f"{root}: there are no images; expected {LAYOUT}")
    kept = included([sample.image for sample in found.samples], own.include)
    samples = [s for s, keep in zip(found.samples, kept, strict=True) if keep]
    samples, unnamed = _named(root, samples, own)
    written = [(str(sample.emotion), sample.place) for sample in samples]
    words = own_words(
        ((in_words(word, own.words), place) for word, place in written), own.emotions
    )
    return sample_table(
        checked_samples(_labelled(samples, own, spelling(words)), root),
        root=root,
        source=SOURCE,
        channels=own.channels,
        words=words,
        skipped=[*found.skipped, *unnamed],
        understood=(
            *describe_included(kept),
            *describe_words((word for word, _ in written), own.words),
        ),
    )


def _anywhere(root: Path) -> _Found:
    """Finds the images at any depth; a first folder may be a part's."""
    files = sorted(files_below(root)) if root.is_dir() else []
    samples = []
    for path in files:
        if is_image(path.name):
            image = path.relative_to(root).as_posix()
            first = image.partition("/")[0]
            samples.append(Sample(image=image, place=image, partition=part_of(first)))
    others = (path for path in files if path.suffix.lower() in _UNREADABLE)
    return _Found(samples=samples, skipped=skipped_files(root, others))


def _in_classes(root: Path) -> _Found:
    """Finds the images in the folders of classes, with the folders' names."""
    classes = _classes(root)
    samples = [
        Sample(
            image=path.relative_to(root).as_posix(),
            emotion=each.path.name.strip(),
            partition=each.part,
            place=f"{each.path.relative_to(root).as_posix()}/",
        )
        for each in classes
        for path in visible(each.path)
        if is_image(path.name)
    ]
    skipped = list(_skipped(root, classes)) if samples else []
    return _Found(samples=samples, skipped=skipped)


def _named(
    root: Path, samples: Sequence[Sample], own: OwnData
) -> tuple[list[Sample], list[Skipped]]:
    """Adds what file names say; images whose names lack the emotion are left out."""
    names = find_in_names([sample.image for sample in samples], own.names)
    named = [_with(s, said) for s, said in zip(samples, names, strict=True)]
    without = (root / sample.image for sample in named if sample.emotion is None)
    why = "have no emotion in their names, and are not read"
    return [s for s in named if s.emotion is not None], skipped_files(
        root, without, why
    )


def _with(sample: Sample, names: Names) -> Sample:
    return replace(
        sample,
        subject=names.get("subject"),
        sequence=names.get("sequence"),
        partition=names.get("part") or sample.partition,
        emotion=names.get(EMOTION) or sample.emotion,
    )


def _labelled(
    samples: Iterable[Sample], own: OwnData, words: dict[str, str]
) -> Iterator[Sample]:
    """Yields the samples with the words of their classes."""
    for sample in samples:
        word = in_words(str(sample.emotion), own.words)
        yield replace(sample, emotion=words[word.casefold()])


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
