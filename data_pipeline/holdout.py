"""HoldOut: a sealed table, opened on the record.

Every opening is written to an append-only file of receipts before anything readable
is handed out, so that nobody tests on the same subjects twice without it showing.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, NoReturn

from data_pipeline.errors import RunError, SealedError
from data_pipeline.samples import SampleTable


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Opened:
    """An opened hold-out; ``opened`` counts its openings, this one included."""

    table: SampleTable
    opened: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One opening: which hold-out, by which run and which model file (its SHA-256).

    An unreadable line is a receipt without a key: it may have been anyone's, so it
    counts for every hold-out.
    """

    key: str | None
    run: str
    model: str
    time: str
    reopened: bool


class Receipts:
    """An append-only file of JSON lines, one for each opening of a hold-out."""

    def __init__(self, path: Path) -> None:
        """Names the file; it is made when the first receipt is written.

        Args:
            path: the file, outside the folder of any one run.
        """
        self.path = path

    def count(self, key: str) -> int:
        """Counts the openings of one hold-out.

        Args:
            key: the hold-out's key.

        Returns:
            Its receipts, and the lines that can no longer be read.
        """
        try:
            text = self.path.read_bytes()
        except FileNotFoundError:
            return 0
        return len(_receipts_of(text, key))

    def opened_by(self, key: str, *, run: str, model: str) -> bool:
        """Tells whether a run opened a hold-out for a model.

        Args:
            key: the hold-out's key.
            run: what opened it.
            model: SHA-256 of the model file.
        """
        try:
            text = self.path.read_bytes()
        except FileNotFoundError:
            return False
        mine = (run, model)
        return any((old.run, old.model) == mine for old in _receipts_of(text, key))

    @contextmanager
    def locked(self) -> Iterator[BinaryIO]:
        """Opens the file for one process at a time.

        Yields:
            The file, readable and in append mode.

        Raises:
            RunError: the file cannot be written.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a+b") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                yield file
        except OSError as error:
            raise RunError(
                f"{self.path}: the receipt of opening the hold-out cannot be written "
                f"({error.strerror}); nothing was opened; make room, or make the "
                "folder writable"
            ) from error


class HoldOut:
    """Rows set apart; what they look like is known only after ``open``.

    ``subjects`` is empty where the data name none.

    Neither copied nor pickled: it never reaches a worker.
    """

    __slots__ = ("__table", "images", "key", "subjects")

    subjects: tuple[str, ...]
    images: int
    key: str

    def __init__(self, table: SampleTable, *, fingerprint: str) -> None:
        """Seals a table.

        Args:
            table: the rows held out; each has a subject, or none has.
            fingerprint: of the whole table that they come from.
        """
        self.__table = table
        self.subjects = tuple(
            sorted(map(str, table.frame["subject"].dropna().unique()))
        )
        self.images = len(table)
        members = self.subjects or sorted(table.frame["image"])
        text = json.dumps([fingerprint, members])
        self.key = hashlib.sha256(text.encode()).hexdigest()

    def __repr__(self) -> str:
        """Tells the counts and nothing else."""
        subjects = f"{len(self.subjects)} subjects, " if self.subjects else ""
        return f"HoldOut({subjects}{self.images} images, sealed)"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        """Refuses to be pickled or copied."""
        raise TypeError(
            "a HoldOut is neither pickled nor copied: it stays in the process that "
            "split the data; send the development table to workers"
        )

    def open(self, receipts: Receipts, *, run: str, model: str, reopen: bool) -> Opened:
        """Opens the hold-out, leaving a receipt first.

        The same run with the same model goes on after a crash without being counted
        again, unless ``reopen`` is set: who asks to open again is counted.

        Args:
            receipts: where openings are recorded.
            run: what opens it.
            model: SHA-256 of the model file to be tested.
            reopen: opens although it was opened before.

        Returns:
            The table and how often it has been opened.

        Raises:
            SealedError: another run or model opened it, and ``reopen`` is not set.
            RunError: the receipt cannot be written.
        """
        with receipts.locked() as file:
            file.seek(0)
            before = _receipts_of(content := file.read(), self.key)
            mine = any((old.run, old.model) == (run, model) for old in before)
            if mine and not reopen:
                return Opened(table=self.__table, opened=len(before))
            if before and not reopen:
                raise SealedError(self._sealed(before, receipts.path))
            line = {
                "key": self.key,
                "run": run,
                "model": model,
                "time": datetime.now(UTC).isoformat(timespec="seconds"),
                "reopened": bool(before),
            }
            _append(file, line, torn=bool(content) and not content.endswith(b"\n"))
            _sync_folder(receipts.path.parent)
        return Opened(table=self.__table, opened=len(before) + 1)

    def _size(self) -> str:
        subjects = len(self.subjects)
        return f"{subjects} subjects" if subjects else f"{self.images} images"

    def _sealed(self, before: list[Receipt], path: Path) -> str:
        last = before[-1]
        who = f"by run {last.run} at {last.time}" if last.key else "(a torn line)"
        return (
            f"{path}: the hold-out of {self._size()} was opened "
            f"before ({len(before)}), last {who}; a result is honest "
            "once. Keep that result, or open it again with --reopen, which is counted "
            "in every report"
        )


def _receipts_of(content: bytes, key: str) -> list[Receipt]:
    lines = [_receipt(line) for line in content.split(b"\n") if line.strip()]
    return [line for line in lines if line.key in (key, None)]


def _receipt(line: bytes) -> Receipt:
    try:
        values = json.loads(line)
        return Receipt(
            key=str(values["key"]),
            run=str(values["run"]),
            model=str(values["model"]),
            time=str(values.get("time", "an unknown time")),
            reopened=bool(values.get("reopened", False)),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return Receipt(key=None, run="", model="", time="", reopened=False)


def _append(file: BinaryIO, line: dict[str, object], *, torn: bool) -> None:
    # A torn last line is ended, never mended: the file only grows.
    text = ("\n" if torn else "") + json.dumps(line) + "\n"
    file.write(text.encode())
    file.flush()
    os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Makes the name of a new file as lasting as its content."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
