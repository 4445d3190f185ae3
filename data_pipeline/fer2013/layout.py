"""Paths and label files of a tree of FER2013 and FER+ images.

Votes belong to the pixels in the same row, never to a name: the numbers in the names
lag behind the rows, 173 rows have no name, and four names occur twice.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from data_pipeline.fer2013.fer2013_csv import Face
from data_pipeline.fer2013.ferplus_csv import Voted, label_csv
from data_pipeline.labels.labels import FERPLUS_FOLDERS, FERPLUS_PARTITIONS
from data_pipeline.system.errors import DataError


def image_names(voted: Sequence[Voted]) -> list[str | None]:
    """Returns a unique file name for each row, ``None`` for rows without an image."""
    last = {row.name: index for index, row in enumerate(voted)}
    return [
        row.name
        if row.name is None or last[row.name] == index
        else f"{Path(row.name).stem}_row{index}.png"
        for index, row in enumerate(voted)
    ]


def image_places(voted: Sequence[Voted]) -> list[str | None]:
    """Returns a relative path for each row, ``None`` for rows without an image."""
    return [
        None if name is None else f"{_folder(str(row.usage))}/{name}"
        for row, name in zip(voted, image_names(voted), strict=True)
    ]


def label_files(voted: Sequence[Voted]) -> Mapping[str, bytes]:
    """Returns the three ``label.csv``: relative path -> content."""
    rows: dict[str, list[tuple[str, Sequence[int]]]] = {
        folder: [] for folder in FERPLUS_FOLDERS.values()
    }
    for row, name in zip(voted, image_names(voted), strict=True):
        if name is not None:
            rows[_folder(str(row.usage))].append((name, row.votes))
    return {f"{folder}/label.csv": label_csv(own) for folder, own in rows.items()}


class Aligned:
    """Paths of the images, while the rows of two tables are compared."""

    def __init__(self, fer: Path, voted: Sequence[Voted]) -> None:
        """Takes the file ``fer2013.csv`` and all rows of ``fer2013new.csv``."""
        self._fer, self._voted, self._places = fer, voted, image_places(voted)
        self._compared = 0

    def place(self, face: Face) -> str | None:
        """Returns the image's path; DataError if the parts of its rows differ."""
        self._compared = face.index + 1
        if face.index >= len(self._voted):
            raise self._other_tables(f"more than {len(self._voted)} rows")
        row = self._voted[face.index]
        if row.usage != face.usage:
            raise self._other_tables(
                f"Usage {face.usage} in row {face.index + 2}, but {row.usage} in the "
                "votes"
            )
        return self._places[face.index]

    def check_whole(self) -> None:
        """Raises DataError if rows of votes are left."""
        if self._compared != len(self._voted):
            raise self._other_tables(f"{self._compared} rows")

    def _other_tables(self, found: str) -> DataError:
        return DataError(
            f"{self._fer}: its rows must match the {len(self._voted)} rows of "
            f"fer2013new.csv one by one, found {found}; use both tables complete and "
            "in their original order"
        )


def place_by_emotion(face: Face) -> str:
    """Returns the path of an image of FER2013, in the folder of its label."""
    part = "train" if FERPLUS_PARTITIONS[face.usage] == "train" else "test"
    return f"{part}/{face.emotion}/{face.usage}_{face.index}.png"


def _folder(usage: str) -> str:
    return FERPLUS_FOLDERS[FERPLUS_PARTITIONS[usage]]
