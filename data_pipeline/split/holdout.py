"""HoldOut: a sealed table; every opening is recorded.

A receipt is appended to a file before any row is returned, so a second test on the same
subjects is always visible.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from data_pipeline.dataset.datasets import OWN
from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.images.digests import UNREADABLE, read_digests
from data_pipeline.split.receipt import (
    Members,
    Opener,
    Receipt,
    Rule,
    is_sibling,
    read_receipts,
    to_line,
)
from data_pipeline.split.receipt_file import Receipts, append
from data_pipeline.split.rules import TEST, WITHHELD
from data_pipeline.system.errors import DataError, SealedError

DIGITS = 16
"""Hexadecimal digits of an image's digest: enough for a million images."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OpenedHoldOut:
    """An opened hold-out.

    ``opened`` counts the openings with any of its subjects, this one included;
    ``tested_before`` counts its subjects (without subject ids, its images) that were in
    an earlier opening.
    """

    table: SampleTable
    opened: int
    tested_before: int


class HoldOut:
    """Held-out rows, readable only through ``open``.

    ``subjects`` is empty without subject ids. ``key`` is a digest of the subjects (or
    else of the image paths).

    It cannot be copied or pickled, so it never reaches a worker.
    """

    __slots__ = ("__table", "images", "key", "subjects")

    subjects: tuple[str, ...]
    images: int
    key: str

    def __init__(self, table: SampleTable) -> None:
        """Seals the held-out rows."""
        self.__table = table
        self.subjects = tuple(
            sorted(map(str, table.frame["subject"].dropna().unique()))
        )
        self.images = len(table)
        members = self.subjects or sorted(table.frame["image"])
        self.key = hashlib.sha256(json.dumps(members).encode()).hexdigest()

    def __repr__(self) -> str:
        """Returns the counts and nothing else."""
        subjects = f"{len(self.subjects)} subjects, " if self.subjects else ""
        return f"HoldOut({subjects}{self.images} images, sealed)"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        """Refuses pickling and copying."""
        raise TypeError(
            "a HoldOut cannot be pickled or copied: it stays in the process that "
            "split the data; send the development table to workers"
        )

    def members(self, data: str) -> Members:
        """Returns its subjects, or digests of its files without subject ids.

        No image is decoded; unreadable files are left out. ``data`` is the population.
        """
        frame = self.__table.frame
        unnamed = frame.loc[frame["subject"].isna(), "image"]
        return Members(
            data=data,
            subjects=self.subjects,
            pictures=tuple(_pictures(self.__table.root, unnamed.tolist())),
            part=None if self.subjects else _published(self.__table),
        )

    def file_digests(self) -> list[str]:
        """Returns digests of its files; nothing is decoded or stored."""
        table = self.__table
        return read_digests(table.root, table.frame["image"].tolist())

    def receipt_size(self) -> int:
        """Estimates the bytes of a receipt without reading a file."""
        names = sum(len(json.dumps(name)) + 2 for name in self.subjects)
        return 2048 + names + (0 if self.subjects else self.images * (DIGITS + 4))

    def opened_by(self, receipts: Receipts, opener: Opener, *, data: str) -> bool:
        """Returns whether a run opened it for a model; ``data`` is the population."""
        earlier = [old for old in receipts.read() if old.opener == opener]
        return bool(earlier) and bool(overlapping(earlier, self.members(data)))

    def check_untested(
        self, receipts: Receipts, run: str, *, data: str, rule: Rule
    ) -> None:
        """Checks that ``run`` could open it, and opens nothing.

        ``data`` and ``rule`` are those of ``open``. SealedError: some of its subjects
        were tested before.
        """
        opener = Opener(run=run, model="")
        earlier = [
            old
            for old in receipts.read()
            if old.members is None or old.members.data == data
            if not is_sibling(old, opener, rule)
        ]
        # Without receipts no file is read: members may be digests of images.
        members = self.members(data) if earlier else Members(data=data)
        before = overlapping(earlier, members)
        if before:
            raise SealedError(
                self._sealed(before, members, receipts.path, keep="use --until retrain")
            )

    def open(
        self,
        receipts: Receipts,
        opener: Opener,
        *,
        data: str,
        rule: Rule,
        reopen: bool,
    ) -> OpenedHoldOut:
        """Writes a receipt, then opens the hold-out.

        The same run and model may continue after a crash without being counted again,
        unless ``reopen`` is set.

        Args:
            receipts: the record of openings.
            opener: the run, and the model to be tested.
            data: the population.
            rule: the settings that determined who is held out.
            reopen: open although some of its subjects were tested before.

        Returns:
            The table, the number of openings, and the number of subjects tested before.

        Raises:
            SealedError: another run or model tested some of its subjects, and
                ``reopen`` is not set.
            DataError: all of its images are missing.
            RunError: the receipt cannot be written.
        """
        members = self.members(data)
        if not len(members):
            raise DataError(
                f"{self.__table.root}: none of the hold-out's {self.images} images can "
                "be read; restore them (nothing was opened)"
            )
        with receipts.locked() as file:
            file.seek(0)
            content = b"".join(iter(lambda: file.read(1 << 20), b""))
            earlier = [
                old
                for old in read_receipts(content)
                if not is_sibling(old, opener, rule)
            ]
            before = overlapping(earlier, members)
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
            # A torn last line is ended and never repaired: the file only grows.
            torn = bool(content) and not content.endswith(b"\n")
            line = to_line(now, reopened=bool(before))
            append(file, (b"\n" if torn else b"") + line + b"\n")
        return self._opened(before, members, len(before) + 1)

    def _opened(
        self, before: Sequence[Receipt], members: Members, opened: int
    ) -> OpenedHoldOut:
        tested = _count_tested(before, members)
        return OpenedHoldOut(table=self.__table, opened=opened, tested_before=tested)

    def _sealed(
        self,
        before: Sequence[Receipt],
        members: Members,
        path: Path,
        *,
        keep: str = "keep it",
    ) -> str:
        last = before[-1]
        opener = f"by run {last.opener.run} at {last.time}"
        units = "subjects" if self.subjects else "images"
        return (
            f"{path}: the hold-out of {len(members)} {units} was opened "
            f"before ({len(before)}), last "
            f"{opener if last.members else '(a torn line)'}; "
            f"{_count_tested(before, members)} of its {units} were tested then. Only "
            f"the first result is unbiased: {keep}, or evaluate again with --reopen "
            "(every evaluation is recorded)"
        )


def _published(table: SampleTable) -> str | None:
    """Returns the published part that a table is; a withheld one is not published.

    Nor is a part of own data: its name says nothing about its images.
    """
    parts = list(table.frame["partition"].dropna().unique())
    own = table.source in OWN or (table.source in WITHHELD and parts == [TEST])
    return str(parts[0]) if len(parts) == 1 and not own else None


def overlapping(receipts: Sequence[Receipt], members: Members) -> list[Receipt]:
    """Returns the openings that tested, or may have tested, one of these members."""
    return [
        old
        for old in receipts
        if old.members is None or members.count_in([old.members])
    ]


def _count_tested(before: Sequence[Receipt], members: Members) -> int:
    """Counts members tested before; an unreadable line may have named all of them."""
    readable = [old.members for old in before if old.members is not None]
    return len(members) if len(readable) < len(before) else members.count_in(readable)


def _pictures(root: Path, images: Sequence[str]) -> list[str]:
    """Returns shortened digests of the readable files."""
    digests = read_digests(root, images)
    return [digest[:DIGITS] for digest in digests if digest != UNREADABLE]
