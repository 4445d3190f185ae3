"""Checks that every reader makes of what it found on disk, before any pixel is read."""

import codecs
import csv
import io
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from data_pipeline.dataset.sample_table import Sample
from data_pipeline.files.safe_open import LFS_POINTER, read_bytes
from data_pipeline.system.errors import DataError, quote_short

_HEAD = 1024
"""Bytes that tell a web page, blank lines before it included."""

_DRIVE = re.compile(r"[A-Za-z]:")


def csv_lines(path: Path, *, unit: str = "line") -> Iterator[tuple[int, list[str]]]:
    """Reads a CSV file, blank lines left out.

    Args:
        path: the file.
        unit: what a line of it is called in messages.

    Yields:
        The number of each line in the file, and its cells.

    Raises:
        DataError: the file cannot be read, or a line is none of a CSV table.
    """
    reader = csv.reader(io.StringIO(read_text(path), newline=""), strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise DataError(
            f"{path} {unit} {reader.line_num}: not a line of a CSV table ({error})"
        ) from None


def read_text(path: Path) -> str:
    """Reads a label file, and knows the usual things that lie in place of one.

    Args:
        path: the file.

    Returns:
        Its text, without a byte-order mark.

    Raises:
        DataError: it cannot be read, is no text, not UTF-8, a Git LFS pointer or a web
            page.
    """
    try:
        content = read_bytes(path)
    except OSError as error:
        raise DataError(f"{path}: the file cannot be read ({error.strerror})") from None
    refuse_impostor(path, content)
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise DataError(
            f"{path}: text in UTF-8 was expected, found UTF-16; save it anew as UTF-8 "
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
    """Refuses what often lies in place of a label file.

    Args:
        path: the file, for the message.
        head: its first bytes, 64 or more where it has them.

    Raises:
        DataError: it is a Git LFS pointer or a web page.
    """
    if head.startswith(LFS_POINTER):
        raise DataError(
            f"{path}: a Git LFS pointer stands in place of the file; run git lfs pull"
        )
    start = head[:_HEAD].removeprefix(codecs.BOM_UTF8).lstrip().lower()
    if start.startswith((b"<!doctype", b"<html")):
        raise DataError(
            f"{path}: a web page was saved in place of the file; download the file "
            "itself (on GitHub: the Raw button)"
        )


def image_path(text: str, place: str) -> str:
    """Normalises the path of an image, which must stay below the data folder.

    Args:
        text: the path as written; backslashes count as slashes.
        place: where it is written, for the message.

    Returns:
        The path relative to the data folder, with slashes and without dots.

    Raises:
        DataError: the path is empty, absolute or climbs with ``..``.
    """
    slashed = text.strip().replace("\\", "/")
    path = PurePosixPath(slashed)
    absolute = path.is_absolute() or _DRIVE.match(slashed)
    if absolute or ".." in path.parts or not path.parts or "\0" in text:
        raise DataError(
            f"{place}: an image path is relative to the data folder and stays in it, "
            f"found {quote_short(text, 120)}; write it like "
            "./cohn-kanade-images/S005/001/NAME.png"
        )
    return path.as_posix()


def check_inside(root: Path, samples: Iterable[Sample]) -> None:
    """Checks that no link leads an image out of the data folder.

    Args:
        root: the data folder, which may itself be a link.
        samples: rows with normalised paths; the files need not exist.

    Raises:
        DataError: a folder or file on the way is a link to somewhere else.
    """
    inside = os.path.realpath(root)
    folders: dict[str, str] = {}  # resolved once each: a set may have 35,000 images
    for sample in samples:
        folder, name = os.path.split(sample.image)
        if folder not in folders:
            folders[folder] = os.path.realpath(os.path.join(inside, folder))  # noqa: PTH118
        real = f"{folders[folder]}{os.sep}{name}"
        if os.path.islink(real):  # noqa: PTH114 - a Path for each would cost seconds
            real = os.path.realpath(real)
        if os.path.commonpath([inside, real]) != inside:
            raise DataError(
                f"{sample.place}: image {sample.image} leaves the data folder {root} "
                f"through a link, to {real}; link the whole data folder instead"
            )


def check_distinct(samples: Iterable[Sample]) -> None:
    """Checks that every image stands in one row: twice would be two votes for it.

    Args:
        samples: rows with normalised paths.

    Raises:
        DataError: two rows name the same image; the message names both.
    """
    first: dict[str, str] = {}
    for sample in samples:
        if sample.image in first:
            raise DataError(
                f"{sample.place}: image {sample.image} stands in "
                f"{first[sample.image]} already; remove one of the two rows"
            )
        first[sample.image] = sample.place
