"""Reader of the official CK+ distribution: FACS and emotion files beside the images.

Every sequence runs from neutral to its peak. FACS and emotion files are named after the
peak frame, so they identify its image.
"""

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from data_pipeline.dataset.landmarks import FOLDERS as LANDMARK_FOLDERS
from data_pipeline.dataset.sample_table import Sample, SampleTable, sample_table
from data_pipeline.dataset.sequence_frames import select_frames
from data_pipeline.dataset.skipped_files import (
    Skipped,
    files_below,
    skipped_among,
    skipped_files,
    skipped_folder,
)
from data_pipeline.dataset.table_checks import checked_samples
from data_pipeline.labels.labels import (
    CKPLUS_ACTION_UNITS,
    action_unit_name,
    high_level_of,
)
from data_pipeline.labels.spellings import (
    IMAGE_SUFFIXES,
    describe_respellings,
    is_hidden,
    is_image,
)
from data_pipeline.readers.ckplus_labels import (
    OBTAIN_CKPLUS,
    read_coded_units,
    read_emotion_code,
)
from data_pipeline.readers.reader import DEFAULTS, ReadOptions
from data_pipeline.system.errors import DataError

LAYOUT = (
    "the official CK+ tree: FACS/, Emotion/ and cohn-kanade-images/ as unpacked, with "
    "or without the folders FACS_labels/, Emotion_labels/, "
    "extended-cohn-kanade-images/ around them"
)
OBTAIN = OBTAIN_CKPLUS

FACS_FOLDERS = ("FACS", "FACS_labels/FACS", "FACS_labels", "facs")
EMOTION_FOLDERS = ("Emotion", "Emotion_labels/Emotion", "Emotion_labels", "emotions")
IMAGE_FOLDERS = (
    "cohn-kanade-images",
    "extended-cohn-kanade-images/cohn-kanade-images",
    "extended-cohn-kanade-images",
    "images",
)
_LABEL_FILE = re.compile(
    r"((S[0-9]+)_([0-9]+)_([0-9]+))_(facs|emotion)\.txt", re.IGNORECASE
)
_SEQUENCE = re.compile(r"[0-9]{1,9}")
_DEPTH = 3
"""Subject, sequence and file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Label:
    """One label file: its sequence, the image in its name, its path."""

    subject: str
    sequence: str
    image: str
    path: Path


_Labels = dict[tuple[str, int], _Label]


def detect(root: Path) -> bool:
    """Detects one of the label folders, under any of its names."""
    return any(
        _folder(root, names) is not None for names in (FACS_FOLDERS, EMOTION_FOLDERS)
    )


def read(root: Path, options: ReadOptions = DEFAULTS) -> SampleTable:
    """Reads FACS and emotion files: rows by subject, sequence and frame.

    An action unit is present if it has a line, whatever its intensity, and absent if
    the FACS file lacks it. Intensities are 1 to 5 (A to E), 0 for an absent unit, and
    missing for 0 in the file: present, intensity not given. A sequence without an
    emotion file has no emotion; one without a FACS file has no action units. By
    default only the peak frame is a row. A missing image is named as PNG.

    Source: ReadMeCohnKanadeDatabase_website.txt of the distribution: 593 FACS files,
    327 emotion files, 123 subjects.
    """
    others: list[Path] = []
    facs = _label_files(root, FACS_FOLDERS, "facs", others)
    emotions = _label_files(root, EMOTION_FOLDERS, "emotion", others)
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
    names = _ImageNames(images, others)
    samples = [
        names.named(sample)
        for key in sorted(facs.keys() | emotions.keys())
        for sample in select_frames(
            _sample(prefix, facs.get(key), emotions.get(key)), options.frames
        )
    ]
    rows = checked_samples(samples, root)
    skipped = [*_beside(root, images), *skipped_files(root, others)]
    if facs:
        labelled = {(key[0], key[1]) for key in facs.keys() | emotions.keys()}
        skipped += names.unlabelled(root, labelled)
    labels = (*facs.values(), *emotions.values())
    endings = (_ending(label.path) for label in labels)
    return sample_table(
        rows,
        root=root,
        source="ckplus",
        channels=1,
        action_units=[action_unit_name(number) for number in CKPLUS_ACTION_UNITS],
        skipped=skipped,
        understood=describe_respellings((each, each.lower()) for each in endings),
    )


def _ending(path: Path) -> str:
    return f"_{path.name.rpartition('_')[2]}"


class _ImageNames:
    """File names in the image folder, listed on demand.

    Files that are not images are added to ``others``.
    """

    def __init__(self, folder: Path, others: list[Path]) -> None:
        """Lists nothing yet."""
        self._folder, self._others = folder, others
        self._listed: dict[tuple[str, str], dict[str, str]] = {}

    def named(self, sample: Sample) -> Sample:
        """Gives a row the suffix of its image file."""
        path = PurePosixPath(sample.image)
        found = self._of(*path.parts[-3:-1]).get(path.stem.lower(), path.name)
        if found == path.name:
            return sample
        return replace(sample, image=path.with_name(found).as_posix())

    def unlabelled(
        self, root: Path, labelled: Container[tuple[str, int]]
    ) -> Iterator[Skipped]:
        """Yields sequences with images and without a label file."""
        for folder in sorted(self._folder.glob("*/*")):
            subject, sequence = folder.parts[-2:]
            number = int(sequence) if _SEQUENCE.fullmatch(sequence) else -1
            hidden = is_hidden(sequence) or is_hidden(subject)
            if folder.is_dir() and not hidden and (subject, number) not in labelled:
                yield skipped_folder(root, folder, "no label file of this sequence")

    def _of(self, subject: str, sequence: str) -> dict[str, str]:
        """Maps the stems of a sequence's images to the file names."""
        key = subject, sequence
        if key not in self._listed:
            folder = self._folder / subject / sequence
            files = sorted(folder.iterdir()) if folder.is_dir() else []
            self._others += [path for path in files if not is_image(path.name)]
            chosen = [path for path in files if is_image(path.name)]
            chosen.sort(key=lambda path: -IMAGE_SUFFIXES.index(path.suffix.lower()))
            self._listed[key] = {path.stem.lower(): path.name for path in chosen}
        return self._listed[key]


def _beside(root: Path, images: Path) -> list[Skipped]:
    """Lists data folders that are neither labels, landmarks nor images."""
    used = [images, _folder(root, FACS_FOLDERS), _folder(root, EMOTION_FOLDERS)]
    tops = {path.relative_to(root).parts[0] for path in used if path is not None}
    tops |= {name.partition("/")[0] for name in LANDMARK_FOLDERS}
    return skipped_among(root, root, [root / name for name in tops])


def _folder(root: Path, names: tuple[str, ...]) -> Path | None:
    """Finds the first of the folders with subjects, in any case."""
    for name in names:
        folder = _spelled(root, name)
        if folder is not None and any(folder.glob("[sS][0-9]*")):
            return folder
    return None


def _spelled(root: Path, name: str) -> Path | None:
    """Finds a folder in any case; the exact name has precedence."""
    folder = root
    for part in name.split("/") if root.is_dir() else ():
        inside = [p for p in sorted(folder.iterdir()) if p.is_dir()]
        same = [p for p in inside if p.name.casefold() == part.casefold()]
        if not same:
            return None
        folder = next((p for p in same if p.name == part), same[0])
    return None if folder == root else folder


def _label_files(
    root: Path, names: tuple[str, ...], kind: str, others: list[Path]
) -> _Labels:
    """Collects label files; other files are added to ``others``."""
    folder = _folder(root, names)
    labels: _Labels = {}
    for path in sorted(files_below(folder)) if folder else ():
        match = _LABEL_FILE.fullmatch(path.name)
        deep = len(path.relative_to(folder or root).parts)
        if match is None or match[5].lower() != kind or deep != _DEPTH:
            others.append(path)
            continue
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
        raise ValueError("a sequence needs a FACS or an emotion file")
    if facs and emotion and facs.image != emotion.image:
        raise DataError(
            f"{emotion.path}: FACS and emotion files of a sequence name one peak "
            f"frame, found {facs.path.name}; keep the names of the distribution"
        )
    shown = None if emotion is None else read_emotion_code(emotion.path)
    coded = {} if facs is None else read_coded_units(facs.path)
    return Sample(
        image=f"{prefix}/{label.image}",
        subject=label.subject,
        sequence=label.sequence,
        emotion=None if shown is None else str(shown),
        high_level_emotion=None if shown is None else high_level_of(shown),
        action_units={unit: level != 0 for unit, level in coded.items()},
        place=str(label.path),
        intensities=coded,
    )
