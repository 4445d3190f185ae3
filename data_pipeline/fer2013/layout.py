"""Where in a tree the image of each row of FER2013 and FER+ lies, and its votes.

Votes belong to pixels by the place of their rows, never by name: the numbers in the
names lag behind the rows, 173 rows have no name, and four names stand in two rows.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from data_pipeline.fer2013.fer2013_csv import Face
from data_pipeline.fer2013.ferplus_csv import Voted, label_csv
from data_pipeline.labels.labels import FERPLUS_FOLDERS, FERPLUS_PARTITIONS
from data_pipeline.system.errors import DataError


def image_names(voted: Sequence[Voted]) -> list[str | None]:
    """Names the image of each row; no two alike.

    Args:
        voted: all rows of ``fer2013new.csv``.

    Returns:
        A file name for each row, ``None`` where it has no image.
    """
    last = {row.name: index for index, row in enumerate(voted)}
    return [
        row.name
        if row.name is None or last[row.name] == index
        else f"{Path(row.name).stem}_row{index}.png"
        for index, row in enumerate(voted)
    ]


def image_places(voted: Sequence[Voted]) -> list[str | None]:
    """Says where in the tree the image of each row lies.

    Args:
        voted: all rows of ``fer2013new.csv``.

    Returns:
        A relative path for each row, ``None`` where it has no image.
    """
    return [
        None if name is None else f"{_folder(str(row.usage))}/{name}"
        for row, name in zip(voted, image_names(voted), strict=True)
    ]


def label_files(voted: Sequence[Voted]) -> Mapping[str, bytes]:
    """Makes the three ``label.csv``.

    Args:
        voted: all rows of ``fer2013new.csv``.

    Returns:
        Relative path -> content.
    """
    rows: dict[str, list[tuple[str, Sequence[int]]]] = {
        folder: [] for folder in FERPLUS_FOLDERS.values()
    }
    for row, name in zip(voted, image_names(voted), strict=True):
        if name is not None:
            rows[_folder(str(row.usage))].append((name, row.votes))
    return {f"{folder}/label.csv": label_csv(own) for folder, own in rows.items()}


class Aligned:
    """The place of each row's image, while the two tables are compared."""

    def __init__(self, fer: Path, voted: Sequence[Voted]) -> None:
        """Compares ``fer`` with all rows of ``fer2013new.csv``."""
        self._fer, self._voted, self._places = fer, voted, image_places(voted)
        self._seen = 0

    def place(self, face: Face) -> str | None:
        """Finds the image's path, checking that the row is of the same part."""
        self._seen = face.index + 1
        if face.index >= len(self._voted):
            raise self._other_tables(f"more than {len(self._voted)} rows")
        row = self._voted[face.index]
        if row.usage != face.usage:
            raise self._other_tables(
                f"Usage {face.usage} in row {face.index + 2} where the votes have "
                f"{row.usage}"
            )
        return self._places[face.index]

    def check_whole(self) -> None:
        """Checks that no row of votes is left."""
        if self._seen != len(self._voted):
            raise self._other_tables(f"{self._seen} rows")

    def _other_tables(self, found: str) -> DataError:
        return DataError(
            f"{self._fer}: its rows are those of fer2013new.csv, one by one, "
            f"{len(self._voted)} in all; found {found}; take both tables whole and in "
            "their own order"
        )


def place_by_emotion(face: Face) -> str:
    """Says where an image of FER2013 lies, whose folder is its label."""
    part = "train" if FERPLUS_PARTITIONS[face.usage] == "train" else "test"
    return f"{part}/{face.emotion}/{face.usage}_{face.index}.png"


def _folder(usage: str) -> str:
    return FERPLUS_FOLDERS[FERPLUS_PARTITIONS[usage]]
