"""Reader of the official CK+ distribution: FACS and emotion files beside the images.

Every sequence runs from neutral to its peak; FACS and emotion files are named after
the peak frame, so the label files alone say which image is meant.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from data_pipeline.check_table import check_distinct, check_inside, read_text
from data_pipeline.errors import DataError
from data_pipeline.frames import USUAL, Frames, frames_of
from data_pipeline.labels import (
    CKPLUS_ACTION_UNITS,
    CKPLUS_EMOTION_CODES,
    HIGH_LEVEL_OF,
    Emotion,
    action_unit_name,
)
from data_pipeline.samples import Sample, SampleTable, sample_table

LAYOUT = (
    "the official CK+ tree: FACS/, Emotion/ and cohn-kanade-images/ as unpacked, with "
    "or without the folders FACS_labels/, Emotion_labels/, "
    "extended-cohn-kanade-images/ around them"
)

FACS_FOLDERS = ("FACS", "FACS_labels/FACS", "FACS_labels", "facs")
EMOTION_FOLDERS = ("Emotion", "Emotion_labels/Emotion", "Emotion_labels", "emotions")
IMAGE_FOLDERS = (
    "cohn-kanade-images",
    "extended-cohn-kanade-images/cohn-kanade-images",
    "extended-cohn-kanade-images",
    "images",
)
HIGHEST_INTENSITY = 5
"""E on the FACS scale; 0 means present, intensity not given."""

_LABEL_FILE = re.compile(r"((S\d+)_(\d+)_(\d+))_(facs|emotion)\.txt")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Label:
    """One label file: its sequence, the image that it is named after, its path."""

    subject: str
    sequence: str
    image: str
    path: Path


_Labels = dict[tuple[str, int], _Label]


def detect(root: Path) -> bool:
    """Tells whether a folder holds FACS or emotion label files of CK+.

    Args:
        root: a folder.

    Returns:
        True where one of the label folders is there, under any of its names.
    """
    return any(
        _folder(root, names) is not None for names in (FACS_FOLDERS, EMOTION_FOLDERS)
    )


def read(root: Path, frames: Frames = USUAL) -> SampleTable:
    """Reads FACS and emotion files; the images are not looked for.

    An action unit is present where its line exists, whatever the intensity, and absent
    where a FACS file lacks it. Intensities are 1 to 5 (A to E), 0 where the unit is
    absent, and missing where the file says 0: present, not given. A sequence without
    an emotion file has no emotion; one without a FACS file has no action units.

    Args:
        root: the folder that holds the unpacked folders.
        frames: which frames of a sequence are rows; the peak alone if nothing is said.

    Returns:
        One row for each such frame of each sequence with a label, ordered by subject,
        sequence and frame, with the action units of ``CKPLUS_ACTION_UNITS``; grey
        images.

    Raises:
        DataError: there are no label files or no image folder, or a file is wrong.

    Source:
        ReadMeCohnKanadeDatabase_website.txt of the distribution: 593 FACS files, 327
        emotion files, 123 subjects.
    """
    facs = _label_files(root, FACS_FOLDERS, "facs")
    emotions = _label_files(root, EMOTION_FOLDERS, "emotion")
    if not facs and not emotions:
        raise DataError(
            f"{root}: the label folders hold no files like S005/001/"
            "S005_001_00000011_facs.txt; unpack FACS_labels.zip and Emotion_labels.zip"
        )
    images = _folder(root, IMAGE_FOLDERS)
    if images is None:
        raise DataError(
            f"{root}: the labels are there but no image folder, looked for "
            f"{', '.join(IMAGE_FOLDERS)}; unpack extended-cohn-kanade-images.zip"
        )
    prefix = images.relative_to(root).as_posix()
    samples = [
        sample
        for key in sorted(facs.keys() | emotions.keys())
        for sample in frames_of(
            _sample(prefix, facs.get(key), emotions.get(key)), frames
        )
    ]
    check_distinct(samples)
    check_inside(root, samples)
    return sample_table(
        samples,
        root=root,
        action_units=[action_unit_name(number) for number in CKPLUS_ACTION_UNITS],
        source="ckplus",
        channels=1,
    )


def _folder(root: Path, names: tuple[str, ...]) -> Path | None:
    """Finds the first of the folders that holds subjects, in either case."""
    for name in names:
        for spelled in (name, name.lower()):
            folder = root / spelled
            if folder.is_dir() and any(folder.glob("S[0-9]*")):
                return folder
    return None


def _label_files(root: Path, names: tuple[str, ...], kind: str) -> _Labels:
    folder = _folder(root, names)
    labels: _Labels = {}
    for path in sorted(folder.glob("S*/*/*.txt")) if folder else ():
        match = _LABEL_FILE.fullmatch(path.name)
        if match is None or match[5] != kind:
            continue  # .DS_Store, ._S005_..., notes: not labels
        label = _label(path, match)
        key = (label.subject, int(label.sequence))
        if key in labels:
            raise DataError(
                f"{path}: a sequence has one {kind} file, found also "
                f"{labels[key].path.name}; keep the one named after the last frame"
            )
        labels[key] = label
    return labels


def _label(path: Path, match: re.Match[str]) -> _Label:
    subject, sequence = path.parts[-3:-1]
    if (match[2], match[3]) != (subject, sequence):
        raise DataError(
            f"{path}: a label file is named after its folders {subject}/{sequence}, "
            f"found {match[2]}_{match[3]}; move it to its subject's folder"
        )
    image = f"{subject}/{sequence}/{match[1]}.png"
    return _Label(subject=subject, sequence=sequence, image=image, path=path)


def _sample(prefix: str, facs: _Label | None, emotion: _Label | None) -> Sample:
    label = facs or emotion
    if label is None:
        raise ValueError("a sequence has a label of one kind at least")
    if facs and emotion and facs.image != emotion.image:
        raise DataError(
            f"{emotion.path}: FACS and emotion files of a sequence name one peak "
            f"frame, found {facs.path.name}; keep the names of the distribution"
        )
    shown = None if emotion is None else _emotion(emotion.path)
    high_level = None if shown is None else HIGH_LEVEL_OF.get(shown)
    coded = {} if facs is None else _action_units(facs.path)
    return Sample(
        image=f"{prefix}/{label.image}",
        subject=label.subject,
        sequence=label.sequence,
        emotion=None if shown is None else str(shown),
        high_level_emotion=None if high_level is None else str(high_level),
        action_units={unit: level != 0 for unit, level in coded.items()},
        place=str(label.path),
        intensities=coded,
    )


def _emotion(path: Path) -> Emotion:
    lines = _numbers(path, columns=1)
    if len(lines) != 1 or lines[0][0] not in CKPLUS_EMOTION_CODES:
        found = "; ".join(f"{line[0]:g}" for line in lines) or "an empty file"
        raise DataError(
            f"{path}: an emotion file holds one code from 0 (neutral) to 7 "
            f"(surprise), found {found}; restore the file from Emotion_labels.zip, "
            "or remove it if the sequence has no emotion"
        )
    return CKPLUS_EMOTION_CODES[int(lines[0][0])]


def _action_units(path: Path) -> dict[str, int | None]:
    """Reads each unit's intensity: 0 is absent here, ``None`` present but unknown."""
    present: dict[int, int | None] = {}
    for number, (unit, intensity) in enumerate(_numbers(path, columns=2), start=1):
        coded = unit == int(unit) and 1 <= unit <= 99  # noqa: PLR2004 (FACS codes)
        graded = intensity in range(HIGHEST_INTENSITY + 1)
        if not coded or not graded:
            raise DataError(
                f"{path} line {number}: an action unit is 1 to 99 and its intensity 0 "
                f"to {HIGHEST_INTENSITY}, found {unit:g} {intensity:g}; restore the "
                "file from FACS_labels.zip"
            )
        present[int(unit)] = int(intensity) or None
    return {
        action_unit_name(unit): present.get(unit, 0) for unit in CKPLUS_ACTION_UNITS
    }


def _numbers(path: Path, *, columns: int) -> list[list[float]]:
    """Reads lines of numbers as MATLAB writes them: three spaces, an exponent."""
    lines = []
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        words = line.split()
        if not words:
            continue
        try:
            values = [float(word) for word in words]
        except ValueError:
            values = []
        if len(values) != columns or not all(abs(value) < 1e9 for value in values):  # noqa: PLR2004
            raise DataError(
                f"{path} line {number}: {columns} numbers a line were expected, found "
                f"{line.strip()[:40]!r}; restore the file from its zip"
            )
        lines.append(values)
    return lines
