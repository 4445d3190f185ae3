"""Reader of FER+: the image tree with a ``label.csv`` of votes in each folder.

The study chooses how votes become labels (``[data] labels``). The set has no subject
ids.
"""

from collections.abc import Container, Iterator
from pathlib import Path

import numpy as np

from data_pipeline.dataset.sample_table import Sample, SampleTable, sample_table
from data_pipeline.dataset.skipped_files import (
    Skipped,
    skipped_among,
    skipped_beside,
    skipped_files,
    skipped_folder,
)
from data_pipeline.dataset.table_checks import checked_samples, image_path
from data_pipeline.fer2013.ferplus_csv import Voted, read_label_csv
from data_pipeline.labels.labels import FERPLUS_EMOTIONS, FERPLUS_FOLDERS, FERPLUS_VOTES
from data_pipeline.labels.spellings import is_hidden
from data_pipeline.labels.votes import vote_distributions
from data_pipeline.readers.fer2013 import OBTAIN_FER
from data_pipeline.readers.reader import (
    DEFAULTS,
    ReadOptions,
    not_converted,
    raw_table,
)
from data_pipeline.system.errors import DataError

FOLDERS: dict[str, str] = {name: part for part, name in FERPLUS_FOLDERS.items()}
"""Folder of Microsoft's tree -> partition."""

_PARTITIONS = {name.lower(): part for name, part in FOLDERS.items()}
LABELS = "label.csv"
TABLES = ("fer2013.csv", "icml_face_data.csv", "fer2013new.csv")
COMMAND = (
    "python -m data_pipeline.ferplus --fer fer2013.csv --ferplus fer2013new.csv "
    "--out DIR"
)
LAYOUT = (
    "the FER+ image tree: FER2013Train/, FER2013Valid/ and FER2013Test/, each with its "
    f"images and {LABELS}, as {COMMAND} writes it"
)
OBTAIN = OBTAIN_FER


def detect(root: Path) -> bool:
    """Detects the tree, perhaps in a folder ``data``, or the tables to convert."""
    return _tree(root) is not None or raw_table(root, TABLES) is not None


def read(root: Path, options: ReadOptions = DEFAULTS) -> SampleTable:
    """Reads the votes: one row for each line of the label files.

    The column ``emotion`` is the plain argmax of all ten counts; it is empty if
    unknown or no-face wins.

    Source: microsoft/FERPlus, 28,558, 3,579 and 3,573 lines; grey, without subjects.
    """
    options.check_no_frames(root)
    tree = _tree(root)
    if tree is None:
        raise not_converted(root, raw_table(root, TABLES), COMMAND)
    rows = [
        (folder, row)
        for folder in _parts(tree)
        for row in read_label_csv(_labels(folder))
    ]
    winners = _winners([row.votes for _, row in rows])
    found = (
        _sample(folder, row, winner)
        for (folder, row), winner in zip(rows, winners, strict=True)
    )
    samples = checked_samples(found, tree)
    return sample_table(
        samples,
        root=tree,
        source="ferplus",
        channels=1,
        votes=FERPLUS_VOTES,
        skipped=_skipped(root, tree, {sample.image for sample in samples}),
    )


def _skipped(root: Path, tree: Path, named: Container[str]) -> Iterator[Skipped]:
    """Yields files without a line, and folders that are not part of the tree."""
    parts = _parts(tree)
    others = []
    for part in parts:
        for path in sorted(part.iterdir()):
            used = path.name.lower() == LABELS or f"{part.name}/{path.name}" in named
            if used or is_hidden(path.name):
                continue
            if path.is_dir():
                yield skipped_folder(tree, path, "a folder among images")
            else:
                others.append(path)
    yield from skipped_files(tree, others, f"without a line in {LABELS}")
    yield from skipped_among(tree, tree, parts)
    yield from skipped_beside(root, tree)


def _tree(root: Path) -> Path | None:
    """Finds the folder of the parts."""
    places = (root, root / "data")
    return next((place for place in places if _parts(place)), None)


def _parts(tree: Path) -> list[Path]:
    """Lists the folders of the parts, in any case, in the order of ``FOLDERS``."""
    inside = sorted(tree.iterdir()) if tree.is_dir() else []
    found = [path for path in inside if path.name.lower() in _PARTITIONS]
    order = list(_PARTITIONS)
    found.sort(key=lambda path: order.index(path.name.lower()))
    return [path for path in found if path.is_dir()]


def _labels(folder: Path) -> Path:
    files = [path for path in sorted(folder.iterdir()) if path.name.lower() == LABELS]
    path = next((path for path in files if path.is_file()), None)
    if path is None:
        raise DataError(
            f"{folder}: there is no {LABELS}; take data/{folder.name}/{LABELS} of "
            f"github.com/microsoft/FERPlus, or write the tree with {COMMAND}"
        )
    return path


def _winners(votes: list[tuple[int, ...]]) -> list[str | None]:
    """Returns each row's most voted emotion, or ``None`` if another category wins."""
    shares, kept = vote_distributions(np.array(votes), "argmax")
    return [
        str(FERPLUS_EMOTIONS[place]) if has_winner else None
        for place, has_winner in zip(shares.argmax(axis=1), kept, strict=True)
    ]


def _sample(folder: Path, row: Voted, emotion: str | None) -> Sample:
    place = f"{folder.name}/{LABELS} line {row.line}"
    return Sample(
        image=image_path(f"{folder.name}/{row.name}", place),
        emotion=emotion,
        place=place,
        partition=_PARTITIONS[folder.name.lower()],
        votes=row.votes,
    )
