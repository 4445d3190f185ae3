"""Reader of CK+48: the last three frames of each emotion sequence, 48 x 48, cropped.

Folders name the emotions, and files name subject, sequence and frame: names alone are
read. The three frames of a sequence are nearly one picture; a split by subject keeps
them together. Source: the data set ``shawon10/ckplus`` on Kaggle, 981 images.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from data_pipeline.dataset.sample_table import Sample, SampleTable, sample_table
from data_pipeline.dataset.sequence_frames import DEFAULT_FRAMES, Frames
from data_pipeline.dataset.skipped_files import (
    Skipped,
    skipped_beside,
    skipped_files,
    skipped_folder,
)
from data_pipeline.dataset.table_checks import check_distinct, check_inside
from data_pipeline.labels.labels import HIGH_LEVEL_OF, Emotion
from data_pipeline.labels.spellings import (
    describe_respellings,
    emotion_of,
    is_hidden,
    is_image,
    unknown_emotion,
)
from data_pipeline.system.errors import DataError

LAYOUT = (
    "CK+48: CK+48/anger/, contempt/, disgust/, fear/, happy/, sadness/, surprise/ with "
    "images such as S010_004_00000017.png"
)

FOLDER = "CK+48"

_IMAGE = re.compile(r"(S[0-9]{3})_([0-9]{3})_([0-9]{8})\.[A-Z]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Home:
    """The folder that holds the emotions' folders."""

    path: Path
    classes: tuple[tuple[Path, Emotion], ...]


def detect(root: Path) -> bool:
    """Tells whether a folder is CK+48, or holds it.

    Args:
        root: a folder.

    Returns:
        True where a folder of an emotion holds an image named like CK+'s.
    """
    return _home(root) is not None


def read(root: Path, frames: Frames = DEFAULT_FRAMES) -> SampleTable:
    """Reads folder and file names; no image is opened.

    Args:
        root: the folder ``CK+48``, or the one that holds it.
        frames: so many of a sequence's last frames are rows; all if nothing is said.

    Returns:
        One row for each such image, ordered by subject, sequence and frame; grey
        images, no action units. The high-level emotion follows from the basic one.
        Other folders and files are listed in ``skipped``.

    Raises:
        DataError: there is no image, an image is misnamed, a sequence is in the
            folders of two emotions, or a neutral frame is wanted and none is there.

    Source:
        135, 54, 177, 75, 207, 84 and 249 images of 118 subjects, 327 sequences of
        three frames, in the order of ``BASIC_EMOTIONS``. Some copies add a folder of
        neutral faces.
    """
    home = _home(root)
    if home is None:
        raise DataError(
            f"{root}: no images such as {FOLDER}/anger/S010_004_00000017.png"
        )
    if frames.neutral != DEFAULT_FRAMES.neutral and not _has_neutral(home):
        raise DataError(
            f'{root}: [data] neutral = "{frames.neutral}": CK+48 holds the last three '
            'frames of a sequence and no neutral face; say neutral = "none", or read '
            "the official CK+ tree"
        )
    # However deep it lies, its images have the same names, and the table its digest.
    base = home.path.parent if _is_named(home.path, root) else home.path
    found = _samples(base, home)
    samples = sorted(found, key=lambda sample: Path(sample.image).name.upper())
    _check_one_emotion(samples)
    check_distinct(samples)
    check_inside(base, samples)
    table = sample_table(
        _last(samples, frames.last),
        root=base,
        action_units=(),
        source="ckplus48",
        channels=1,
    )
    spelled = describe_respellings(
        (folder.name, str(emotion)) for folder, emotion in home.classes
    )
    return replace(table, skipped=tuple(_skipped(root, home)), understood=spelled)


def _home(root: Path) -> _Home | None:
    """Finds the emotions' folders: in the root, in CK+48, or in one more around it."""
    inner = [path for path in _visible(root) if path.is_dir()]
    outer = [path for each in inner for path in _named(each)]
    for path in (*_named(root), root, *inner, *outer):
        home = _Home(path=path, classes=tuple(_classes(path)))
        if any(_is_image(file) for folder, _ in home.classes for file in _all(folder)):
            return home
    return None


def _named(folder: Path) -> list[Path]:
    return [path for path in _visible(folder) if path.name.upper() == FOLDER]


def _is_named(path: Path, root: Path) -> bool:
    return path != root and path.name.upper() == FOLDER


def _visible(folder: Path) -> list[Path]:
    return [path for path in _all(folder) if not is_hidden(path.name)]


def _all(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _is_image(path: Path) -> bool:
    return is_image(path.name) and _IMAGE.fullmatch(path.name) is not None


def _classes(folder: Path) -> Iterator[tuple[Path, Emotion]]:
    for path in _visible(folder):
        emotion = emotion_of(path.name)
        if emotion is not None and path.is_dir():
            yield path, emotion


def _has_neutral(home: _Home) -> bool:
    return any(emotion is Emotion.NEUTRAL for _, emotion in home.classes)


def _samples(root: Path, home: _Home) -> Iterator[Sample]:
    for folder, emotion in home.classes:
        for path in _all(folder):
            if is_image(path.name):
                yield _sample(root, path, emotion)


def _skipped(root: Path, home: _Home) -> Iterator[Skipped]:
    """Names what is no class, and what is no picture."""
    folders = [folder for folder, _ in home.classes]
    for path in _visible(home.path):
        if path.is_dir() and path not in folders:
            yield skipped_folder(root, path, unknown_emotion(path.name))
    files = [path for path in _visible(home.path) if not path.is_dir()]
    for folder in folders:
        inside = _visible(folder)
        files += [p for p in inside if not is_image(p.name) and not p.is_dir()]
        for path in inside:
            if path.is_dir():
                yield skipped_folder(root, path, "a folder within a class")
    yield from skipped_files(root, files)
    yield from skipped_beside(root, home.path)


def _sample(root: Path, path: Path, emotion: Emotion) -> Sample:
    match = _IMAGE.fullmatch(path.name)
    if match is None:
        raise DataError(
            f"{path}: an image of CK+48 is named after subject, sequence, frame, like "
            "S010_004_00000017.png, so that nobody is in two parts; restore the name, "
            "or remove the file"
        )
    high_level = HIGH_LEVEL_OF.get(emotion)
    return Sample(
        image=path.relative_to(root).as_posix(),
        subject=match[1].upper(),
        sequence=match[2],
        emotion=str(emotion),
        high_level_emotion=None if high_level is None else str(high_level),
        action_units={},
        place=str(path.parent),
    )


def _check_one_emotion(samples: list[Sample]) -> None:
    """A frame is one file; a sequence shows one emotion, neutral faces beside it."""
    first: dict[tuple[str | None, ...], Sample] = {}
    frames: dict[str, Sample] = {}
    for sample in samples:
        other = first.setdefault((sample.subject, sample.sequence), sample)
        if sample.emotion == str(Emotion.NEUTRAL):
            other = sample
        elif other.emotion == str(Emotion.NEUTRAL):
            other = first[sample.subject, sample.sequence] = sample
        if other.emotion != sample.emotion:
            raise DataError(
                f"{sample.image}: a sequence shows one emotion, but {other.image} of "
                f"sequence {sample.subject}/{sample.sequence} is in another folder; "
                "remove the wrong one"
            )
        twin = frames.setdefault(Path(sample.image).stem.upper(), sample)
        if twin is not sample:
            raise DataError(
                f"{sample.image}: a frame is one file, found also {twin.image}; remove "
                "one of the two"
            )


def _last(samples: list[Sample], count: int | None) -> list[Sample]:
    """Keeps the last frames of each sequence; the samples are in order."""
    sequences: dict[tuple[str | None, ...], list[Sample]] = {}
    for sample in samples:
        key = (sample.subject, sample.sequence, sample.emotion)
        sequences.setdefault(key, []).append(sample)
    return [
        sample
        for rows in sequences.values()
        for sample in rows[-(count or len(rows)) :]
    ]
