"""Checks of label files and image paths that all readers share."""

import codecs
import csv
import io
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from data_pipeline.dataset.sample_table import Sample
from data_pipeline.files.safe_open import LFS_POINTER, read_bytes
from data_pipeline.system.errors import DataError, quote_short

_HEAD = 1024
"""Bytes in which a web page is recognised, after leading blank lines."""

_DRIVE = re.compile(r"[A-Za-z]:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """What separates the cells of a CSV file, and what is around a quoted one."""

    separator: str = ","
    quote: str = '"'


COMMAS = Dialect()


def csv_lines(
    path: Path, *, unit: str = "line", dialect: Dialect = COMMAS
) -> Iterator[tuple[int, list[str]]]:
    """Yields the number and the cells of each line of a CSV file, without blank lines.

    ``unit`` is the word for a line in messages. Cells that a blank separates may have
    several between them. Unreadable files and lines are ``DataError``s.
    """
    blank = dialect.separator == " "
    reader = csv.reader(
        io.StringIO(read_text(path), newline=""),
        delimiter=dialect.separator,
        quotechar=dialect.quote,
        skipinitialspace=blank or dialect.quote == "'",
        strict=True,
    )
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, list(filter(None, cells)) if blank else cells
    except csv.Error as error:
        raise DataError(
            f"{path} {unit} {reader.line_num}: not a line of a CSV table ({error})"
        ) from None


def read_text(path: Path) -> str:
    """Reads a label file in UTF-8, without its byte-order mark.

    A file that cannot be read, other encodings, binary data, a Git LFS pointer and a
    web page are ``DataError``s.
    """
    try:
        content = read_bytes(path)
    except OSError as error:
        raise DataError(f"{path}: the file cannot be read ({error.strerror})") from None
    refuse_impostor(path, content)
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise DataError(
            f"{path}: text in UTF-8 was expected, found UTF-16; save it as UTF-8 "
            "(in Excel: CSV UTF-8)"
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: text in UTF-8 was expected, found byte "
            f"0x{content[error.start]:02x} at offset {error.start}; get the file again"
        ) from None
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise DataError(
            f"{path} line {line}: text was expected, found a NUL byte; get the file "
            "again"
        )
    return text


def refuse_impostor(path: Path, head: bytes) -> None:
    """Refuses a Git LFS pointer or a web page in place of a label file.

    ``head`` are the first bytes of the file, 64 or more if it has them.
    """
    if head.startswith(LFS_POINTER):
        raise DataError(f"{path}: the file is a Git LFS pointer; run git lfs pull")
    start = head[:_HEAD].removeprefix(codecs.BOM_UTF8).lstrip().lower()
    if start.startswith((b"<!doctype", b"<html")):
        raise DataError(
            f"{path}: a web page was saved in place of the file; download the file "
            "itself (on GitHub: the Raw button)"
        )


_LIKE = "./cohn-kanade-images/S005/001/NAME.png"


def image_path(text: str, place: str, *, like: str = _LIKE) -> str:
    """Normalises a path relative to the data folder; backslashes count as slashes.

    An empty or absolute path, or one with ``..``, is a ``DataError`` at ``place``; its
    message has the example ``like``.
    """
    slashed = text.strip().replace("\\", "/")
    path = PurePosixPath(slashed)
    absolute = path.is_absolute() or _DRIVE.match(slashed)
    if absolute or ".." in path.parts or not path.parts or "\0" in text:
        raise DataError(
            f"{place}: an image path is relative to the data folder and stays in it, "
            f"found {quote_short(text, 120)}; write it like {like}"
        )
    return path.as_posix()


def checked_samples(samples: Iterable[Sample], root: Path) -> list[Sample]:
    """Returns rows of which no two name one image, nor any one outside ``root``."""
    rows = list(samples)
    _check_distinct(rows)
    _check_inside(root, rows)
    return rows


def _check_inside(root: Path, samples: Iterable[Sample]) -> None:
    """Refuses images that leave the data folder through a link.

    The data folder itself may be a link; the images need not exist.
    """
    inside = os.path.realpath(root)
    folders: dict[str, str] = {}  # resolved once each, for 35,000 images
    for sample in samples:
        folder, name = os.path.split(sample.image)
        if folder not in folders:
            folders[folder] = os.path.realpath(os.path.join(inside, folder))  # noqa: PTH118
        real = f"{folders[folder]}{os.sep}{name}"
        if os.path.islink(real):  # noqa: PTH114 - Path objects would cost seconds
            real = os.path.realpath(real)
        if os.path.commonpath([inside, real]) != inside:
            raise DataError(
                f"{sample.place}: image {sample.image} leaves the data folder {root} "
                f"through a link, to {real}; link the whole data folder instead"
            )


def _check_distinct(samples: Iterable[Sample]) -> None:
    """Refuses an image with two rows, which would count twice."""
    first: dict[str, str] = {}
    for sample in samples:
        if sample.image in first:
            raise DataError(
                f"{sample.place}: image {sample.image} is already in "
                f"{first[sample.image]}; remove one of the two rows"
            )
        first[sample.image] = sample.place
