"""Readers of data sets: each detects its layout in a folder and reads the labels."""

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import cast

from data_pipeline.dataset.datasets import DATASETS, OWN, is_own_reader
from data_pipeline.dataset.own_data import EMOTION, OwnData
from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.dataset.sequence_frames import DEFAULT_FRAMES, Frames
from data_pipeline.labels.spellings import is_hidden
from data_pipeline.readers.own.code import own_reader
from data_pipeline.readers.reader import Reader, ReadOptions
from data_pipeline.system.errors import DataError

WRAPPERS = 3
"""Most nested folders around a data set that an archive may have added."""


def read(
    root: Path,
    dataset: str,
    frames: Frames = DEFAULT_FRAMES,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> SampleTable:
    """Reads the labels of a data folder, in whichever layout it has.

    Only label files are opened. Whether an image exists is not checked: before the
    hold-out is opened, its images must not be touched.

    Args:
        root: the data folder, or a coursework table itself.
        dataset: a key of ``DATASETS``.
        frames: which frames of a sequence are rows.
        progress: called with labels read and all labels.

    Returns:
        The table of the first reader that detects its layout.

    Raises:
        DataError: there is no such folder, layout or data set, or a label is wrong.
    """
    reader, folder = find(root, dataset)
    return reader.read(folder, ReadOptions(frames=frames, progress=progress))


def find(root: Path, dataset: str, own: OwnData | None = None) -> tuple[Reader, Path]:
    """Finds the reader of a data folder, and the folder in it to read.

    Args:
        root: the data folder, or a coursework table itself.
        dataset: a key of ``DATASETS``.
        own: the study's description of own data, which may say where their labels are.

    Raises:
        DataError: there is no such folder, layout or data set.
    """
    if dataset not in DATASETS and not is_own_reader(dataset):
        raise DataError(
            f"[data] dataset is one of {', '.join(DATASETS)}; found {dataset!r}"
        )
    readers = _readers(dataset)
    if not root.exists():
        raise DataError(_message(f"no data folder at {root}", readers))
    try:
        if dataset in OWN and own is not None and (own.table or EMOTION in own.names):
            return readers[0], _described(root, own)
        for folder in _unwrapped(root):
            for reader in readers:
                if reader.detect(folder):
                    return reader, folder
    except OSError as error:
        raise DataError(f"{root}: the folder cannot be read ({error})") from None
    raise DataError(_message(f"{root} has no known layout", readers))


def _described(root: Path, own: OwnData) -> Path:
    """Returns the folder that holds the table which a study names, or ``root``."""
    if own.table is None:
        return root
    found = (each for each in _unwrapped(root) if (each / own.table).is_file())
    return next(found, root)


def _readers(dataset: str) -> list[Reader]:
    """Imports the readers of a data set, or the user's own."""
    if is_own_reader(dataset):
        return [own_reader(dataset)]
    return [load_reader(module) for module in DATASETS[dataset].readers]


def load_reader(module: str) -> Reader:
    """Imports a reader by the name of its module."""
    return cast("Reader", import_module(module))


def _unwrapped(root: Path) -> Iterator[Path]:
    """Yields a folder, then the only folder in it, and so on: archives nest them."""
    yield root
    for _ in range(WRAPPERS):
        if not root.is_dir():
            return
        inner = [p for p in root.iterdir() if p.is_dir() and not is_hidden(p.name)]
        if len(inner) != 1:
            return
        root = inner[0]
        yield root


def _message(problem: str, readers: list[Reader]) -> str:
    layouts = "; or ".join(reader.LAYOUT for reader in readers)
    return f"{problem}. Accepted are {layouts}. {readers[0].OBTAIN}"
