"""Reader of CK+48: the last three frames of each emotion sequence, 48 x 48, cropped.

Folders name the emotions, and files name subject, sequence and frame: names alone are
read. The three frames of a sequence are nearly one picture; a split by subject keeps
them together. Source: the data set ``shawon10/ckplus`` on Kaggle, 981 images.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from data_pipeline.check_table import check_distinct, check_inside
from data_pipeline.errors import DataError
from data_pipeline.frames import USUAL, Frames
from data_pipeline.labels import BASIC_EMOTIONS, HIGH_LEVEL_OF, Emotion
from data_pipeline.samples import Sample, SampleTable, sample_table

LAYOUT = (
    "CK+48: CK+48/anger/, contempt/, disgust/, fear/, happy/, sadness/, surprise/ with "
    "images such as S010_004_00000017.png"
)

FOLDER = "CK+48"
CLASSES: dict[str, Emotion] = {
    **{str(emotion): emotion for emotion in BASIC_EMOTIONS},
    "happy": Emotion.HAPPINESS,
}
"""Folder name, in lower case -> emotion."""

_IMAGE = re.compile(r"(S\d{3})_(\d{3})_(\d{8})\.png", re.IGNORECASE)


def detect(root: Path) -> bool:
    """Tells whether a folder is CK+48, or holds it.

    Args:
        root: a folder.

    Returns:
        True where a folder of an emotion holds an image named like CK+'s.
    """
    return any(
        _IMAGE.fullmatch(path.name)
        for folder in _class_folders(root)
        for path in folder.iterdir()
    )


def read(root: Path, frames: Frames = USUAL) -> SampleTable:
    """Reads folder and file names; no image is opened.

    Args:
        root: the folder ``CK+48``, or the one that holds it.
        frames: so many of a sequence's last frames are rows; all if nothing is said.

    Returns:
        One row for each such image, ordered by subject, sequence and frame; grey
        images, no action units. The high-level emotion follows from the basic one.

    Raises:
        DataError: there is no image, an image is misnamed, a sequence is in the
            folders of two emotions, or a neutral frame is wanted: there is none.

    Source:
        135, 54, 177, 75, 207, 84 and 249 images of 118 subjects, 327 sequences of
        three frames, in the order of ``BASIC_EMOTIONS``.
    """
    if frames.neutral != USUAL.neutral:
        raise DataError(
            f'{root}: [data] neutral = "{frames.neutral}": CK+48 holds the last three '
            'frames of a sequence and no neutral face; say neutral = "none", or read '
            "the official CK+ tree"
        )
    samples = sorted(_samples(root), key=lambda sample: Path(sample.image).name.upper())
    if not samples:
        raise DataError(
            f"{root}: no images such as {FOLDER}/anger/S010_004_00000017.png"
        )
    _check_one_emotion(samples)
    check_distinct(samples)
    check_inside(root, samples)
    return sample_table(
        _last(samples, frames.last),
        root=root,
        action_units=(),
        source="ckplus48",
        channels=1,
    )


def _class_folders(root: Path) -> list[Path]:
    """Lists the emotions' folders, in the root or in its folder CK+48."""
    for home in (root / FOLDER, root):
        folders = sorted(home.iterdir()) if home.is_dir() else []
        found = [path for path in folders if path.name.lower() in CLASSES]
        if any(path.is_dir() for path in found):
            return [path for path in found if path.is_dir()]
    return []


def _samples(root: Path) -> Iterator[Sample]:
    for folder in _class_folders(root):
        emotion = CLASSES[folder.name.lower()]
        for path in sorted(folder.iterdir()):
            if path.suffix.lower() == ".png" and not path.name.startswith("."):
                yield _sample(root, path, emotion)


def _sample(root: Path, path: Path, emotion: Emotion) -> Sample:
    match = _IMAGE.fullmatch(path.name)
    if match is None:
        raise DataError(
            f"{path}: an image of CK+48 is named after subject, sequence, frame, like "
            "S010_004_00000017.png, so that nobody is in two parts; restore the name, "
            "or remove the file"
        )
    return Sample(
        image=path.relative_to(root).as_posix(),
        subject=match[1].upper(),
        sequence=match[2],
        emotion=str(emotion),
        high_level_emotion=str(HIGH_LEVEL_OF[emotion]),
        action_units={},
        place=str(path.parent),
    )


def _check_one_emotion(samples: list[Sample]) -> None:
    first: dict[tuple[str | None, str | None], Sample] = {}
    for sample in samples:
        other = first.setdefault((sample.subject, sample.sequence), sample)
        if other.emotion != sample.emotion:
            raise DataError(
                f"{sample.image}: a sequence shows one emotion, but {other.image} of "
                f"sequence {sample.subject}/{sample.sequence} is in another folder; "
                "remove the wrong one"
            )


def _last(samples: list[Sample], count: int | None) -> list[Sample]:
    """Keeps the last frames of each sequence; the samples are in order."""
    sequences: dict[tuple[str | None, str | None], list[Sample]] = {}
    for sample in samples:
        sequences.setdefault((sample.subject, sample.sequence), []).append(sample)
    return [
        sample
        for rows in sequences.values()
        for sample in rows[-(count or len(rows)) :]
    ]
