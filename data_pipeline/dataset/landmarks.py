"""Facial landmarks that come with a data set: 68 points, read on demand."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.files.npy_scalar import read_values
from data_pipeline.files.numerals import parse_number
from data_pipeline.files.safe_open import open_regular, read_bytes
from data_pipeline.system.errors import DataError

Array = np.ndarray[Any, Any]

POINTS = 68
_FARTHEST = 1e6
"""Maximum distance in pixels of a point from the corner of its image."""

FOLDERS = ("Landmarks", "Landmarks/Landmarks", "landmarks", "landmarks/landmarks")
"""Possible folders of CK+'s landmark files, below the data folder."""


def read_landmarks(table: SampleTable, row: int) -> Array | None:
    """Reads the landmarks of one image; nothing is cached.

    CK+'s official tree has a file for each frame, AffectNet's npy release
    ``<id>_lnd.npy`` beside the labels, and its tables a column.

    Returns x and y in pixels of the whole image file from its upper left corner, shape
    (68, 2), float32; points of a cropped face may be outside the image. ``None`` if
    there are none, as for AffectNet's images without a face. Unreadable landmarks are
    a ``DataError``.

    Source: ``Landmarks/S005/001/S005_001_00000001_landmarks.txt`` of CK+;
    ``facial_landmarks`` of ``training.csv``, and ``0_lnd.npy``, of AffectNet.
    """
    read = _READ.get(table.source)
    if read is None:
        return None
    image, place = table.frame.loc[row, ["image", "place"]]
    return read(table.root, str(image), str(place))


def _ckplus(root: Path, image: str, _place: str) -> Array | None:
    """Reads 68 lines of two numbers as MATLAB writes them."""
    frame = Path(image)
    name = Path(*frame.parts[-3:-1], f"{frame.stem}_landmarks.txt")
    for folder in FOLDERS:
        path = root / folder / name
        if path.is_file():
            return _points(_words(read_bytes(path)), str(path))
    return None


def _affectnet(root: Path, image: str, _place: str) -> Array | None:
    """Reads 136 numbers, x and y in turn; never a pickle."""
    file = root / image
    path = file.parent.parent / "annotations" / f"{file.stem}_lnd.npy"
    if not path.is_file():
        return None
    try:
        values = read_values(str(path), 2 * POINTS)
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: {POINTS} landmarks cannot be read: {error}") from None
    return _points(list(map(str, values)), str(path))


def _affectnet_csv(root: Path, _image: str, place: str) -> Array | None:
    """Reads one column of one line; a negative box means that there is no face."""
    name, _, line = place.rpartition(" line ")
    path = root / name
    start, end = _lines(path, path.stat().st_mtime_ns)[int(line) - 1 : int(line) + 1]
    with open_regular(path) as file:
        names = file.readline().strip().split(b",")
        file.seek(start)
        cells = dict(zip(names, file.read(end - start).split(b","), strict=True))
    points = cells.get(b"facial_landmarks", b"").strip(b' "').replace(b";", b" ")
    if not points or cells.get(b"face_width", b"").lstrip().startswith(b"-"):
        return None
    return _points(_words(points), place)


@lru_cache(maxsize=4)
def _lines(path: Path, _modified: int) -> Array:
    """Returns the offset of each line of a table, and of its end."""
    with open_regular(path) as file:
        return np.cumsum([0, *map(len, file)])


def _words(content: bytes) -> list[str]:
    return content.decode("utf-8-sig", "replace").split()


def _points(words: list[str], place: str) -> Array:
    try:
        values = np.array([parse_number(word) for word in words])
    except ValueError:
        values = np.empty(0)
    if values.size != 2 * POINTS or np.abs(values).max() > _FARTHEST:
        raise DataError(
            f"{place}: {POINTS} landmarks of two numbers were expected, found "
            f"{len(words)} words; restore them, or remove them to "
            "crop the face without"
        )
    return values.astype(np.float32).reshape(POINTS, 2)


_READ: dict[str, Callable[[Path, str, str], Array | None]] = {
    "ckplus": _ckplus,
    "affectnet": _affectnet,
    "affectnet_csv": _affectnet_csv,
}
"""Name of a reader -> a function of root, image and place."""
