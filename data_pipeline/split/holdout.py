"""HoldOut: a sealed table, opened on the record.

Every opening is written to an append-only file of receipts before anything readable
is handed out, so that nobody tests on the same subjects twice without it showing.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.files.safe_open import open_regular
from data_pipeline.images.digests import read_digests
from data_pipeline.split.receipt import (
    Members,
    Opener,
    Receipt,
    Rule,
    line_of,
    receipts_in,
)
from data_pipeline.split.receipt_file import Receipts, append
from data_pipeline.split.rules import TEST, WITHHELD
from data_pipeline.system.errors import DataError, SealedError

DIGITS = 16
"""Of the digest of a picture: of a million pictures no two are alike by chance."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Opened:
    """An opened hold-out.

    ``opened`` counts the openings of anybody in it, this one included;
    ``tested_before`` counts its people (its images, where nobody is named) who were in
    an opening before this one.
    """

    table: SampleTable
    opened: int
    tested_before: int


class HoldOut:
    """Rows set apart; what they look like is known only after ``open``.

    ``subjects`` is empty where the data name none. ``key`` tells one choice of people
    (of image paths, where nobody is named) from another.

    Neither copied nor pickled: it never reaches a worker.
    """

    __slots__ = ("__table", "images", "key", "subjects")

    subjects: tuple[str, ...]
    images: int
    key: str

    def __init__(self, table: SampleTable) -> None:
        """Seals a table.

        Args:
            table: the rows held out.
        """
        self.__table = table
        self.subjects = tuple(
            sorted(map(str, table.frame["subject"].dropna().unique()))
        )
        self.images = len(table)
        members = self.subjects or sorted(table.frame["image"])
        self.key = hashlib.sha256(json.dumps(members).encode()).hexdigest()

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

    def members(self, data: str) -> Members:
        """Lists who is in it; where nobody is named, by the bytes of the files.

        No picture is decoded. A file that cannot be read is left out.

        Args:
            data: the population.
        """
        frame = self.__table.frame
        nameless = frame.loc[frame["subject"].isna(), "image"]
        return Members(
            data=data,
            subjects=self.subjects,
            pictures=tuple(_digests(self.__table.root, nameless)),
            part=None if self.subjects else _published(self.__table),
        )

    def file_digests(self) -> list[str]:
        """Digests the bytes of its files; nothing is decoded, and nothing is kept."""
        table = self.__table
        return read_digests(table.root, table.frame["image"].tolist())

    def receipt_size(self) -> int:
        """Estimates the bytes of a receipt, and reads nothing."""
        names = sum(len(json.dumps(name)) + 2 for name in self.subjects)
        return 2048 + names + (0 if self.subjects else self.images * (DIGITS + 4))

    def opened_by(self, receipts: Receipts, opener: Opener, *, data: str) -> bool:
        """Tells whether a run opened it for a model.

        Args:
            receipts: where openings are recorded.
            opener: the run and the model.
            data: the population.
        """
        theirs = [old for old in receipts.read() if old.opener == opener]
        return bool(theirs) and bool(overlapping(theirs, self.members(data)))

    def open(
        self,
        receipts: Receipts,
        opener: Opener,
        *,
        data: str,
        rule: Rule,
        reopen: bool,
    ) -> Opened:
        """Opens the hold-out, leaving a receipt first.

        The same run with the same model goes on after a crash without being counted
        again, unless ``reopen`` is set: who asks to open again is counted.

        Args:
            receipts: where openings are recorded.
            opener: the run, and the model to be tested.
            data: the population.
            rule: the settings that chose who is held out.
            reopen: opens although somebody in it was tested before.

        Returns:
            The table, how often it has been opened, and how many were tested before.

        Raises:
            SealedError: another run or model tested somebody in it, and ``reopen`` is
                not set.
            DataError: none of its images is there.
            RunError: the receipt cannot be written.
        """
        members = self.members(data)
        if not len(members):
            raise DataError(
                f"{self.__table.root}: of the hold-out's {self.images} images none can "
                "be read; put them back (nothing was opened)"
            )
        with receipts.locked() as file:
            file.seek(0)
            content = b"".join(iter(lambda: file.read(1 << 20), b""))
            before = overlapping(receipts_in(content), members)
            mine = [place for place, old in enumerate(before) if old.opener == opener]
            if mine and not reopen:
                return self._opened(before[: mine[-1]], members, len(before))
            if before and not reopen:
                raise SealedError(self._sealed(before, members, receipts.path))
            now = Receipt(
                members=members,
                opener=opener,
                rule=rule,
                time=datetime.now(UTC).isoformat(timespec="seconds"),
            )
            # A torn last line is ended, never mended: the file only grows.
            torn = bool(content) and not content.endswith(b"\n")
            line = line_of(now, reopened=bool(before))
            append(file, (b"\n" if torn else b"") + line + b"\n")
        return self._opened(before, members, len(before) + 1)

    def _opened(
        self, before: Sequence[Receipt], members: Members, opened: int
    ) -> Opened:
        return Opened(
            table=self.__table, opened=opened, tested_before=_tested(before, members)
        )

    def _sealed(self, before: Sequence[Receipt], members: Members, path: Path) -> str:
        last = before[-1]
        known = last.members is not None
        who = f"by run {last.opener.run} at {last.time}" if known else "(a torn line)"
        things = "subjects" if self.subjects else "images"
        return (
            f"{path}: the hold-out of {len(members)} {things} was opened "
            f"before ({len(before)}), last {who}; {_tested(before, members)} of its "
            f"{things} were tested then. A result is honest once: keep that result, or "
            "open it again with --reopen, which is counted in every report"
        )


def _published(table: SampleTable) -> str | None:
    """Names the published part that a table is; a withheld one is somebody's own."""
    parts = list(table.frame["partition"].dropna().unique())
    own = table.source in WITHHELD and parts == [TEST]
    return str(parts[0]) if len(parts) == 1 and not own else None


def overlapping(receipts: Sequence[Receipt], members: Members) -> list[Receipt]:
    """Picks the openings that tested one of these members, or may have."""
    return [
        old for old in receipts if old.members is None or members.among([old.members])
    ]


def _tested(before: Sequence[Receipt], members: Members) -> int:
    """Counts members who were tested; a line that cannot be read names everybody."""
    named = [old.members for old in before if old.members is not None]
    return len(members) if len(named) < len(before) else members.among(named)


def _digests(root: Path, images: Iterable[str]) -> Iterator[str]:
    """Digests the bytes of files; of those that can be read."""
    for image in images:
        try:
            with open_regular(root / image) as file:
                yield hashlib.file_digest(file, "sha256").hexdigest()[:DIGITS]
        except OSError:
            continue
