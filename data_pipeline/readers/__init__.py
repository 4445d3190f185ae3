"""Readers of data sets: each detects its layout in a folder and reads the labels."""

from collections.abc import Callable, Iterator
from pathlib import Path

from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.dataset.sequence_frames import DEFAULT_FRAMES, Frames
from data_pipeline.labels.spellings import is_hidden
from data_pipeline.readers import (
    affectnet,
    affectnet_csv,
    ckplus,
    ckplus48,
    ckplus_csv,
    fer2013,
    ferplus,
)
from data_pipeline.readers.reader import Reader, ReadOptions
from data_pipeline.system.errors import DataError

WRAPPERS = 3
"""Most nested folders around a data set that an archive may have added."""

READERS: dict[str, Reader] = {
    "ckplus_csv": ckplus_csv,
    "ckplus": ckplus,
    "ckplus48": ckplus48,
    "fer2013": fer2013,
    "ferplus": ferplus,
    "affectnet_csv": affectnet_csv,
    "affectnet": affectnet,
}
"""Name -> reader, in the order in which they are tried. Add a data set here."""

DATASETS: dict[str, tuple[str, ...]] = {
    dataset: tuple(
        name for name, reader in READERS.items() if dataset in reader.DATASETS
    )
    for dataset in dict.fromkeys(
        dataset for reader in READERS.values() for dataset in reader.DATASETS
    )
}
"""Value of ``[data] dataset`` -> the names of the readers that accept it."""


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


def find(root: Path, dataset: str) -> tuple[Reader, Path]:
    """Finds the reader of a data folder, and the folder in it to read.

    Args:
        root: the data folder, or a coursework table itself.
        dataset: a key of ``DATASETS``.

    Raises:
        DataError: there is no such folder, layout or data set.
    """
    if dataset not in DATASETS:
        raise DataError(
            f"[data] dataset is one of {', '.join(DATASETS)}; found {dataset!r}"
        )
    readers = [READERS[name] for name in DATASETS[dataset]]
    if not root.exists():
        raise DataError(_message(f"no data folder at {root}", readers))
    try:
        for folder in _unwrapped(root):
            for reader in readers:
                if reader.detect(folder):
                    return reader, folder
    except OSError as error:
        raise DataError(f"{root}: the folder cannot be read ({error})") from None
    raise DataError(_message(f"{root} has no known layout", readers))


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
