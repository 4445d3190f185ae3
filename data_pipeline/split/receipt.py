"""Receipts of opened hold-outs: one line of JSON for each test.

A line lists the subjects that were tested (or digests of images without subject ids),
so they are recognized under other labels, frames and study names.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from data_pipeline.dataset.subject_aliases import canonical_id

Rule = Mapping[str, str | float | int]
"""The settings that determine who is held out: ``by``, ``hold_out`` and its seed.

Of a nested evaluation ``outer_folds`` and the names below.
"""

OUTER_PART, DIVISION = "outer_part", "division"
"""The part that was held out, and a digest of all parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """The members of a hold-out.

    Attributes:
        data: the population; ids of different populations are different people.
        subjects: ids, sorted.
        pictures: digests of the files without a subject id.
        part: the published part, if the images are one.
    """

    data: str
    subjects: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()
    part: str | None = None

    def __len__(self) -> int:
        """Counts subjects, and images without a subject id."""
        return len(self.subjects) + len(self.pictures)

    def count_in(self, others: Sequence["Members"]) -> int:
        """Counts the members that are also among ``others``.

        The same published part has the same images, whatever their encoding.
        """
        same = [other for other in others if other.data == self.data]
        if self.part is not None and any(other.part == self.part for other in same):
            return len(self)
        subjects = {canonical_id(name) for other in same for name in other.subjects}
        pictures = {digest for other in same for digest in other.pictures}
        named = sum(canonical_id(name) in subjects for name in self.subjects)
        return named + sum(digest in pictures for digest in self.pictures)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opener:
    """A run, and the SHA-256 of the model file that it tests."""

    run: str
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One opening: its members, its opener, and the rule that held the members out.

    An unreadable line is a receipt without members. It counts for every hold-out,
    because it may have named any subject.
    """

    members: Members | None
    opener: Opener
    rule: Rule
    time: str


def read_receipts(content: bytes) -> list[Receipt]:
    """Parses the lines of a file of receipts."""
    return [_receipt(line) for line in content.split(b"\n") if line.strip()]


def _receipt(line: bytes) -> Receipt:
    try:
        return _parsed(json.loads(line))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Receipt(members=None, opener=Opener(run="", model=""), rule={}, time="")


def _parsed(values: Mapping[str, Any]) -> Receipt:
    members = Members(
        data=_text(values["data"]),
        subjects=_texts(values["subjects"]),
        pictures=_texts(values["pictures"]),
        part=None if values["part"] is None else _text(values["part"]),
    )
    if not len(members):
        raise ValueError("the receipt has no members")
    return Receipt(
        members=members,
        opener=Opener(run=_text(values["run"]), model=_text(values["model"])),
        rule=dict(values["rule"]),
        time=_text(values["time"]),
    )


def _texts(values: Any) -> tuple[str, ...]:
    if not isinstance(values, list):
        raise TypeError("expected a list of strings")
    return tuple(map(_text, values))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("expected a string")
    return value


def same_nested_run(receipt: Receipt, run: str, division: str) -> bool:
    """Whether an opening is of a nested run with these parts, of any one of them.

    ``run`` is the name of the whole run, or of a part of it.
    """
    same = receipt.opener.run.partition("/")[0] == run.partition("/")[0]
    return same and bool(division) and receipt.rule.get(DIVISION) == division


def is_sibling(receipt: Receipt, opener: Opener, rule: Rule) -> bool:
    """Whether an opening is of another part of the opener's nested run.

    Parts share nobody. Data without subjects may have copies of an image in two.
    """
    division, part = str(rule.get(DIVISION, "")), rule.get(OUTER_PART)
    same = same_nested_run(receipt, opener.run, division)
    return same and receipt.rule.get(OUTER_PART) != part


def tested_models(receipts: Sequence[Receipt], data: str) -> dict[str, str]:
    """Maps the digests of models tested on a population to their runs."""
    return {
        old.opener.model: old.opener.run
        for old in receipts
        if old.members is not None and old.members.data == data
    }


def to_line(receipt: Receipt, *, reopened: bool) -> bytes:
    """Formats a receipt as a line without newline; ``reopened``: not the first test."""
    members = receipt.members
    if members is None:
        raise ValueError("a receipt needs members")
    values = {
        "data": members.data,
        "subjects": members.subjects,
        "pictures": members.pictures,
        "part": members.part,
        "rule": dict(receipt.rule),
        "run": receipt.opener.run,
        "model": receipt.opener.model,
        "time": receipt.time,
        "reopened": reopened,
    }
    return json.dumps(values).encode()
