"""Laws of the file of receipts: whole lines or none, and proven before a search."""

import errno
import os
import subprocess
import sys

import pytest

from data_pipeline.split.receipt_file import Receipts, append
from data_pipeline.system.errors import RunError

LINE = b'{"data": "ckplus"}\n'


class Full:
    """A file on a disk with room for so many bytes; writes are short at its end."""

    def __init__(self, file, room):
        """Takes the file."""
        self._file = file
        self._room = room

    def fileno(self):
        """Gives the handle."""
        return self._file.fileno()

    def write(self, text):
        """Writes what there is room for."""
        part = bytes(text[: self._room])
        self._room -= len(part)
        if not part:
            raise OSError(errno.ENOSPC, "No space left on device")
        return self._file.write(part)


@pytest.mark.parametrize("room", [0, 1, 7, len(LINE) - 1])
def test_a_full_disk_leaves_no_part_of_a_line(tmp_path, room):
    """A partly written line is removed; earlier lines stay."""
    path = tmp_path / "receipts.jsonl"
    path.write_bytes(LINE)
    with path.open("a+b", buffering=0) as file:
        with pytest.raises(OSError, match="No space"):
            append(Full(file, room), LINE)
        assert path.read_bytes() == LINE
        append(Full(file, 3 * len(LINE)), LINE)
    assert path.read_bytes() == LINE + LINE


def test_what_does_not_reach_the_disk_is_taken_back(tmp_path, monkeypatch):
    """A receipt is removed if the disk turns out to be full at the sync."""
    receipts = Receipts(tmp_path / "receipts.jsonl")
    receipts.path.write_bytes(LINE)

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with (
            pytest.raises(RunError, match=r"No space left.*nothing was opened"),
            receipts.locked() as file,
        ):
            append(file, LINE)
    assert receipts.path.read_bytes() == LINE


def test_a_proof_leaves_nothing(tmp_path):
    """It makes no file, and changes none."""
    receipts = Receipts(tmp_path / "runs" / "receipts.jsonl")
    receipts.check_writable(4096)
    assert not receipts.path.exists()
    receipts.path.write_bytes(LINE)
    receipts.check_writable(4096)
    assert receipts.path.read_bytes() == LINE


LIMITED = """
import resource, sys
from pathlib import Path
from data_pipeline.system.errors import RunError
from data_pipeline.split.receipt_file import Receipts
resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))
try:
    Receipts(Path(sys.argv[1])).check_writable(int(sys.argv[2]))
except RunError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("size", "message"), [(900, ""), (2000, "nothing was searched")]
)
def test_a_proof_is_of_the_whole_receipt(tmp_path, size, message):
    """A disk with room for a part of it is refused, and the file is as it was."""
    path = tmp_path / "receipts.jsonl"
    path.write_bytes(LINE)
    done = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", LIMITED, path, str(size)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert message in done.stdout
    assert bool(done.stdout) == bool(message)
    assert path.read_bytes() == LINE


def test_a_file_that_is_none(tmp_path):
    """A pipe or an unreadable file is refused in one message without waiting."""
    receipts = Receipts(tmp_path / "receipts.jsonl")
    os.mkfifo(receipts.path)
    with pytest.raises(RunError, match="found a pipe"):
        receipts.read()
    with pytest.raises(RunError, match="nothing was searched"):
        receipts.check_writable(10)
    with pytest.raises(RunError, match="cannot be read"):
        Receipts(tmp_path).read()


def test_a_removed_file_is_not_written_to(tmp_path, monkeypatch):
    """A process that waited for the lock of a removed file creates it again."""
    receipts = Receipts(tmp_path / "receipts.jsonl")
    real, waited = os.path.samestat, []

    def removed_once(*stats):
        if not waited:
            waited.append(receipts.path.unlink())
            return False
        return real(*stats)

    monkeypatch.setattr(os.path, "samestat", removed_once)
    with receipts.locked() as file:
        append(file, LINE)
    assert receipts.path.read_bytes() == LINE


def test_what_a_kill_leaves_of_a_proof_is_no_receipt(tmp_path):
    """Blanks are no receipt, also after a torn line."""
    receipts = Receipts(tmp_path / "receipts.jsonl")
    receipts.path.write_bytes(b" " * 300)
    assert receipts.read() == []
    receipts.path.write_bytes(b'{"data": ' + b" " * 300)
    assert [receipt.members for receipt in receipts.read()] == [None]
