"""Readers of data sets: each detects its layout in a folder and reads the labels."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
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
from data_pipeline.system.errors import DataError

WRAPPERS = 3
"""Folders around a data set that an unpacker may have made, one in another."""

Progress = Callable[[int, int], None]
"""Sees how much of the labels is read, and how much there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """One layout: how it looks, whether a folder has it, and its labels.

    ``read_frames`` takes the frames wanted of a sequence; ``None`` where a layout
    names no other frame than that of the row. ``read_told`` tells how far it is;
    ``None`` where that is quick.
    """

    layout: str
    detect: Callable[[Path], bool]
    read: Callable[[Path], SampleTable]
    read_frames: Callable[[Path, Frames], SampleTable] | None = None
    read_told: Callable[[Path, Progress | None], SampleTable] | None = None

    def table(
        self,
        root: Path,
        frames: Frames = DEFAULT_FRAMES,
        progress: Progress | None = None,
    ) -> SampleTable:
        """Reads the labels of the frames wanted.

        Args:
            root: a folder in this layout, or one with nothing but that folder.
            frames: which frames of a sequence are rows.
            progress: told where reading takes its time.

        Returns:
            The table.

        Raises:
            DataError: a label is wrong, or the layout has no such frames.
        """
        root = next(filter(self.detect, unwrapped(root)), root)
        if frames == DEFAULT_FRAMES:
            return self.read_told(root, progress) if self.read_told else self.read(root)
        if self.read_frames is None:
            raise DataError(
                f"{root}: [data] neutral and frames choose among the frames of a "
                "sequence, which these data do not name; remove both keys, or read "
                "the official CK+ tree (synthetic: python -m data_pipeline.draw "
                "--layout official --out DIR)"
            )
        return self.read_frames(root, frames)


READERS: dict[str, Reader] = {
    "ckplus_csv": Reader(
        layout=ckplus_csv.LAYOUT, detect=ckplus_csv.detect, read=ckplus_csv.read
    ),
    "ckplus": Reader(
        layout=ckplus.LAYOUT,
        detect=ckplus.detect,
        read=ckplus.read,
        read_frames=ckplus.read,
    ),
    "ckplus48": Reader(
        layout=ckplus48.LAYOUT,
        detect=ckplus48.detect,
        read=ckplus48.read,
        read_frames=ckplus48.read,
    ),
    "fer2013": Reader(layout=fer2013.LAYOUT, detect=fer2013.detect, read=fer2013.read),
    "ferplus": Reader(layout=ferplus.LAYOUT, detect=ferplus.detect, read=ferplus.read),
    "affectnet_csv": Reader(
        layout=affectnet_csv.LAYOUT,
        detect=affectnet_csv.detect,
        read=affectnet_csv.read,
        read_told=affectnet_csv.read,
    ),
    "affectnet": Reader(
        layout=affectnet.LAYOUT,
        detect=affectnet.detect,
        read=affectnet.read,
        read_told=affectnet.read,
    ),
}
"""Name -> reader, in the order in which a folder is asked."""

DATASETS: dict[str, tuple[str, ...]] = {
    "ckplus": ("ckplus_csv", "ckplus", "ckplus48"),
    "synthetic": ("ckplus_csv", "ckplus", "ckplus48"),
    "fer2013": ("fer2013",),
    "ferplus": ("ferplus",),
    "affectnet": ("affectnet_csv", "affectnet"),
}
"""What ``[data] dataset`` may name -> the readers that accept its layouts."""

_OBTAIN_CKPLUS = (
    "CK+ is free for research: ask for it at https://www.jeffcohn.net/Resources/ (the "
    "agreement form comes back with links), unpack it there, or name its folder with "
    "--data DIR. Without CK+ the same command works on synthetic faces: add "
    "--data synthetic"
)
_OBTAIN_FER = (
    "The images are fer2013.csv (Kaggle, Challenges in Representation Learning), the "
    "votes fer2013new.csv (github.com/microsoft/FERPlus). Without them the command "
    "works on synthetic faces: add --data synthetic"
)
_OBTAIN_AFFECTNET = (
    "AffectNet is given to researchers who sign its licence: ask for it at "
    "http://mohammadmahoor.com/affectnet/, unpack it there, or name its folder with "
    "--data DIR. Without it the command works on synthetic faces: add --data synthetic"
)
_OBTAIN = {
    "fer2013": _OBTAIN_FER,
    "ferplus": _OBTAIN_FER,
    "affectnet": _OBTAIN_AFFECTNET,
}


def read(
    root: Path,
    dataset: str,
    frames: Frames = DEFAULT_FRAMES,
    progress: Progress | None = None,
) -> SampleTable:
    """Reads the labels of a data folder, in whichever layout it has.

    Label files alone are opened: whether the images exist is known when they are
    asked for, because those of the hold-out are nobody's business before.

    Args:
        root: the data folder, or a coursework table itself.
        dataset: a key of ``DATASETS``.
        frames: which frames of a sequence are rows.
        progress: told where reading takes its time.

    Returns:
        The table of the first reader that knows the layout.

    Raises:
        DataError: there is no such folder, layout or data set, or a label is wrong.
    """
    return find(root, dataset).table(root, frames, progress)


def find(root: Path, dataset: str) -> Reader:
    """Finds the reader that knows a data folder's layout, and reads nothing.

    Args:
        root: the data folder, or a coursework table itself.
        dataset: a key of ``DATASETS``.

    Returns:
        The first reader that knows the layout.

    Raises:
        DataError: there is no such folder, layout or data set.
    """
    if dataset not in DATASETS:
        raise DataError(
            f"[data] dataset is one of {', '.join(DATASETS)}; found {dataset!r}"
        )
    readers = [READERS[name] for name in DATASETS[dataset]]
    if not root.exists():
        raise DataError(_message(f"no data folder at {root}", dataset))
    try:
        places = unwrapped(root)
        found = next((r for place in places for r in readers if r.detect(place)), None)
    except OSError as error:
        raise DataError(f"{root}: the folder cannot be read ({error})") from None
    if found is None:
        raise DataError(_message(f"{root} has no layout that is known here", dataset))
    return found


def unwrapped(root: Path) -> Iterator[Path]:
    """Walks into folders that hold one folder alone, as unpackers make them.

    Args:
        root: the data folder, or a table.

    Yields:
        The folder itself, then the only one in it, and so on.
    """
    yield root
    for _ in range(WRAPPERS):
        if not root.is_dir():
            return
        inner = [p for p in root.iterdir() if p.is_dir() and not is_hidden(p.name)]
        if len(inner) != 1:
            return
        root = inner[0]
        yield root


def _message(problem: str, dataset: str) -> str:
    layouts = "; or ".join(READERS[name].layout for name in DATASETS[dataset])
    obtain = _OBTAIN.get(dataset, _OBTAIN_CKPLUS)
    return f"{problem}. Accepted are {layouts}. {obtain}"
