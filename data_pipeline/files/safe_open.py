"""The one way to open a file that a person named or handed over.

A pipe, a device or a socket in place of a file would be waited for without an end, or
read without one: only regular files are opened, links to them included.
"""

import errno
import io
import os
import stat
from pathlib import Path
from typing import cast

LFS_POINTER = b"version https://git-lfs.github.com/spec/"
"""How a file begins that Git LFS did not fetch."""

TABLE_LIMIT = 2 << 30
"""Bytes that a table of labels has at most."""

TEXT_LIMIT = 64 << 20
"""Bytes that a study file or a description has at most."""

_KINDS = (
    (stat.S_ISFIFO, errno.EINVAL, "a pipe stands in place of the file"),
    (stat.S_ISSOCK, errno.EINVAL, "a socket stands in place of the file"),
    (stat.S_ISCHR, errno.EINVAL, "a device stands in place of the file"),
    (stat.S_ISBLK, errno.EINVAL, "a device stands in place of the file"),
    (stat.S_ISDIR, errno.EISDIR, "a folder stands in place of the file"),
)


def open_regular(path: str | Path, *, buffering: int = -1) -> io.BufferedReader:
    """Opens a regular file to read its bytes; never waits for another process.

    Args:
        path: the file, or a link to it.
        buffering: as of the built-in ``open``.

    Returns:
        The file.

    Raises:
        OSError: there is no such file, it is of another kind, or it may not be read;
            ``strerror`` says which.

    Example:
        >>> open_regular("/dev/null")
        Traceback (most recent call last):
        ...
        OSError: [Errno 22] a device stands in place of the file: '/dev/null'
    """
    # Before it is opened: to open a pipe or a device may do something by itself.
    _refuse_others(os.stat(path).st_mode, path)  # noqa: PTH116 - for 863,000 files
    found = open(path, "rb", buffering, opener=_opener)  # noqa: SIM115
    return cast("io.BufferedReader", found)


def _opener(path: str, flags: int) -> int:
    """Looks again at what was opened: its name may lead elsewhere by now."""
    handle = os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        _refuse_others(os.fstat(handle).st_mode, path)
    except OSError:
        os.close(handle)
        raise
    return handle


def check_regular(path: str | Path) -> None:
    """Refuses what ``open_regular`` would not open, before a library opens it.

    Raises:
        OSError: as ``open_regular`` does.
    """
    open_regular(path).close()


def is_regular(path: str | Path) -> bool:
    """Tells whether there is a regular file, or a link to one; never raises."""
    try:
        return stat.S_ISREG(os.stat(path).st_mode)  # noqa: PTH116 - as above
    except (OSError, ValueError):  # a name too long, or no name of a file at all
        return False


def read_bytes(path: str | Path, *, most: int = TABLE_LIMIT) -> bytes:
    """Reads a whole regular file.

    Args:
        path: the file.
        most: bytes that it has at most.

    Raises:
        OSError: as of ``open_regular``; or the file is larger.
    """
    with open_regular(path) as file:
        if os.fstat(file.fileno()).st_size > most:
            reason = f"the file is larger than {most >> 20} MiB"
            raise OSError(errno.EFBIG, reason, str(path))
        return file.read()


def read_text(path: str | Path) -> str:
    """Reads a text in UTF-8, with or without a byte-order mark.

    Raises:
        OSError: as of ``read_bytes``, with ``TEXT_LIMIT``.
        UnicodeDecodeError: it is no such text.
    """
    return read_bytes(path, most=TEXT_LIMIT).decode("utf-8-sig")


def _refuse_others(mode: int, path: str | Path) -> None:
    for is_kind, number, reason in _KINDS:
        if is_kind(mode):
            raise OSError(number, reason, str(path))
