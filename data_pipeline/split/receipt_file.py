"""The append-only file of receipts: atomic lines, one writer at a time."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from data_pipeline.files.file_lock import lock_open_file
from data_pipeline.files.safe_open import read_bytes
from data_pipeline.split.receipt import Receipt, read_receipts
from data_pipeline.system.errors import RunError

RECEIPTS = "holdout_receipts.jsonl"
"""The file's name, in the folder of all runs: renaming a study hides nothing."""


class Receipts:
    """The file of receipts, created with the first one."""

    def __init__(self, path: Path) -> None:
        """Takes a path outside the folder of any single run."""
        self.path = path

    def read(self) -> list[Receipt]:
        """Reads all receipts in order; RunError if the file is unreadable."""
        try:
            return read_receipts(read_bytes(self.path))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise RunError(
                f"{self.path}: the receipts of opened hold-outs cannot be read "
                f"({error.strerror}), so it is unknown who was tested before; make the "
                "file readable, or choose another --out"
            ) from error

    def check_writable(self, size: int) -> None:
        """Checks that a receipt can be written, and leaves the file unchanged.

        Args:
            size: of the receipt, in bytes.

        Raises:
            RunError: there is no room, no permission or no lock.
        """
        consequence = "nothing was searched, because its result could not be tested"
        with self.locked(consequence) as file:
            length = os.fstat(file.fileno()).st_size
            # Blanks: what a kill leaves of them is not a receipt.
            append(file, b" " * size)
            os.ftruncate(file.fileno(), length)
            if not length:
                self.path.unlink()

    @contextmanager
    def locked(self, consequence: str = "nothing was opened") -> Iterator[BinaryIO]:
        """Opens the file for one process at a time, unbuffered, to read and append.

        RunError if it cannot be written; the message ends with the consequence.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with _only_one(self.path) as file:
                yield file
        except OSError as error:
            raise RunError(
                f"{self.path}: the receipt of opening the hold-out cannot be written "
                f"({error.strerror}); {consequence}; make room, or make the folder "
                "writable"
            ) from error


@contextmanager
def _only_one(path: Path) -> Iterator[BinaryIO]:
    """Opens and locks a file; one removed meanwhile is created again."""
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
        raise OSError(errno.EINVAL, "it is not a regular file")


def _is_named(file: BinaryIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def append(file: BinaryIO, text: bytes) -> None:
    """Appends all or nothing to an unbuffered file, and syncs it to the disk."""
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
    """Syncs the name of a new file, not only its content."""
    if os.name == "nt":  # has no such call, and journals names
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        # Some file systems cannot sync folders.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(handle)
