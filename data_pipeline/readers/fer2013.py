"""Reader of FER2013's own seven labels: images in folders named after the emotions.

Source: the public copies of the set, ``train|test/<emotion>/Training_3908.jpg`` (and
``PublicTest_``, ``PrivateTest_``) or ``.../im0.png``. The numbers in their names are
not rows of ``fer2013.csv``, so FER+ votes cannot be joined to them.
"""

from pathlib import Path

from data_pipeline.dataset.sample_table import Sample, SampleTable, sample_table
from data_pipeline.dataset.skipped_files import skipped_among
from data_pipeline.dataset.table_checks import checked_samples
from data_pipeline.labels.labels import FERPLUS_PARTITIONS, Emotion
from data_pipeline.labels.spellings import describe_respellings, is_image
from data_pipeline.readers.reader import (
    DEFAULTS,
    ReadOptions,
    class_folders,
    not_converted,
    raw_table,
    skipped_in_classes,
    visible,
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
"""Folder, in lower case -> partition, unless the file name states another."""

TABLES = ("fer2013.csv", "icml_face_data.csv")
COMMAND = "python -m data_pipeline.ferplus --fer fer2013.csv --out DIR"
LAYOUT = (
    "FER2013 as images: train/ and test/ with a folder for each emotion (angry or "
    f"anger, ...), as {COMMAND} writes it"
)
OBTAIN_FER = (
    "The images are fer2013.csv (Kaggle, Challenges in Representation Learning), the "
    "votes fer2013new.csv (github.com/microsoft/FERPlus). Without them the command "
    "works on synthetic faces: add --data synthetic"
)
OBTAIN = OBTAIN_FER


def detect(root: Path) -> bool:
    """Detects a part with a folder of a class, or the table to convert."""
    return any(class_folders(part) for part in _parts(root)) or bool(
        raw_table(root, TABLES)
    )


def read(root: Path, options: ReadOptions = DEFAULTS) -> SampleTable:
    """Reads the labels from the folder names: one row for each image, by path.

    Source: FER2013, 28,709, 3,589 and 3,589 images; grey, without subjects.
    """
    options.check_no_frames(root)
    classes = [each for part in _parts(root) for each in class_folders(part)]
    if not classes:
        raise not_converted(root, raw_table(root, TABLES), COMMAND)
    samples = [
        _sample(root, path, emotion)
        for folder, emotion in classes
        for path in visible(folder)
        if is_image(path.name)
    ]
    if not samples:
        raise DataError(f"{root}: the folders of the emotions hold no images")
    parts = _parts(root)
    return sample_table(
        checked_samples(samples, root),
        root=root,
        source="fer2013",
        channels=1,
        skipped=[*skipped_among(root, root, parts), *skipped_in_classes(root, parts)],
        understood=describe_respellings((p.name, str(name)) for p, name in classes),
    )


def _parts(root: Path) -> list[Path]:
    return [p for p in visible(root) if p.name.lower() in PARTS and p.is_dir()]


def _sample(root: Path, path: Path, emotion: Emotion) -> Sample:
    part, folder = path.parts[-3:-1]
    usage = path.stem.partition("_")[0]
    return Sample(
        image=path.relative_to(root).as_posix(),
        emotion=str(emotion),
        place=f"{part}/{folder}/",
        partition=FERPLUS_PARTITIONS.get(usage, PARTS[part.lower()]),
    )
