"""Reader of FER2013's own seven labels: images in folders named after the emotions.

Source: the public copies of the set, ``train|test/<emotion>/Training_3908.jpg`` (and
``PublicTest_``, ``PrivateTest_``) or ``.../im0.png``. The numbers in their names are
no rows of ``fer2013.csv``, so that FER+ votes cannot be joined to them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from data_pipeline.dataset.sample_table import Sample, SampleTable, sample_table
from data_pipeline.dataset.skipped_files import (
    Skipped,
    skipped_among,
    skipped_files,
    skipped_folder,
)
from data_pipeline.dataset.table_checks import check_distinct, check_inside
from data_pipeline.labels.labels import FERPLUS_PARTITIONS, Emotion
from data_pipeline.labels.spellings import (
    describe_respellings,
    emotion_of,
    is_hidden,
    is_image,
    unknown_emotion,
)
from data_pipeline.system.errors import DataError

PARTS: dict[str, str] = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "publictest": "validation",
    "test": "test",
    "testing": "test",
    "privatetest": "test",
}
"""Folder, in small letters -> partition, where the file names do not tell it."""

TABLES = ("fer2013.csv", "icml_face_data.csv")
COMMAND = "python -m data_pipeline.ferplus --fer fer2013.csv --out DIR"
LAYOUT = (
    "FER2013 as images: train/ and test/ with a folder for each emotion (angry or "
    f"anger, ...), as {COMMAND} writes it"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Class:
    """The folder of an emotion, within that of a part."""

    path: Path
    emotion: Emotion
    partition: str


def detect(root: Path) -> bool:
    """Tells whether a folder holds FER2013's classes, or the table that has them.

    Args:
        root: a folder, or the table itself.

    Returns:
        True for a part with a folder of a class, and for the table.
    """
    return bool(_classes(root)) or _table(root) is not None


def read(root: Path) -> SampleTable:
    """Reads the labels off the folders; no image is opened.

    Args:
        root: the folder.

    Returns:
        One row for each image, ordered by path; grey images, no subjects. Other
        folders and files are listed in ``skipped``.

    Raises:
        DataError: the images still lie in a table, or there are none.

    Source:
        FER2013: 28,709, 3,589 and 3,589 images.
    """
    classes = _classes(root)
    if not classes:
        raise DataError(
            f"{root}: the images still lie in a table ({_table(root)}); write them as "
            f"files once with {COMMAND}, and name that folder with --data"
        )
    files = [(each, path) for each in classes for path in _visible(each.path)]
    samples = [_sample(root, path, each) for each, path in files if is_image(path.name)]
    if not samples:
        raise DataError(f"{root}: the folders of the emotions hold no images")
    check_distinct(samples)
    check_inside(root, samples)
    table = sample_table(
        samples, root=root, action_units=(), source="fer2013", channels=1
    )
    others = [path for _, path in files if not is_image(path.name)]
    spelled = describe_respellings(
        (each.path.name, str(each.emotion)) for each in classes
    )
    return replace(table, skipped=tuple(_skipped(root, others)), understood=spelled)


def _parts(root: Path) -> list[Path]:
    if not root.is_dir():
        return []
    return [
        part for part in _visible(root) if part.name.lower() in PARTS and part.is_dir()
    ]


def _classes(root: Path) -> list[_Class]:
    """Lists the folders of classes, as people spell them, within those of parts."""
    return [
        _Class(path=folder, emotion=emotion, partition=PARTS[part.name.lower()])
        for part in _parts(root)
        for folder in _visible(part)
        if (emotion := emotion_of(folder.name)) is not None and folder.is_dir()
    ]


def _visible(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.iterdir()) if not is_hidden(path.name)]


def _skipped(root: Path, others: list[Path]) -> Iterator[Skipped]:
    """Names what is no part, no class or no picture."""
    parts = _parts(root)
    yield from skipped_among(root, root, parts)
    for part in parts:
        for path in _visible(part):
            if not path.is_dir():
                others.append(path)
            elif emotion_of(path.name) is None:
                yield skipped_folder(root, path, unknown_emotion(path.name))
    for path in others:
        if path.is_dir():
            yield skipped_folder(root, path, "a folder within a class")
    yield from skipped_files(root, [path for path in others if not path.is_dir()])


def _table(root: Path) -> str | None:
    if root.is_file():
        return root.name if root.name in TABLES else None
    return next((name for name in TABLES if (root / name).is_file()), None)


def _sample(root: Path, path: Path, own: _Class) -> Sample:
    part, folder = path.parts[-3:-1]
    usage = path.stem.partition("_")[0]
    return Sample(
        image=path.relative_to(root).as_posix(),
        subject=None,
        sequence=None,
        emotion=str(own.emotion),
        high_level_emotion=None,
        action_units={},
        place=f"{part}/{folder}/",
        partition=FERPLUS_PARTITIONS.get(usage, own.partition),
    )
