"""Fast reading of small ``.npy`` files, never of a pickle."""

import math
import re
from functools import lru_cache
from typing import Any

import numpy as np

from data_pipeline.files.safe_open import open_regular

Array = np.ndarray[Any, Any]

_LARGEST = 4096
"""Maximum bytes of such a file, its header of 128 included."""
_READABLE = "USiuf"
"""Kinds of NumPy types: text, bytes, integers, floats."""
_VERSIONS = (b"\x01\x00", b"\x02\x00")
_HEAD = re.compile(
    rb"""\{ *['"]descr['"]: *['"](?P<form>[<>|=][a-zA-Z][0-9]{0,4})['"], *"""
    rb"""['"]fortran_order['"]: *(?:True|False), *"""
    rb"""['"]shape['"]: *\((?P<shape>[0-9L, ]{0,40})\),? *\}"""
)


def read_scalar(path: str) -> str:
    """Reads a file of one value, of any number of dimensions, as text.

    AffectNet's labels are 0-d arrays of text (``'<U8'``), in some copies of numbers.

    Raises:
        OSError: the file cannot be opened.
        ValueError: it is not such a file; the message gives the reason.

    Example:
        >>> read_scalar("/nowhere/0_exp.npy")
        Traceback (most recent call last):
        ...
        FileNotFoundError: [Errno 2] No such file or directory: '/nowhere/0_exp.npy'
    """
    values = read_values(path, 1)
    try:
        value = values[0]
    except SystemError:  # in NumPy, of a character beyond Unicode
        raise ValueError("text was expected, found no characters") from None
    return value.decode() if isinstance(value, bytes) else str(value)


def read_values(path: str, count: int) -> Array:
    """Reads a file of ``count`` values, of any shape, as a flat array.

    Raises:
        OSError: the file cannot be opened.
        ValueError: it is not such a file; the message gives the reason.
    """
    # Path.read_bytes and np.load are 5 times slower; there are 863,000 files.
    with open_regular(path, buffering=0) as file:
        content = file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise ValueError(
            f"{_expected(count)} expected, found more than {_LARGEST} bytes"
        )
    if content[:6] != b"\x93NUMPY":
        raise ValueError(f"a .npy file was expected, found {content[:20]!r}")
    wide = content[6:7] != b"\x01"
    start = int.from_bytes(content[8 : 12 if wide else 10], "little")
    start += 12 if wide else 10
    kind = _kind(content[:start], count)
    if len(content) < start + count * kind.itemsize:
        raise ValueError(f"the file is cut off after {len(content)} bytes")
    return np.frombuffer(content, kind, count=count, offset=start)


@lru_cache(maxsize=256)
def _kind(head: bytes, count: int) -> np.dtype[Any]:
    """Parses a header; hundreds of thousands of files share a few.

    NumPy evaluates headers as Python; a damaged one can raise any error there.
    """
    if head[6:8] not in _VERSIONS:
        raise ValueError(
            f"a .npy file of version 1 or 2 was expected, found {tuple(head[6:8])}"
        )
    match = _HEAD.fullmatch(head[12 if head[6:7] == b"\x02" else 10 :].strip())
    if match is None:
        raise ValueError(f"the header of a .npy file was expected, found {head[:60]!r}")
    form, shape = match["form"].decode(), match["shape"].decode()
    if form[1:2] not in _READABLE:
        pickle = ", a pickle" if form[1:2] == "O" else ""
        raise ValueError(f"text or a number was expected, found {form}{pickle}")
    if math.prod(map(int, re.findall("[0-9]+", shape))) != count:
        raise ValueError(
            f"{_expected(count)} expected, found an array of shape ({shape})"
        )
    try:
        return np.dtype(form)
    except TypeError:
        raise ValueError(f"text or a number was expected, found {form}") from None


def _expected(count: int) -> str:
    return "one value was" if count == 1 else f"{count} values were"
