"""The protocol that each reader fulfils, and helpers that they share."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from data_pipeline.config.data_config import DataConfig
from data_pipeline.dataset.own_data import OwnData
from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.dataset.sequence_frames import DEFAULT_FRAMES, Frames
from data_pipeline.dataset.skipped_files import (
    Skipped,
    skipped_files,
    skipped_folder,
)
from data_pipeline.labels.labels import Emotion
from data_pipeline.labels.spellings import (
    emotion_of,
    is_hidden,
    is_image,
    unknown_emotion,
)
from data_pipeline.system.errors import DataError


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """Which frames of a sequence to read, and a callback for rows read and all rows.

    ``own`` describes own data; other readers ignore it.
    """

    frames: Frames = DEFAULT_FRAMES
    progress: Callable[[int, int], None] = lambda *_: None
    own: OwnData = OwnData()  # noqa: RUF009 - frozen and empty

    def check_no_frames(self, root: Path) -> None:
        """Raises DataError if frames are chosen in data without sequences."""
        if self.frames != DEFAULT_FRAMES:
            raise DataError(
                f"{root}: [data] neutral and frames choose among the frames of a "
                "sequence, which these data do not have; remove both keys, or read "
                "the official CK+ tree (synthetic: python -m data_pipeline.draw "
                "--layout official --out DIR)"
            )


DEFAULTS = ReadOptions()


def read_options(data: DataConfig, progress: Callable[[int, int], None]) -> ReadOptions:
    """Returns the options of a study's section ``[data]``."""
    return ReadOptions(
        frames=Frames(neutral=data.neutral, last=data.frames),
        progress=progress,
        own=data.own(),
    )


class Reader(Protocol):
    """A module that reads one layout of a data set.

    ``LAYOUT`` describes the layout, ``OBTAIN`` where to get the data.
    """

    LAYOUT: str
    OBTAIN: str

    def detect(self, root: Path) -> bool:
        """Returns whether a folder (or table file) has this layout."""

    def read(self, root: Path, options: ReadOptions = DEFAULTS) -> SampleTable:
        """Reads the labels; no image is opened. DataError if one is wrong."""


def visible(folder: Path) -> list[Path]:
    """Lists a folder in order, hidden files left out; empty for other paths."""
    inside = sorted(folder.iterdir()) if folder.is_dir() else []
    return [path for path in inside if not is_hidden(path.name)]


def class_folders(parent: Path) -> list[tuple[Path, Emotion]]:
    """Lists the folders that are named after an emotion, in any usual spelling."""
    return [
        (path, emotion)
        for path in visible(parent)
        if (emotion := emotion_of(path.name)) is not None and path.is_dir()
    ]


def skipped_in_classes(root: Path, parents: Sequence[Path]) -> Iterator[Skipped]:
    """Yields the folders that are not classes, and the files that are not images."""
    outside = [path for parent in parents for path in visible(parent)]
    inside = [
        path
        for parent in parents
        for folder, _ in class_folders(parent)
        for path in visible(folder)
        if not is_image(path.name)
    ]
    for path in outside:
        if path.is_dir() and emotion_of(path.name) is None:
            yield skipped_folder(root, path, unknown_emotion(path.name))
    for path in inside:
        if path.is_dir():
            yield skipped_folder(root, path, "a folder within a class")
    files = [path for path in (*outside, *inside) if not path.is_dir()]
    yield from skipped_files(root, files)


def raw_table(root: Path, names: Iterable[str]) -> str | None:
    """Finds a table that must be converted to images first: ``root``, or in it."""
    if root.is_file():
        return root.name if root.name in names else None
    return next((name for name in names if (root / name).is_file()), None)


def not_converted(root: Path, table: str | None, command: str) -> DataError:
    """Returns the error for a table that must be converted to images first."""
    return DataError(
        f"{root}: the images are still in a table ({table}); write them as files once "
        f"with {command}, and name that folder with --data"
    )
