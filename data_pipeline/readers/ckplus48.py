"""Reader of CK+48: the last three frames of each emotion sequence, 48 x 48, cropped.

Folders name the emotions; file names give subject, sequence and frame. The three frames
of a sequence are nearly one image; a split by subject keeps them together. Source: the
data set ``shawon10/ckplus`` on Kaggle, 981 images.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from data_pipeline.dataset.sample_table import Sample, SampleTable, sample_table
from data_pipeline.dataset.sequence_frames import DEFAULT_FRAMES
from data_pipeline.dataset.skipped_files import skipped_beside
from data_pipeline.dataset.table_checks import checked_samples
from data_pipeline.labels.labels import Emotion, high_level_of
from data_pipeline.labels.spellings import describe_respellings, is_image
from data_pipeline.readers.ckplus_labels import OBTAIN_CKPLUS
from data_pipeline.readers.reader import (
    DEFAULTS,
    ReadOptions,
    class_folders,
    skipped_in_classes,
    visible,
)
from data_pipeline.system.errors import DataError

LAYOUT = (
    "CK+48: CK+48/anger/, contempt/, disgust/, fear/, happy/, sadness/, surprise/ with "
    "images such as S010_004_00000017.png"
)
OBTAIN = OBTAIN_CKPLUS
FOLDER = "CK+48"

_IMAGE = re.compile(r"(S[0-9]{3})_([0-9]{3})_([0-9]{8})\.[A-Z]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Home:
    """The folder that holds the emotions' folders."""

    path: Path
    classes: tuple[tuple[Path, Emotion], ...]


def detect(root: Path) -> bool:
    """Detects a folder of an emotion with an image named like CK+'s."""
    return _home(root) is not None


def read(root: Path, options: ReadOptions = DEFAULTS) -> SampleTable:
    """Reads folder and file names: rows by subject, sequence and frame, without AUs.

    The high-level emotion follows from the basic one.

    Source: 135, 54, 177, 75, 207, 84 and 249 images of 118 subjects, 327 sequences of
    three frames, in the order of ``BASIC_EMOTIONS``. Some copies add a folder of
    neutral faces.
    """
    home, frames = _home(root), options.frames
    if home is None:
        raise DataError(
            f"{root}: no images such as {FOLDER}/anger/S010_004_00000017.png"
        )
    if frames.neutral != DEFAULT_FRAMES.neutral and not _has_neutral(home):
        raise DataError(
            f'{root}: [data] neutral = "{frames.neutral}": CK+48 holds the last three '
            'frames of a sequence and no neutral face; set neutral = "none", or read '
            "the official CK+ tree"
        )
    # Paths, and so the fingerprint, do not depend on the folders around CK+48.
    base = home.path.parent if _is_named(home.path, root) else home.path
    found = _samples(base, home)
    samples = sorted(found, key=lambda sample: Path(sample.image).name.upper())
    _check_one_emotion(samples)
    return sample_table(
        _last(checked_samples(samples, base), frames.last),
        root=base,
        source="ckplus48",
        channels=1,
        skipped=[
            *skipped_in_classes(root, [home.path]),
            *skipped_beside(root, home.path),
        ],
        understood=describe_respellings(
            (folder.name, str(emotion)) for folder, emotion in home.classes
        ),
    )


def _home(root: Path) -> _Home | None:
    """Finds the emotions' folders: in the root, in CK+48, or one folder deeper."""
    inner = [path for path in visible(root) if path.is_dir()]
    outer = [path for each in inner for path in _named(each)]
    for path in (*_named(root), root, *inner, *outer):
        home = _Home(path=path, classes=tuple(class_folders(path)))
        if any(
            _is_image(file) for folder, _ in home.classes for file in visible(folder)
        ):
            return home
    return None


def _named(folder: Path) -> list[Path]:
    return [path for path in visible(folder) if path.name.upper() == FOLDER]


def _is_named(path: Path, root: Path) -> bool:
    return path != root and path.name.upper() == FOLDER


def _is_image(path: Path) -> bool:
    return is_image(path.name) and _IMAGE.fullmatch(path.name) is not None


def _has_neutral(home: _Home) -> bool:
    return any(emotion is Emotion.NEUTRAL for _, emotion in home.classes)


def _samples(root: Path, home: _Home) -> Iterator[Sample]:
    for folder, emotion in home.classes:
        for path in visible(folder):
            if is_image(path.name):
                yield _sample(root, path, emotion)


def _sample(root: Path, path: Path, emotion: Emotion) -> Sample:
    match = _IMAGE.fullmatch(path.name)
    if match is None:
        raise DataError(
            f"{path}: an image of CK+48 is named after subject, sequence, frame, like "
            "S010_004_00000017.png, which keeps a subject in one part; restore the "
            "name, or remove the file"
        )
    return Sample(
        image=path.relative_to(root).as_posix(),
        subject=match[1].upper(),
        sequence=match[2],
        emotion=str(emotion),
        high_level_emotion=high_level_of(emotion),
        place=str(path.parent),
    )


def _check_one_emotion(samples: list[Sample]) -> None:
    """Refuses two files of a frame, and two emotions besides neutral in a sequence."""
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
        duplicate = frames.setdefault(Path(sample.image).stem.upper(), sample)
        if duplicate is not sample:
            raise DataError(
                f"{sample.image}: a frame is one file, found also {duplicate.image}; "
                "remove one of the two"
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
