"""``fer2013.csv``: a label, 2304 pixels and a part in each row; read row by row.

Source: the Kaggle challenge of 2013; 35,887 rows, 301 MB. Its copy
``icml_face_data.csv`` has its columns in another order, with blanks before the names.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from data_pipeline.dataset.table_checks import refuse_impostor
from data_pipeline.files.safe_open import open_regular
from data_pipeline.labels.labels import FER2013_EMOTIONS, FERPLUS_PARTITIONS, Emotion
from data_pipeline.system.errors import DataError, quote_short

Array = np.ndarray[Any, Any]

SIDE = 48
"""Edge of every image, in pixels."""

COLUMNS = ("emotion", "pixels", "usage")
_WHITE = 255
_HEAD = 1024


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Face:
    """One row; ``index`` counts rows from 0, ``pixels`` are (48, 48), uint8."""

    index: int
    emotion: Emotion
    usage: str
    pixels: Array


def read_fer2013(path: Path) -> Iterator[Face]:
    """Yields the rows in order, holding one at a time; DataError if one is wrong."""
    try:
        with open_regular(path) as raw:
            refuse_impostor(path, raw.read(_HEAD))
            raw.seek(0)
            file = io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")
            yield from _faces(path, csv.reader(file, strict=True))
    except OSError as error:
        raise DataError(f"{path}: the file cannot be read ({error.strerror})") from None
    except (csv.Error, UnicodeDecodeError) as error:
        raise DataError(
            f"{path}: not a table of text ({error}); download the file again"
        ) from None


def _faces(path: Path, lines: Iterator[list[str]]) -> Iterator[Face]:
    places = _places(path, next(lines, []))
    index = -1
    for index, cells in enumerate(line for line in lines if line):
        if len(cells) != len(COLUMNS):
            raise _wrong(path, index, f"a row has {len(COLUMNS)} cells", len(cells))
        code, pixels, usage = (cells[place].strip() for place in places)
        if code not in map(str, range(len(FER2013_EMOTIONS))):
            raise _wrong(path, index, "emotion is a code from 0 to 6", code)
        if usage not in FERPLUS_PARTITIONS:
            partitions = ", ".join(FERPLUS_PARTITIONS)
            raise _wrong(path, index, f"Usage is one of {partitions}", usage)
        yield Face(
            index=index,
            emotion=FER2013_EMOTIONS[int(code)],
            usage=usage,
            pixels=_pixels(path, index, pixels),
        )
    if index < 0:
        raise DataError(
            f"{path}: the table has a header but no rows; download the file again"
        )


def _places(path: Path, header: list[str]) -> list[int]:
    """Finds the columns, in any order and with blanks around their names."""
    names = [name.strip().lower() for name in header]
    if sorted(names) != sorted(COLUMNS):
        raise DataError(
            f"{path} row 1: the columns are emotion, pixels and Usage in any order, "
            f"found {quote_short(', '.join(names), 80)}; take the whole fer2013.csv "
            "(train.csv and test.csv of the challenge lack labels or parts)"
        )
    return [names.index(name) for name in COLUMNS]


def _pixels(path: Path, index: int, text: str) -> Array:
    try:
        values = np.fromstring(text, dtype=np.int64, sep=" ")  # 5 times as fast as int
    except ValueError:
        raise _wrong(path, index, "pixels are whole numbers", text) from None
    whole = len(values) == SIDE * SIDE
    if not whole or values.min() < 0 or values.max() > _WHITE:
        rule = f"pixels are {SIDE * SIDE} numbers from 0 to {_WHITE}"
        found = f"{len(values)} numbers, {text[:30]}..."
        raise _wrong(path, index, rule, found)
    return values.astype(np.uint8).reshape(SIDE, SIDE)


def _wrong(path: Path, index: int, rule: str, found: object) -> DataError:
    return DataError(
        f"{path} row {index + 2}: {rule}, found {quote_short(str(found))}; download "
        "the file again"
    )
