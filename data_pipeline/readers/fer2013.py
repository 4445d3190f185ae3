"""Reader of FER2013's own seven labels: images in folders named after the emotions.

Source: the public copies of the set, ``train|test/<emotion>/Training_3908.jpg`` (and
``PublicTest_``, ``PrivateTest_``) or ``.../im0.png``. The numbers in their names are
no rows of ``fer2013.csv``, so that FER+ votes cannot be joined to them.
"""

from pathlib import Path

from data_pipeline.check_table import check_distinct, check_inside
from data_pipeline.errors import DataError
from data_pipeline.labels import FER2013_EMOTIONS, FERPLUS_PARTITIONS, Emotion
from data_pipeline.samples import Sample, SampleTable, sample_table

PARTS: dict[str, str] = {
    "train": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "test": "test",
}
"""Folder -> partition, where the file names do not tell it."""

_OTHER_NAMES: dict[str, Emotion] = {
    "angry": Emotion.ANGER,
    "disgusted": Emotion.DISGUST,
    "fearful": Emotion.FEAR,
    "happy": Emotion.HAPPINESS,
    "sad": Emotion.SADNESS,
    "surprised": Emotion.SURPRISE,
}
CLASSES: dict[str, Emotion] = {
    **{str(emotion): emotion for emotion in FER2013_EMOTIONS},
    **_OTHER_NAMES,
}
"""Folder of a class -> its emotion."""

TABLES = ("fer2013.csv", "icml_face_data.csv")
COMMAND = "python -m data_pipeline.ferplus --fer fer2013.csv --out DIR"
LAYOUT = (
    "FER2013 as images: train/ and test/ with a folder for each emotion (angry or "
    f"anger, ...), as {COMMAND} writes it"
)

_IMAGES = (".png", ".jpg", ".jpeg")


def detect(root: Path) -> bool:
    """Tells whether a folder holds FER2013's classes, or the table that has them.

    Args:
        root: a folder, or the table itself.

    Returns:
        True for a part with a folder of a class, and for the table.
    """
    return bool(_folders(root)) or _table(root) is not None


def read(root: Path) -> SampleTable:
    """Reads the labels off the folders; no image is opened.

    Args:
        root: the folder.

    Returns:
        One row for each image, ordered by path; grey images, no subjects.

    Raises:
        DataError: the images still lie in a table, or there are none.

    Source:
        FER2013: 28,709, 3,589 and 3,589 images.
    """
    folders = _folders(root)
    if not folders:
        raise DataError(
            f"{root}: the images still lie in a table ({_table(root)}); write them as "
            f"files once with {COMMAND}, and name that folder with --data"
        )
    samples = [
        _sample(root, path)
        for folder in folders
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in _IMAGES and not path.name.startswith(".")
    ]
    if not samples:
        raise DataError(f"{root}: the folders of the emotions hold no images")
    check_distinct(samples)
    check_inside(root, samples)
    return sample_table(
        samples, root=root, action_units=(), source="fer2013", channels=1
    )


def _folders(root: Path) -> list[Path]:
    """Lists the folders of classes, in either case, within those of the parts."""
    return [
        folder
        for part in sorted(root.iterdir() if root.is_dir() else ())
        if part.name.lower() in PARTS and part.is_dir()
        for folder in sorted(part.iterdir())
        if folder.name.lower() in CLASSES and folder.is_dir()
    ]


def _table(root: Path) -> str | None:
    if root.is_file():
        return root.name if root.name in TABLES else None
    return next((name for name in TABLES if (root / name).is_file()), None)


def _sample(root: Path, path: Path) -> Sample:
    part, folder = path.parts[-3:-1]
    usage = path.stem.partition("_")[0]
    return Sample(
        image=path.relative_to(root).as_posix(),
        subject=None,
        sequence=None,
        emotion=str(CLASSES[folder.lower()]),
        high_level_emotion=None,
        action_units={},
        place=f"{part}/{folder}/",
        partition=FERPLUS_PARTITIONS.get(usage, PARTS[part.lower()]),
    )
