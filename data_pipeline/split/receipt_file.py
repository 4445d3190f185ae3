"""The append-only file of receipts: lines whole or not at all, one writer at a time."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from data_pipeline.files.file_lock import lock_open_file
from data_pipeline.files.safe_open import read_bytes
from data_pipeline.split.receipt import Receipt, receipts_in
from data_pipeline.system.errors import RunError

RECEIPTS = "holdout_receipts.jsonl"
"""The file's name in the folder of all runs: no renaming of a study hides it."""


class Receipts:
    """The file; it is made when the first receipt is written."""

    def __init__(self, path: Path) -> None:
        """Names the file.

        Args:
            path: outside the folder of any one run.
        """
        self.path = path

    def read(self) -> list[Receipt]:
        """Reads all receipts in their order.

        Raises:
            RunError: the file is there and cannot be read.
        """
        try:
            return receipts_in(read_bytes(self.path))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise RunError(
                f"{self.path}: the receipts of opened hold-outs cannot be read "
                f"({error.strerror}), so nobody knows who was tested before; make the "
                "file readable, or name another --out"
            ) from error

    def prove(self, size: int) -> None:
        """Makes sure that a receipt can be written, and leaves nothing.

        Args:
            size: of the receipt, in bytes.

        Raises:
            RunError: there is no room, or no permission, or no lock.
        """
        told = "nothing was searched, because its result could not be tested"
        with self.locked(told) as file:
            length = os.fstat(file.fileno()).st_size
            # Blanks: whatever a kill leaves of them is no receipt.
            append(file, b" " * size)
            os.ftruncate(file.fileno(), length)
            if not length:
                self.path.unlink()

    @contextmanager
    def locked(self, told: str = "nothing was opened") -> Iterator[BinaryIO]:
        """Opens the file for one process at a time.

        Args:
            told: what an error says did not happen.

        Yields:
            The file, readable, without a buffer and in append mode.

        Raises:
            RunError: the file cannot be written.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with _only_one(self.path) as file:
                yield file
        except OSError as error:
            raise RunError(
                f"{self.path}: the receipt of opening the hold-out cannot be written "
                f"({error.strerror}); {told}; make room, or make the folder writable"
            ) from error


@contextmanager
def _only_one(path: Path) -> Iterator[BinaryIO]:
    """Opens and locks a file; one that was removed meanwhile is made anew."""
    while True:
        with path.open("a+b", buffering=0) as file:
            _check_regular(os.fstat(file.fileno()))
            with lock_open_file(file):
                if _is_named(file, path):
                    _sync_folder(path.parent)
                    yield file
                    return


def _check_regular(found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "it is no regular file")


def _is_named(file: BinaryIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def append(file: BinaryIO, text: bytes) -> None:
    """Adds to a file all or nothing, and returns when it is on the disk.

    Args:
        file: in append mode, without a buffer.
        text: what is added; where that fails, the file has its old length again.

    Raises:
        OSError: it could not be written.
    """
    length = os.fstat(file.fileno()).st_size
    try:
        rest = memoryview(text)
        while rest:
            rest = rest[file.write(rest) :]
        os.fsync(file.fileno())
    except BaseException:
        os.ftruncate(file.fileno(), length)
        raise


def _sync_folder(folder: Path) -> None:
    """Makes the name of a new file as lasting as its content."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        # Some file systems do not sync folders, and say so.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(handle)
